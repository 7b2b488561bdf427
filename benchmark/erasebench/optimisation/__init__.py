"""Gradient descent on a model or on what it is given: what probes and methods share."""
