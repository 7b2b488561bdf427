"""The bundled models: rule-based drawings, and quality of the small models trained on them."""
