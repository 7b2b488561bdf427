"""The original model that a submission is compared with: stored, measured, calibrated.

Import from here: `measure` (a run's needs from the original model), `stored` (its archives) and
`calibration` (does this machine reproduce it?).
"""
