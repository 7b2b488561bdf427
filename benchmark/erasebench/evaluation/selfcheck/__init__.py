"""Checks every probe on models from which it must, or must not, recover the concept."""
