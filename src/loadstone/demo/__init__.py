"""The embedded demo: a small detector of the project's own making, its label map, and a picture from the same script.

What it is not: a detector for real photographs. `tools/make_demo_detector.py` makes everything here, by Loadstone's own
commands, from fixed seeds.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
MODEL = FOLDER / "frozen_inference_graph.pb"
LABELS = FOLDER / "label_map.pbtxt"
PICTURE = FOLDER / "sample.jpg"
