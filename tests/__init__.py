"""The tests, which mirror the package; modules that several of them share lie at this level."""
