"""Command line of the training recipe: `python -m pictogram_training`."""

from pictogram_training.command import train

if __name__ == "__main__":
    train()
