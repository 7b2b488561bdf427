"""Judge, selector and CLIP: what they recognise in 8-bit images.

Import from here: `panel` (`Panel`, `load_panel`: all three), `registry.load_judge` and the
interface `judge.Judge`. A new kind of judge is added to `registry.JUDGES`.
"""
