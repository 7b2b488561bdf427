"""Erased checkpoints: their tensors, and how these differ from the base.

Only tensors are read, only from safetensors, and by our own reader (`header`, `tensors`), so a file
has one meaning and nothing in it is executed.

Without torch: `checkpoint.open_checkpoint` (any layout, by its headers), `base_tensors` (the base
that it edits), `match` (whether they fit), `digest` and `pin`. With torch: `load_changes` (the
changed tensors), `make` and `export` (diffs and whole models), `formats.diff_writer`. The rest
serves these.
"""
