"""Benchmark and leaderboard: is a concept that was erased from a text-to-image model gone?"""

__version__ = "0.1.0"
