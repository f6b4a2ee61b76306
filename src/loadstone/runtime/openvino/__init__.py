"""Detectors as OpenVINO computes them: a blueprint's network written in its operations."""
