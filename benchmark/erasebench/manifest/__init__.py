"""Manifests of submissions: read strictly, each fault with its line; no network."""
