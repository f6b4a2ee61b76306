"""A frozen graph: one GraphDef with its weights as constants, as TensorFlow 1's detectors were handed around.

The picture goes in at `image_tensor:0` or `input_tensor:0`; results are `detection_boxes:0` and so on.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.export.detector import write_detector
from loadstone.export.tensorflow_dialect import TensorFlowDialect
from loadstone.graphs.write import graph_bytes
from loadstone.runtime.rebuilt import Rebuilt


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new file. Raises `LimitError` beyond protobuf's two gibibytes."""
    dialect = TensorFlowDialect()
    write_detector(dialect, found)
    path.write_bytes(graph_bytes(dialect.to.graph()))
