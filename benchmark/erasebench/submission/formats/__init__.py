"""Checkpoint formats, each read into an edit of the base: diff, LoRA, single file, filter."""
