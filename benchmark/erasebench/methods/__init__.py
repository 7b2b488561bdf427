"""Erasure methods: each makes an erased checkpoint from a protocol's base."""
