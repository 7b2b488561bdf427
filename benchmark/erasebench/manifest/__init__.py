"""Manifests of submissions: read strictly, each fault with its line. No network, no torch.

`manifest_file` reads and writes them, `manifest` is their schema. Other YAML files (attacks) use
`strict_model.read_model`. `patterns` has the kinds of text that files by others may contain.
"""
