"""Optimisation of weights, tokens and prompts, for probes and methods.

For probes: `textual_inversion.learn_token`, `prefix_attack.attack_with_prefixes`,
`random_prefix.try_random_prefixes`, `fine_tuning.fine_tune_unet`. For methods: `training.Training`,
which resumes. For both and for `evaluation`: `base_pictures` (images by the base) and `tries`.
"""
