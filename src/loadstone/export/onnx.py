"""An ONNX model of opset 17, suppression included, for ONNX Runtime, OpenVINO, TensorRT and the like."""

from __future__ import annotations

import json
from pathlib import Path

from loadstone.export.detector import write_detector
from loadstone.export.onnx_dialect import OnnxDialect
from loadstone.runtime.rebuilt import Rebuilt


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new file, class names as JSON in its metadata. `LimitError` beyond two gibibytes."""
    dialect = OnnxDialect()
    write_detector(dialect, found)
    notes = {"names": json.dumps(dict(sorted(found.labels.items())), ensure_ascii=False)} if found.labels else {}
    path.write_bytes(dialect.to.model(found.blueprint.feature_extractor, dialect.inputs, dialect.outputs, notes))
