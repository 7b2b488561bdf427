"""Latent classifiers for guidance: training examples, training, measurement, cache.

Import from here: `classifier_cache.stored_classifier` (trains a classifier unless cached),
`examples.drawn_examples` and `photo_examples.photographed_examples`, `data_set.open_data_set`,
`datasets_download.fetch_data_set`, `metrics.measure`.
"""
