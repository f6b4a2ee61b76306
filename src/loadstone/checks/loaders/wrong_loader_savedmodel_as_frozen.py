"""A SavedModel is given where a frozen graph is expected.

What is seen

    `google.protobuf.message.DecodeError: Error parsing message` from `graph_def.ParseFromString`; with `type
    'tensorflow.GraphDef'` in later versions of protobuf.

Why

    Both are `.pb`. A SavedModel begins with its schema version and wraps its graphs, a frozen graph is the graph
    alone, with its trained values inside; the parser of the one rejects the other. TF2 exporters write
    SavedModels only.

Remedy

    Load the folder with `tf.saved_model.load`, or make a frozen graph of it: `loadstone fix FOLDER --only freeze-
    saved-model`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.savedmodel_files import NAMES

FAULT = Fault(
    "wrong-loader-savedmodel-as-frozen",
    "error",
    help="load the folder with tf.saved_model.load, or freeze it: loadstone fix FOLDER --only freeze-saved-model",
    repair="freeze-saved-model",
)

TEXTS = (
    Saying(
        r"DecodeError: (?:Error parsing message|Wrong wire type|Truncated message)"
        r"|Error parsing message with type 'tensorflow\.GraphDef'|DecodeError",
        "a saved_model.pb was parsed as a frozen graph (GraphDef), which it is not",
        certainty="likely",
        needs=(r"(?i)saved_?model", r"(?i)Graph_?Def|frozen|import_graph|ParseFromString|MergeFromString"),
    ),
    Saying(
        r"DecodeError: Error parsing message|Error parsing message with type 'tensorflow\.GraphDef'",
        "the file is no GraphDef: most likely a SavedModel's saved_model.pb, which wraps its graph",
        certainty="likely",
        needs=(r"(?i)Graph_?Def",),
        unless=(r"frozen_inference_graph\.pb", r"od_graph_def", r"(?i)saved_?model"),
    ),
    Saying(
        r"DecodeError: Error parsing message\s*$",
        "the bytes are no message of the kind that was asked for: most often a SavedModel parsed as a frozen graph",
        certainty="possible",
        unless=(r"od_graph_def",),
    ),
    Saying(
        r"DecodeError: (?:Error parsing message|Wrong wire type in tag)",
        "the file is no message of the kind that was asked for: often a SavedModel that is read as a frozen graph",
        certainty="possible",
        unless=(r"(?i)Graph_?Def", r"(?i)label_?map|\.pbtxt|\.config"),
    ),
    Saying(
        r"ReadProtoFromBinaryFile|ReadTFNetParamsFromBinaryFileOrDie",
        ("OpenCV found no frozen graph in the file: most likely it is a SavedModel"),
        certainty="possible",
    ),
)
_GRAPH_NAME = re.compile(r"frozen|inference_graph|graph_?def|optimized", re.IGNORECASE)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a SavedModel in a file that has the name of a graph."""
    candidate, model = subject.candidate, subject.model
    if candidate is None or candidate.is_folder or model is None:
        return
    name = model.files[0].path.rpartition("/")[2] if model.files else subject.path.name
    if name in NAMES or not name.endswith((".pb", ".pbtxt")) or model.files[0].state != "present":
        return
    frozen = bool(_GRAPH_NAME.search(name))
    role = "a frozen graph's name, and is" if frozen else "no SavedModel's name, and is"
    fact = f"{name} has {role} a SavedModel: a parser of GraphDefs rejects it, and no SavedModel loader looks for it"
    place = Evidence(f"{subject.source}: {name}", "a SavedModel message", "a GraphDef, or the name saved_model.pb")
    if model.complete:
        command = f"loadstone fix {subject.in_shell}"
        help_ = f"{command}   names it saved_model.pb; for a GraphDef: {command} --only freeze-saved-model"
        yield FAULT.finding(fact, place, help=help_)
        return
    help_ = f"put its variables/ beside it and name it saved_model.pb: cp {subject.in_shell} FOLDER/saved_model.pb"
    yield FAULT.finding(fact, place, help=help_, mended=False)
