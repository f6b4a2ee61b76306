"""A YAML configuration holds tags at which a loader makes any Python object.

What is seen

    `!!python/object/apply:…` and the like.

Why

    `yaml.load` with an unsafe loader calls what the tag names. Keras read models from YAML so until TensorFlow
    2.6.

Remedy

    Do not load it with `model_from_yaml`; no plain configuration has tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.keras.keras_yaml import is_yaml
from loadstone.wire.limits import TEXT_BYTES

FAULT = Fault(
    "safety-yaml-tags",
    "error",
    help="do not load it with model_from_yaml",
    reference="CVE-2021-37678",
)

_TAG = re.compile(rb"(?:^|[\s\[{,])(!{1,2}[A-Za-z<][^\s,\]}]*)", re.MULTILINE)
_PLAIN = (
    b"!!str",
    b"!!int",
    b"!!float",
    b"!!bool",
    b"!!null",
    b"!!map",
    b"!!seq",
    b"!!python/tuple",
    b"!!set",
    b"!!omap",
    b"!!python/unicode",
    b"!!python/long",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the tags that are not of plain values."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder:
        return
    raw = candidate.tree.read(candidate.name, TEXT_BYTES)
    if not is_yaml(raw[:4096].lstrip()):
        return
    tags = [tag for tag in dict.fromkeys(found[1] for found in _TAG.finditer(raw)) if tag not in _PLAIN]
    if tags:
        shown = [tag.decode("utf-8", "backslashreplace")[:120] for tag in tags]
        yield FAULT.finding(
            (f"loading it as YAML would make or call {shown[0]}"),
            *(Evidence(subject.source, tag, "plain values") for tag in shown),
        )
