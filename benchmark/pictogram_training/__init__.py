"""The recipe that trains the bundled models from a source of images, stage by stage.

Run `python -m pictogram_training --help`. Each stage is a module with its settings at the top;
`stage.py` has the shared training loop, `run.py` the facts of a run.
"""
