"""Erased checkpoints: their tensors, and how these differ from the base.

Only tensors are read, only from safetensors, and by our own reader (`header`, `tensors`), so a file
has one meaning and nothing in it is executed.
"""
