"""Erasure methods: each makes an erased checkpoint from a protocol's base.

For `cli`: `registry` (`METHODS`, `method_named`), `erase` (`erase`, `card_path`) and
`checkpoints.checkpoints_folder`. A new method is a function of an `erasure.Erasure` and its
`settings.Settings`, added to `registry.METHODS`.
"""
