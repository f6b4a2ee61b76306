"""A blueprint as plain JSON values, and back: what a built detector's file holds in the place of a configuration.

Every frozen value of `parts` and its neighbours is an object of its fields; a field that has its default is left out.
Where a field may hold one of several kinds, the object says which in `kind`. What is read is checked against the
fields' types, and a network against the rules of `network_rules`; nothing else is believed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from loadstone.blueprint.blueprint_rules import check_blueprint
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Network
from loadstone.blueprint.network_rules import check_network
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import AnyBlueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.errors import FormatError

SCHEMA = 1
KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (Blueprint, CenterNetBlueprint, FasterRcnnBlueprint, YoloBlueprint)
}

LONGEST = 1024
"""Characters of one text."""

LARGEST = 1e12
"""Of a number: anchors, thresholds, pixels and shapes lie far below."""

MOST = 100_000
"""Members of one list or object."""


def blueprint_as_json(blueprint: AnyBlueprint) -> dict[str, Any]:
    """Return the blueprint as values that `json` writes."""
    return {"schema": SCHEMA, "kind": type(blueprint).__name__, **_fields(blueprint)}


def _fields(value: Any) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(value, field.name))
        for field in fields(value)
        if not _is_default(field, getattr(value, field.name))
    }


def _is_default(field: Field[Any], value: Any) -> bool:
    made = field.default if field.default is not MISSING else MISSING
    if field.default_factory is not MISSING:
        made = field.default_factory()
    return made is not MISSING and type(made) is type(value) and bool(made == value)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {"kind": type(value).__name__, **_fields(value)} if type(value).__name__ in TOLD else _fields(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


TOLD = ("MultiscaleAnchors", "SsdAnchors", "GridAnchors")
"""Kinds that share a field with others."""


def read_blueprint_json(value: Any, where: str = "blueprint") -> AnyBlueprint:
    """Return the blueprint of parsed JSON; `FormatError`, with the field's path, for what is not one."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        found = value.get("schema") if isinstance(value, Mapping) else type(value).__name__
        raise FormatError(
            "the detector's description is not of this version",
            where=where,
            expected=str(SCHEMA),
            found=str(found)[:40],
        )
    kind = KINDS.get(str(value.get("kind")))
    if kind is None:
        raise FormatError("there is no such kind of detector", where=f"{where}.kind", found=str(value.get("kind"))[:80])
    own = {name: one for name, one in value.items() if name not in ("schema", "kind")}
    blueprint: AnyBlueprint = _object(kind, own, where)
    for field in fields(kind):
        part = getattr(blueprint, field.name)
        if isinstance(part, Network):
            check_network(part, f"{where}.{field.name}")
    check_blueprint(blueprint, where)
    return blueprint


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong(kind.__name__, value, where)
    known = {field.name: field for field in fields(kind)}
    if unknown := [name for name in value if name not in known]:
        raise FormatError("there is no such field", where=f"{where}.{unknown[0][:80]}", expected=", ".join(known)[:400])
    hints = _hints(kind)
    made = {name: _value(hints[name], one, f"{where}.{name}") for name, one in value.items()}
    needed = [name for name, field in known.items() if field.default is MISSING and field.default_factory is MISSING]
    if missing := [name for name in needed if name not in made]:
        raise FormatError("a field is missing", where=where, expected=missing[0])
    return kind(**made)


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return a JSON value as the type that a field has."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), value, where)
    if origin is Literal:
        if value not in get_args(hint):
            raise _wrong(" or ".join(map(str, get_args(hint))), value, where)
        return value
    if origin is tuple or (origin is not None and issubclass(origin, Sequence)):
        return _row(hint, value, where)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(get_args(hint)[1], value, where)
    if is_dataclass(hint):
        return _object(hint, value, where)
    return _scalar(hint, value, where)


def _one_of(hints: Sequence[Any], value: Any, where: str) -> Any:
    """Return the value as the one of several types that it is; an object says its kind."""
    if value is None and NoneType in hints:
        return None
    kinds: dict[str, Any] = {kind.__name__: kind for kind in hints if isinstance(kind, type) and is_dataclass(kind)}
    if isinstance(value, Mapping) and len(kinds) > 1:
        kind = kinds.get(str(value.get("kind")))
        if kind is None:
            raise _wrong(" or ".join(kinds), value.get("kind"), f"{where}.kind")
        return _object(kind, {name: one for name, one in value.items() if name != "kind"}, where)
    plain = [hint for hint in hints if hint is not NoneType]
    if len(plain) == 1:
        return _value(plain[0], value, where)
    raise _wrong(" or ".join(kinds), value, where)


def _row(hint: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        raise _wrong("a list", value, where)
    inside = get_args(hint)
    if get_origin(hint) is tuple and Ellipsis not in inside:
        if len(value) != len(inside):
            raise _wrong(f"{len(inside)} values", value, where)
        return tuple(
            _value(one, each, f"{where}[{at}]") for at, (one, each) in enumerate(zip(inside, value, strict=True))
        )
    return tuple(_value(inside[0], each, f"{where}[{at}]") for at, each in enumerate(value))


def _mapping(hint: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or len(value) > MOST or any(len(name) > LONGEST for name in value):
        raise _wrong("an object", value, where)
    return {name: _value(hint, one, f"{where}.{name[:80]}") for name, one in value.items()}


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return _attribute(value, where)
    if hint is float and type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST:
        return float(value)
    if hint is int and type(value) is int and abs(value) <= LARGEST:
        return value
    if (hint is str and isinstance(value, str) and len(value) <= LONGEST) or (hint is bool and type(value) is bool):
        return value
    raise _wrong(getattr(hint, "__name__", str(hint)), value, where)


def _attribute(value: Any, where: str) -> Any:
    """Return a node's attribute: a plain value, or rows of them; `network_rules` says what each may be."""
    if isinstance(value, list) and len(value) <= MOST:
        return tuple(_attribute(one, where) for one in value)
    if type(value) is float and math.isfinite(value):
        return value
    for kind in (bool, int, str):
        if type(value) is kind:
            return _scalar(kind, value, where)
    raise _wrong("a plain value", value, where)


def _wrong(expected: str, value: Any, where: str) -> FormatError:
    return FormatError("a field has another kind of value", where=where, expected=expected, found=repr(value)[:80])
