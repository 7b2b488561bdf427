"""Optimisation of weights, tokens and prompts, and the images for it, for probes and methods."""
