"""Two engines on one picture: which detections stand for each other, and by how much their numbers differ."""

from __future__ import annotations
