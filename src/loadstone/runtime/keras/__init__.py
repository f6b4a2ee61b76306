"""Detectors and other models as Keras computes them, on any of its backends."""
