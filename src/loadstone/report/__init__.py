"""Renderers: the same facts as text, JSON, CSV or a picture. Knows facts only, so it cannot change a verdict."""
