"""What can be said of a Keras configuration in YAML without parsing YAML.

Lines are matched, one by one: `class_name` at the top, `- class_name` for each layer, versions at the end. Tags are
named and never evaluated. Keras wrote this form until 2.6.
"""

from __future__ import annotations

import re
from dataclasses import replace

from loadstone.facts import LayerFact
from loadstone.formats.keras.keras_classes import is_stock
from loadstone.formats.keras.keras_facts import KerasFacts
from loadstone.formats.keras.keras_layers import RUNS_CODE

_TOP = re.compile(rb"^(class_name|config|backend|keras_version):(.*)$", re.MULTILINE)
_LAYER = re.compile(r"^( *)- +class_name: *['\"]?([\w.>]+)", re.MULTILINE)
_NAME = re.compile(r"\bname: *['\"]?([\w/.-]+)")
_TAG = re.compile(r"(?:^|[\s\[{,])(![\w!][^\s,\]}]*)")
_MOST_TAGS = 8


def is_yaml(head: bytes) -> bool:
    """Return whether a text is a model's configuration in YAML: `class_name` and `config` at the left margin."""
    keys = {match[1] for match in _TOP.finditer(head)}
    return b"class_name" in keys and (b"config" in keys or b"keras_version" in keys or b"backend" in keys)


def yaml_facts(raw: bytes) -> tuple[KerasFacts, dict[str, str], tuple[str, ...]]:
    """Return (facts, producer, notes) of a YAML configuration."""
    document = raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    top = {match[1].decode(): match[2].decode("utf-8", "backslashreplace").strip() for match in _TOP.finditer(raw)}
    layers = _layers(document)
    custom = dict.fromkeys(layer.class_name for layer in layers if layer.custom)
    details = {"class_name": top.get("class_name", ""), "layers": len(layers)}
    producer = {"keras": top.get("keras_version", ""), "backend": top.get("backend", "")}
    notes = ["the configuration is YAML: layers are listed by name, and nothing in it is parsed or evaluated"]
    for tag in list(dict.fromkeys(_TAG.findall(document)))[:_MOST_TAGS]:
        notes.append(f"it holds the YAML tag {tag[:120]!r}, at which a YAML loader may run code; it is not evaluated")
    facts = KerasFacts(layers=layers, custom=tuple(custom), details=details)
    return facts, {key: value for key, value in producer.items() if value}, tuple(notes)


def _layers(document: str) -> tuple[LayerFact, ...]:
    """Return the layers at the outermost depth; those deeper stand inside the one before them."""
    found = list(_LAYER.finditer(document))
    outermost = min((len(match[1]) for match in found), default=0)
    families: list[list[LayerFact]] = []
    for at, match in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(document)
        fact = _fact(match[2], document[match.end() : end])
        if len(match[1]) == outermost or not families:
            families.append([fact])
        else:
            families[-1].append(fact)
    return tuple(replace(family[0], inner=tuple(family[1:])) for family in families)


def _fact(class_name: str, body: str) -> LayerFact:
    name = _NAME.search(body)
    return LayerFact(name[1] if name else "", class_name, custom=class_name in RUNS_CODE or not is_stock(class_name))
