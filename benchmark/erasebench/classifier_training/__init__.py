"""How the latent classifiers of guidance are made: examples, training, measurement."""
