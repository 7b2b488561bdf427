"""Attacks that somebody hands in as data: prompts, or embeddings in a safetensors file."""
