"""Runs a plan: loads models, prepares probes, generates, judges and records; can be resumed.

Import from here: `loading` (a run's models and plan), `models` (the models alone), `run` (the
loop), `run_folder` and `record_log` (its files), `preparation` and `latent_classifiers`.
"""
