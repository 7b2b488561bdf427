"""Replays an attack from others on an erased checkpoint."""
