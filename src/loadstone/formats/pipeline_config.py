"""`pipeline.config` of the TensorFlow Object Detection API: a text proto of one model and its training.

What it is: recognition by content and the facts that the file states. What it is not: a checker of its fields, or
a builder of the model (the room `blueprint`).
Specification: object_detection/protos/pipeline.proto of tensorflow/models (package object_detection.protos).
"""

from __future__ import annotations

import re
from typing import Any

from loadstone.facts import FileFact, ModelFile
from loadstone.formats.detection.config import ARCHITECTURES, architecture, from_pipeline, pipeline_notes
from loadstone.formats.kinds.textsniff import first_field
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import CONFIG_BYTES
from loadstone.wire.textproto import TextMessage, parse_prefix

TOP_LEVEL = (
    "model",
    "train_config",
    "train_input_reader",
    "eval_config",
    "eval_input_reader",
    "graph_rewriter",
)
"""The fields of TrainEvalPipelineConfig."""

_ARCHITECTURE = re.compile(
    rb"^\s*(?:model\s*:?\s*[{<]\s*)?(?:" + "|".join(ARCHITECTURES).encode() + rb")\s*:?\s*[{<]", re.M
)


def sniff(candidate: Candidate) -> bool:
    """Whether the text begins with a field of a pipeline.

    After `model`, or a research fork's extension, a known meta-architecture must follow.
    """
    name, opens = first_field(candidate.head)
    if name == "model" or name.startswith("["):
        return opens and _ARCHITECTURE.search(candidate.head) is not None
    return opens and name in TOP_LEVEL


def read(candidate: Candidate) -> ModelFile:
    """Return what the configuration states; where it is broken after its model, that model and the fault's place.

    Raises `FormatError` with line and column where no model can be read.
    """
    message, error = parse_prefix(candidate.tree.read(candidate.name, CONFIG_BYTES))
    if error is not None and architecture(message) is None:
        raise error
    fault = (f"broken, only what stands before it was read: {error}",) if error else ()
    return ModelFile(
        source=candidate.source,
        format="pipeline-config",
        complete=error is None,
        files=(FileFact(candidate.name, "config", candidate.size),),
        detector=from_pipeline(message),
        notes=(*pipeline_notes(message), *fault),
        details=details(message),
    )


def details(message: TextMessage) -> dict[str, Any]:
    """Return what the training half names: the checkpoint it starts from, its label map and records."""
    train = message.message("train_config")
    found: dict[str, Any] = {
        "fine_tune_checkpoint": train.text("fine_tune_checkpoint"),
        "fine_tune_checkpoint_type": train.text("fine_tune_checkpoint_type"),
        "batch_size": train.integer("batch_size") or None,
        "num_steps": train.integer("num_steps") or None,
        "label_maps": _paths(message, "label_map_path"),
        "records": _records(message),
    }
    return {name: value for name, value in found.items() if value}


def _readers(message: TextMessage) -> list[TextMessage]:
    return message.messages("train_input_reader") + message.messages("eval_input_reader")


def _paths(message: TextMessage, field: str) -> list[str]:
    return list(dict.fromkeys(path for reader in _readers(message) for path in reader.texts(field)))


def _records(message: TextMessage) -> list[str]:
    readers = [inner for reader in _readers(message) for inner in reader.messages("tf_record_input_reader")]
    return list(dict.fromkeys(path for reader in readers for path in reader.texts("input_path")))
