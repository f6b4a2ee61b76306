"""A frozen graph: one GraphDef with its weights as constants, as TensorFlow 1's detectors were handed around.

The picture goes in at `image_tensor:0` or `input_tensor:0`; results are `detection_boxes:0` and so on. What the
detector is goes along as an attribute of the picture's node, so that the graph alone is rebuilt, and trained, again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from loadstone.export.detector import write_detector
from loadstone.export.tensorflow_dialect import TensorFlowDialect
from loadstone.formats.rebuilt_member import ATTRIBUTE, NODE
from loadstone.graphs.write import graph_bytes
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.runtime.save_keras import member_of
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.graph import NODE as NODE_DEF


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new file. Raises `LimitError` beyond protobuf's two gibibytes."""
    dialect = TensorFlowDialect()
    write_detector(dialect, found)
    graph = dialect.to.graph()
    picture = graph[NODE]
    # A message's fields may follow one another: what is appended is one more attribute.
    raw = picture.raw + encode(NODE_DEF, {"attr": {ATTRIBUTE: {"s": member_of(found).as_packed()}}})
    described = replace(picture, data=raw, start=0, end=len(raw))
    path.write_bytes(graph_bytes(graph.replaced({NODE: described})))
