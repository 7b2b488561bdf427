"""Probes: interventions that may recover an erased concept, one per module.

For `evaluation` and `cli`: `registry` (`probes_of`, `registered`, `facts_of`, `unlisted`), `probe`
(`Probe`, `Effort`), `context` (`Context`, `Preparation`) and `replayed_attack`. A new probe
subclasses `probe.Probe` and is added to `registry.PROBES`. Loading the registry loads no torch.
"""
