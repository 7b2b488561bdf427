"""Checks every probe on models from which it must, or must not, recover the concept.

Import from here: `selfcheck` (the check), `planted` (its erasures), `weight_noise` (a destroyed
model, a row of the leaderboard).
"""
