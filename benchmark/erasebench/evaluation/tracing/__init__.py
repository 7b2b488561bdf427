"""Traces a concept along interpolated weights or training checkpoints.

Import from here: `request` (checked options), `trace` (a separate trace) and `curve` (its points).
"""
