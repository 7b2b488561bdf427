"""Judges and CLIP, and the one way in which they see pictures."""
