"""Runs a plan: loads the models, prepares probes, generates, judges and records, resumably."""
