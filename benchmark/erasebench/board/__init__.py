"""The leaderboard: result files become ranked rows, tables and static pages.

- Rows: `entries` (results with images), `rows` and `probe_rows` (one description for terminal,
  files, data frames and pages), `ranking` (order and places), `footnotes`, `format`.
- Output: `terminal`, `frames` (data frames, CSV, Markdown, LaTeX), `pages` (the site).
- Maintenance: `add`, `row_update`, `attacks`, `submissions`, `status`.

No module here loads a model library or generates an image.
"""
