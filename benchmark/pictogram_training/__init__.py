"""The recipe that makes the pictogram world's models from a source of pictures, stage by stage.

`python -m pictogram_training --help` tells how to run it. Each stage is one module with
its settings at the top; `stage.py` holds the step loop they share and `run.py` what they all know
of the run they belong to.
"""
