"""Detectors rebuilt natively in Keras 3: shared parts, and one file per architecture.

Files never enter this room: a detector is built from a blueprint and filled with arrays.
"""
