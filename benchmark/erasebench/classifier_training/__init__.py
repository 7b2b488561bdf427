"""Training of the latent classifiers for guidance: examples, training, measurement, cache."""
