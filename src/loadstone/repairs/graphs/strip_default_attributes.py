"""Take attributes out of a graph that the target TensorFlow does not know, where they hold their default.

Safe: TensorFlow fills a default in where an attribute is absent, so that the graph means the same to every release
that knows it, and loads in those that do not. An attribute with another value stays, and the graph stays newer.
Which release brought which attribute, and its default: `environment/tables/ops.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.environment.tables.ops import attribute, attributes_unknown_to
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.dtypes import DTYPES
from loadstone.formats.graph.graph_nodes import text
from loadstone.repairs.graphs._saved import fields, joined
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import ATTR_VALUE

NAME = "strip-default-attributes"
_NODE, _LIBRARY, _FUNCTION, _BODY = 1, 2, 1, 3
_NAME, _OP, _ATTRIBUTE = 1, 2, 5
_SHOWN = 40

Parts = list[tuple[int, bytes | int]]


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a binary graph that states attributes newer than the target's TensorFlow."""
    tensorflow = subject.environment.packages.get("tensorflow", "")
    unknown = attributes_unknown_to(tensorflow) if tensorflow else {}
    ops = subject.model.ops if subject.model else {}
    if not unknown.keys() & ops.keys():
        return None
    path = _binary(subject)
    if path is None:
        return None
    stripper = _Stripper(unknown)
    try:
        written = stripper.graph(path.read_bytes())
    except LoadstoneError:
        return None
    if not stripper.found:
        return None
    edits = tuple(
        Edit(f"{path}: {name}", f"{count:,} times its default", None, f"TensorFlow {tensorflow} does not know it")
        for name, count in list(stripper.found.items())[:_SHOWN]
    )
    return Plan(NAME, subject.source, edits, "safe", ("graph-newer-than-runtime",), details=written)


def _binary(subject: Subject) -> Path | None:
    """Return the file of a bare graph. Of a SavedModel the loader itself takes defaults away: it carries a list."""
    bare = subject.format == "frozen-graph" and subject.path.suffix != ".pbtxt" and subject.path.is_file()
    return subject.path if bare else None


def apply(plan: Plan, target: Path) -> None:
    """Write the graph."""
    target.write_bytes(plan.details)


class _Stripper:
    """Rewrites messages field by field; a node without such attributes keeps its bytes. `found` counts what went."""

    def __init__(self, unknown: Mapping[str, tuple[str, ...]]) -> None:
        self._unknown = unknown
        self.found: dict[str, int] = {}

    def graph(self, data: bytes) -> bytes:
        """Return the GraphDef without the attributes."""
        stripped = self._inner(data, _NODE, self._node)
        return self._inner(stripped, _LIBRARY, lambda library: self._inner(library, _FUNCTION, self._function))

    def _function(self, data: bytes) -> bytes:
        return self._inner(data, _BODY, self._node)

    def _inner(self, data: bytes, number: int, change: Any) -> bytes:
        """Return the message with `change` made to each sub-message of one number; the same bytes where none does."""
        parts = fields(data)
        changed: Parts = [
            (field, change(value)) if field == number and isinstance(value, bytes) else (field, value)
            for field, value in parts
        ]
        return data if changed == parts else joined(changed)

    def _node(self, data: bytes) -> bytes:
        parts = fields(data)
        op = next((text(value) for field, value in parts if field == _OP and isinstance(value, bytes)), "")
        if op not in self._unknown:
            return data
        kept = [part for part in parts if not (part[0] == _ATTRIBUTE and self._goes(op, part[1]))]
        return data if len(kept) == len(parts) else joined(kept)

    def _goes(self, op: str, pair: bytes | int) -> bool:
        entry = dict(fields(pair)) if isinstance(pair, bytes) else {}
        name, value = entry.get(1, b""), entry.get(2, b"")
        if not isinstance(name, bytes) or not isinstance(value, bytes) or text(name) not in self._unknown[op]:
            return False
        known = attribute(text(name), op)
        if known is None or not is_default(value, known.default):
            return False
        what = f"{op}.{text(name)}"
        self.found[what] = self.found.get(what, 0) + 1
        return True


def is_default(raw: bytes, default: Any) -> bool:
    """Return whether an `AttrValue`'s bytes say what the table gives as the default: a value, a list, `{"type": …}`."""
    value = Message(raw, ATTR_VALUE)
    if isinstance(default, bool):
        return "b" in value and value.flag("b") == default
    if isinstance(default, int):
        return "i" in value and value.sint("i") == default
    if isinstance(default, float):
        return "f" in value and value.float32("f") == default
    if isinstance(default, str):
        return "s" in value and value.blob("s") == default.encode()
    if isinstance(default, list):
        return "list" in value and _is_list(value.message("list"), default)
    if isinstance(default, dict) and "type" in default:
        number = value.uint("type")
        return number in DTYPES and f"DT_{DTYPES[number].name.upper()}" == _plain(str(default["type"]))
    return False


def _is_list(value: Message, default: list[Any]) -> bool:
    """Return whether a list holds the same integers, or both are empty; lists of other things have no default here."""
    if not default:
        return not value.entries
    return set(value.entries) == {_INTEGERS} and value.sints("i") == default


_INTEGERS = 3
"""The number of `ListValue.i`."""


def _plain(wanted: str) -> str:
    """Return a type's name in NumPy's words: TensorFlow says DT_FLOAT where NumPy says float32."""
    return {"DT_FLOAT": "DT_FLOAT32", "DT_DOUBLE": "DT_FLOAT64", "DT_HALF": "DT_FLOAT16"}.get(wanted, wanted)
