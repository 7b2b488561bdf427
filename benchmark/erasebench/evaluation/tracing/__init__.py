"""Traces the concept along interpolated weights or training checkpoints."""
