"""Names and shapes alone → what the detector is.

What it is: the one door to `tf2`, `slim` and what the graph's own operations and placeholders say.
What it is not: a table of names; those stand in `tf2` and `slim`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from loadstone.facts import DetectorFacts
from loadstone.facts.tensor import Shape
from loadstone.formats.detection.keys import Names, plain
from loadstone.formats.detection.slim import from_slim
from loadstone.formats.detection.tf2 import from_tf2

PLACEHOLDERS = (
    "normalized_input_image_tensor",
    "image_tensor",
    "input_tensor",
    "serving_default_input",
    "serving_default_input_tensor",
    "Preprocessor/sub",
)
"""Inputs of exported detectors; `Preprocessor/sub` is where graphs cut for other runtimes begin."""

POSTPROCESS_OP = "TFLite_Detection_PostProcess"


def from_names(names_to_shapes: Mapping[str, Shape | None], ops: Collection[str] = ()) -> DetectorFacts | None:
    """Return what names and shapes say of a detector; None where they are not a detector's.

    Names may be checkpoint keys, variable names, graph nodes or TFLite tensors, also several kinds at once; shapes are
    None where unknown. `ops` are the operations of the graph.
    """
    names = plain(names_to_shapes, ops)
    found = from_tf2(names) or from_slim(names)
    if found is None and POSTPROCESS_OP in names.ops:
        found = DetectorFacts("ssd")
    return replace(found, input_size=_input_size(names)) if found else None


def _input_size(names: Names) -> tuple[int, int] | None:
    """Return (height, width) of the first placeholder that has both, NHWC."""
    for name in PLACEHOLDERS:
        shape = names.shapes.get(name)
        if shape and len(shape) == 4 and shape[1] and shape[2] and shape[3] in (1, 3):
            return shape[1], shape[2]
    return None
