"""Another kind of file stands where a configuration, a label map or records are expected.

What is seen

    `1:1 : Message type "object_detection.protos.StringIntLabelMap" has no field named "node"`: a graph was given for a
    label map. Or a configuration that is a `.proto`, an XML annotation, a record file or a checkpoint.

Why

    The flags of the scripts take any path, and text protos share their endings (`.pbtxt`, `.config`). The first field's
    name tells what the file is.

Remedy

    Give the file of the right kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_paths import named_paths
from loadstone.checks.views.config_text import kind_of, named
from loadstone.checks.views.field_errors import PARSER, unknown_fields
from loadstone.errors import LoadstoneError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats import registry as formats
from loadstone.formats.detection.schema import LABELS, PIPELINE, pipeline_schema

FAULT = Fault("config-wrong-file-kind", "error", help="name the file of the right kind")

WORDS = {PIPELINE: "a pipeline.config", LABELS: "a label map"}

_FIRST_FIELDS = {
    "node": "a graph (GraphDef) as text",
    "meta_graphs": "a SavedModel as text",
    "saved_model_schema_version": "a SavedModel as text",
    "graph_def": "a MetaGraph as text",
    "meta_info_def": "a MetaGraph as text",
    "syntax": "a .proto source",
    "message": "a .proto source",
    "package": "a .proto source",
    "layer": "a Caffe network",
    "layers": "a Caffe network",
    "item": "a label map",
    "model": "a pipeline.config",
    "train_config": "a pipeline.config",
    "model_checkpoint_path": "a checkpoint's state file",
    "name": "a message of another kind",
    "input": "a Caffe network",
}
"""The first field of a text → what such a text is."""

TEXTS = (
    Saying(
        r"1:\d+ ?: [^\n]*?Expected identifier(?: or number)?, got:? ?[uU]?['\"]?<",
        "the file is XML or HTML, no text proto: it begins with <",
        needs=(PARSER,),
    ),
    Saying(
        r"UnicodeDecodeError: 'utf-?8' codec can't decode byte 0x(?P<byte>[0-9a-f]{2}) in position (?:[0-9]|1\d)\b",
        "a binary file was given for a text: byte 0x{byte} stands among its first",
        certainty="possible",
        needs=(r"load_labelmap|get_configs_from_pipeline_file|text_format",),
        unless=(r"0xf[ef] in position 0\b",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for a named text that is another kind, and for a path of a configuration that leads to one."""
    for path, kind in named(subject) if subject.top else ():
        if (found := _other(path, kind)) is not None:
            fact = f"{path} is {found}, not {WORDS[kind]}"
            yield FAULT.finding(fact, Evidence(path, found, WORDS[kind]))
    if subject.top and subject.candidate is not None and subject.candidate.name.endswith(".config"):
        yield from _config_by_name(subject)
    for one in named_paths(subject):
        if (
            one.state == "present"
            and one.found is not None
            and one.found.is_file()
            and one.field != "fine_tune_checkpoint"
        ):
            yield from _led_to(one.where, one.field, str(one.found))


def _config_by_name(subject: Subject) -> Iterator[Finding]:
    """A file that is called a configuration and is something else."""
    found = _other(subject.source, PIPELINE)
    if found is not None and subject.format not in ("git-lfs-pointer", "html", "empty"):
        yield FAULT.finding(
            f"{subject.source} is {found}, not a pipeline.config",
            Evidence(subject.source, found, "model, train_config, ..."),
            severity="warning",
        )


def _led_to(where: str, field: str, path: str) -> Iterator[Finding]:
    if field == "label_map_path":
        if (found := _other(path, LABELS)) is not None:
            yield FAULT.finding(f"{field} leads to {found}: {path}", Evidence(where, found, "a label map"))
        return
    model, _ = _read(path)
    if model and model not in ("tfrecord", "truncated"):
        fact = f"{field} leads to {model}, not records: {path}"
        yield FAULT.finding(fact, Evidence(where, model, "TFRecord"), severity="warning")


def _other(path: str, kind: str) -> str | None:
    """Return what a file is, in words, where it is not of the kind that is expected; None where it is, or is absent."""
    try:
        candidate = formats.locate(path)
    except LoadstoneError:
        return None
    if candidate.is_folder:
        return "a folder"
    found = kind_of(candidate.head, candidate.name)
    if found == kind:
        return None
    if found:
        return WORDS[found]
    first = re.search(rb"(?m)^\s*([A-Za-z_]\w*)", re.sub(rb"(?m)^\s*(?:#|//).*$", b"", candidate.head))
    word = first[1].decode() if first and formats.is_text(candidate.head) else ""
    if word in pipeline_schema().messages[kind]:
        return None
    name, words = _read(path)
    return _FIRST_FIELDS.get(word) or words or name or None


def _read(path: str) -> tuple[str, str]:
    """Return a file's format, and what it is in words where that is known."""
    try:
        model = formats.open_source(path)
    except LoadstoneError:
        return "", ""
    notes = [note.removeprefix("this file is ") for note in model.notes if note.startswith("this file is ")]
    return model.format, notes[0] if notes else f"a file of the format {model.format}"


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding where the root of the message refuses the first field of another kind of file."""
    for one in unknown_fields(error.text):
        if one.message in WORDS and one.field in _FIRST_FIELDS and not pipeline_schema().kind(one.message, one.field):
            is_what = _FIRST_FIELDS[one.field]
            fact = f"{is_what} was given for {WORDS[one.message]}: its first field is {one.field}"
            yield FAULT.finding(fact, Evidence(one.where, one.shown, WORDS[one.message]))
