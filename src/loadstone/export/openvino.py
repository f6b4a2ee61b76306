"""OpenVINO's intermediate representation: NAME.xml with the graph and NAME.bin with the weights, float32."""

from __future__ import annotations

from pathlib import Path

from loadstone.export.detector import write_detector
from loadstone.export.openvino_dialect import OpenVinoDialect
from loadstone.runtime.engine import openvino
from loadstone.runtime.rebuilt import Rebuilt


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new file and its weights beside it."""
    dialect = OpenVinoDialect()
    write_detector(dialect, found)
    model = dialect.model(found.blueprint.feature_extractor)
    if found.labels:
        # OpenVINO's Model API looks here for names, one word each, the first for class 0.
        names = [found.labels.get(number, f"class_{number}") for number in range(max(found.labels) + 1)]
        model.set_rt_info(" ".join(name.replace(" ", "_") for name in names), ["model_info", "labels"])
    openvino().save_model(model, str(path), compress_to_fp16=False)
