"""Judge, selector and CLIP: what they recognise in images, from 8-bit values to a verdict."""
