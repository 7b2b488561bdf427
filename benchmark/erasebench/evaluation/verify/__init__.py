"""Verifies a result against its protocol (`verify`) and its records (`records`)."""
