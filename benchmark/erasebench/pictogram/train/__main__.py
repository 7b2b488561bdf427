"""Command line of the training recipe: `python -m erasebench.pictogram.train`."""

from erasebench.pictogram.train.command import train

if __name__ == "__main__":
    train()
