"""Replays a submitted attack: `request` checks the options, `replay` runs it."""
