"""Wrap a frozen graph in a SavedModel: the tag `serve`, and a signature from its placeholders to its last nodes.

To be asked for: what the author meant for outputs is not in the file; the names that a detector's outputs have, and
else the nodes that nothing reads, are taken. The graph's own bytes are not touched.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts import TensorSpec
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.dtypes import NUMBERS
from loadstone.formats.message_file import open_message
from loadstone.wire.protobuf_writer import Values, encode, field_bytes
from loadstone.wire.schemas.graph import GRAPH_DEF
from loadstone.wire.schemas.saved_model import META_INFO, SIGNATURE

NAME = "wrap-graph"
ON_REQUEST = True
_METHOD = "tensorflow/serving/predict"
_DETECTION = ("detection_boxes", "detection_scores", "detection_classes", "num_detections", "detection_masks")


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a whole frozen graph with inputs and outputs."""
    model, candidate = subject.model, subject.candidate
    if model is None or candidate is None or candidate.is_folder or subject.format != "frozen-graph":
        return None
    outputs = _outputs(model.outputs)
    if not model.complete or not model.inputs or not outputs:
        return None
    edits = [
        Edit(f"{subject.source}: meta_info_def.tags", None, "serve"),
        Edit(f"{subject.source}: signature_def.inputs", None, ", ".join(_key(spec) for spec in model.inputs)),
        Edit(f"{subject.source}: signature_def.outputs", None, ", ".join(_key(spec) for spec in outputs)),
    ]
    faults = ("wrong-loader-frozen-as-savedmodel",)
    return Plan(NAME, subject.source, tuple(edits), "ask", faults, suffix=".savedmodel", details=(subject, outputs))


def apply(plan: Plan, target: Path) -> None:
    """Write the folder with its `saved_model.pb`."""
    subject, outputs = plan.details
    message = open_message(subject.candidate.tree, subject.candidate.name, GRAPH_DEF)
    graph = bytes(message.data[message.start : message.end])
    info = encode(META_INFO, {"tags": ["serve"]})
    signature = encode(
        SIGNATURE,
        {
            "inputs": {_key(spec): _info(spec) for spec in subject.model.inputs},
            "outputs": {_key(spec): _info(spec) for spec in outputs},
            "method_name": _METHOD,
        },
    )
    entry = field_bytes(1, b"serving_default") + field_bytes(2, signature)
    meta = field_bytes(1, info) + field_bytes(2, graph) + field_bytes(5, entry)
    target.mkdir()
    (target / "saved_model.pb").write_bytes(b"\x08\x01" + field_bytes(2, meta))


def _outputs(specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
    known = tuple(spec for spec in specs if _key(spec) in _DETECTION)
    return known or specs


def _key(spec: TensorSpec) -> str:
    """Return the name that a caller uses: a node's, without its port and its scopes' slashes."""
    return spec.name.removesuffix(":0").replace("/", "_").replace(":", "_")


def _info(spec: TensorSpec) -> Values:
    tensor = spec.tensor_name or (spec.name if ":" in spec.name else f"{spec.name}:0")
    if spec.shape is None:
        shape: Values = {"unknown_rank": True}
    else:
        shape = {"dim": [{"size": -1 if side is None else side} for side in spec.shape]}
    return {"name": tensor, "dtype": NUMBERS.get(spec.dtype, 0), "tensor_shape": shape}
