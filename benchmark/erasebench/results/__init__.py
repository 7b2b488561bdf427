"""Result, trace, reference and self-check files: their schemas, reading and writing."""
