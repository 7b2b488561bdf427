"""The bundled world: pictures drawn by rule, and the small models trained on them."""
