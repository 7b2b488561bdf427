"""Result, trace, reference and self-check files: their schemas, reading and writing. No torch.

- Schemas: `result.Result` and its parts (`outcome`, `score`, `facts`, `preparation`), `record`,
  `trace.Trace`, `selfcheck.Selfcheck`.
- Files: `file` (`load_result`, `write_result`), `reference.references_of`, `record.read_records`.
"""
