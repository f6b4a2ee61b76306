"""Pictures of one size for a detector that leaves each picture a size of its own: a batch has one.

The networks' weights are the same for every size, and proposals are clipped to what of a picture is no padding. So a
detector whose `keep_aspect_ratio_resizer` does not pad is trained as if it did, and detects without padding as before.
"""

from __future__ import annotations

from dataclasses import replace

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.input_size import with_padding
from loadstone.blueprint.reader import read_any
from loadstone.wire.textmessage import TextMessage


def padded(blueprint: FasterRcnnBlueprint, config: TextMessage) -> tuple[FasterRcnnBlueprint, tuple[str, ...]]:
    """Return the detector for padded pictures, and what is worth a sentence before the first step.

    The detector itself where its pictures have one size, or where its resizer is none that pads.
    """
    resizer = blueprint.resizer
    if resizer.output is not None or resizer.kind != "keep-aspect":
        return blueprint, ()
    other = read_any(with_padding(config))
    if not isinstance(other, FasterRcnnBlueprint):
        return blueprint, ()
    note = (
        f"each picture is padded to {resizer.size[1]:,} × {resizer.size[1]:,}, the resizer's max_dimension, as a batch "
        "has one size; the trained detector does not pad; --input-size makes them smaller"
    )
    return replace(blueprint, resizer=other.resizer, first_stage=other.first_stage), (note,)
