"""The loaded pipeline, seeded noise, and the one sampling loop."""
