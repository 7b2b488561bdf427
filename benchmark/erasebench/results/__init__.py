"""Result files: their schema, reading and writing."""
