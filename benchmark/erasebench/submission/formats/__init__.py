"""Checkpoint formats, each read into edits of the base: diff, LoRA, single file, prompt filter.

Readers are called by `submission.checkpoint` and import no torch. `diff_writer` writes diffs and
prompt filters, and does.
"""
