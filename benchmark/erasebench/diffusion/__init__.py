"""The diffusion model: loading, seeded noise, and the only sampling loop.

Import from here: `pipeline` (`LoadedPipeline`, `load_base`), `trajectory` (`Trajectory`, the
description of one image), `sampling.sample`, `noise.NoiseSource`, `streams` (the streams of start
and step noise), `latent_classifier` and its file, `device`, `memory`, `picture_file`.
"""
