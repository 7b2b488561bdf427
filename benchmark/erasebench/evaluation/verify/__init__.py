"""Verifies a result file against its protocol, and against the records it was made from."""
