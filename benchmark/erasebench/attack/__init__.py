"""Attacks by third parties, submitted as data: prompts, or embeddings in a safetensors file."""
