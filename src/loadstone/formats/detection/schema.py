"""Names and types of every field of a `pipeline.config` and a label map.

What it is: the reader of `formats/data/pipeline_schema.txt`. What it is not: numbers of fields: texts have none.
Source: object_detection/protos of tensorflow/models, release 2.8.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from loadstone.wire.textschema import TextSchema

PIPELINE = "TrainEvalPipelineConfig"
LABELS = "StringIntLabelMap"


@cache
def pipeline_schema() -> TextSchema:
    """Return the messages and enums of the Object Detection API's configurations."""
    messages: dict[str, dict[str, str]] = {}
    enums: dict[str, tuple[str, ...]] = {}
    extensible = set()
    for line in (Path(__file__).parents[1] / "data" / "pipeline_schema.txt").read_text("ascii").splitlines():
        first, *rest = line.split()
        if first == "enum":
            enums[rest[0]] = tuple(word.partition("=")[0] for word in rest[1:])
        elif not line.startswith("#"):
            name = first.removesuffix("+")
            messages[name] = dict(field.split(":") for field in rest)
            if name != first:
                extensible.add(name)
    return TextSchema(messages, enums, frozenset(extensible))
