"""Checkpoints that others made: which tensors they hold, and how these differ from the base.

Only tensors are read, only from safetensors, and by a reader of our own (`header`, `tensors`), so
that a file has one meaning and nothing of it is ever executed.
"""
