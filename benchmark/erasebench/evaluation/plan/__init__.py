"""The plan of a run: its options, every trial, and the images that are kept. No torch.

Import from here: `request` (checked options), `selection` (the part of the suite), `plan` (the
trials), `kept_images` and `classifier_sources`.
"""
