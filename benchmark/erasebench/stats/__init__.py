"""Scores and intervals: pure functions of outcomes."""
