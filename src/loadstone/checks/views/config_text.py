"""The texts of a subject: its configuration and label map, read tolerantly, every slip known.

What it is: the subject itself where it is such a text, and those that the user named with it. What it is not: the
meaning of their values (`checks/config`, `checks/weights`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadstone.checks.subject import GRAPHS, Subject
from loadstone.errors import LoadstoneError
from loadstone.formats import registry as formats
from loadstone.formats.detection.schema import LABELS, PIPELINE, pipeline_schema
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import CONFIG_BYTES, LABEL_BYTES
from loadstone.wire.textmessage import TextMessage, place
from loadstone.wire.texttokens import decoded
from loadstone.wire.texttolerant import Tolerant, read_tolerant

_TOP = "model|train_config|train_input_reader|eval_input_reader|eval_config|eval_input_configs"
_PIPELINE = re.compile(rb"(?m)^[\W_]{0,12}(?:" + _TOP.encode() + rb")\s*[:=]?\s*[{<]")
_LABELS = re.compile(rb"(?m)^[\W_]{0,12}item\s*[:=]?\s*(?:#[^\n]*)?\s*[{<]")
_PARTS = re.compile(rb"(?m)^\W{0,12}id\s*[:=]?\s*[\"'\xe2]?.{0,2}-?\d+[\s\S]{0,200}?(?:display_)?name\s*[:=]")
_OTHER = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:node|meta_graphs|saved_model_schema_version|layers?|message|syntax)\b")


_FEW, _FEW_IN = 4, 50
"""A few control characters, and one more in so many bytes, are an accident of editing; more are a binary file."""


@dataclass(frozen=True, slots=True)
class ConfigText:
    """`path` is for messages, `kind` the root message, `original` the file's bytes; `place` is a file on this disk.

    `folder` is where its neighbours lie.
    """

    path: str
    kind: str
    original: bytes
    read: Tolerant
    place: Path | None
    top: bool
    folder: Path

    @property
    def root(self) -> TextMessage:
        """The message as it was meant."""
        return self.read.root

    def where(self, at: int) -> str:
        """Return `path:line:column` of a byte offset."""
        line, column = place(self.read.data, at)
        return f"{self.path}:{line}:{column}"

    @property
    def name(self) -> str:
        """The file's name alone."""
        return re.split(r"[/\\]", self.path)[-1]


def config_texts(subject: Subject) -> tuple[ConfigText, ...]:
    """Return the subject's texts: itself first, then the configuration and the label map that were named with it."""
    return subject.view(_texts)


def own_text(subject: Subject) -> ConfigText | None:
    """Return the subject itself as a text; None where it is none."""
    return next((text for text in config_texts(subject) if text.path == subject.source), None)


def _texts(subject: Subject) -> tuple[ConfigText, ...]:
    found = [] if subject.candidate is None else [_text(subject, subject.candidate, "", subject.top)]
    if subject.top:
        found += [_named(subject, path, kind) for path, kind in named(subject)]
    return tuple({text.path: text for text in found if text is not None}.values())


def named(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the paths that the user named beside the source, each with the message that it should hold."""
    if subject.config:
        yield subject.config, PIPELINE
    if subject.labels:
        yield subject.labels, LABELS


def _named(subject: Subject, path: str, kind: str) -> ConfigText | None:
    try:
        candidate = formats.locate(path)
    except LoadstoneError:
        return None
    return _text(subject, candidate, kind, True)


def _text(subject: Subject, candidate: Candidate, wanted: str, top: bool) -> ConfigText | None:
    if candidate.is_folder or candidate.size > max(CONFIG_BYTES, LABEL_BYTES) or not candidate.size:
        return None
    if subject.format in GRAPHS and candidate is subject.candidate:
        return None
    head = candidate.head
    kind = kind_of(head, candidate.name)
    if not kind or (wanted and kind != wanted):
        return None
    data = bytes(candidate.tree.view(candidate.name))
    path = Path(candidate.source)
    read = read_tolerant(data, pipeline_schema(), kind)
    folder = Path(subject.home) if subject.home and candidate is subject.candidate else path.parent
    return ConfigText(candidate.source, kind, data, read, path if path.is_file() else None, top, folder)


def kind_of(head: bytes, name: str) -> str:
    """Return the message that a text was meant to be, from its beginning; empty where it is neither."""
    text, _, _ = decoded(head)
    if not text or sum(byte < 9 or 13 < byte < 32 for byte in text) > _FEW + len(text) // _FEW_IN:
        return ""
    if _LABELS.search(text):
        return LABELS
    if _OTHER.match(text):
        return ""
    if _PIPELINE.search(text):
        return PIPELINE
    # A label map whose braces are broken shows itself by its ending and its fields.
    return LABELS if name.endswith(".pbtxt") and _PARTS.search(text) else ""
