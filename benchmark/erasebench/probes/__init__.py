"""The ways of asking a model for a concept, one a module."""
