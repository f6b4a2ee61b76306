"""Which TensorFlow release first had an operation, or an attribute of one, and which no longer has it.

Source: the registries of the releases themselves (`TF_GetAllOpList` of 34 wheels, 1.4 to 2.21); tools/compat_ops.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from loadstone.environment.tables import table
from loadstone.environment.tables.tensorflow import Window
from loadstone.environment.versions import minor_of, order


@dataclass(frozen=True, slots=True)
class Entry:
    """When an operation or attribute was there: feature releases from `first` on, before `gone` (empty: still there).

    `default` is what an attribute has where a graph does not state it, as a JSON value: `{"type": "DT_FLOAT"}` for a
    type; None where it has none, or for an operation.
    """

    first: str
    gone: str = ""
    default: Any = None


@cache
def _entries() -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for row in table("ops")["releases"]:
        release = row["tf"]
        found |= {name: Entry(release) for name in row["ops"]}
        found |= {name: Entry(release, default=default) for name, default in row["attributes"].items()}
        for name in row["removed"]:
            before = found.get(name, Entry(oldest()))
            found[name] = Entry(before.first, release, before.default)
    return found


@cache
def _line() -> tuple[str, ...]:
    """Return the feature releases in the order in which their branches were cut: 2.0 before 1.15."""
    return tuple(row["tf"] for row in table("ops")["releases"])


def oldest() -> str:
    """Return the oldest release of the table; what it has may be older."""
    return str(table("ops")["releases"][0]["tf"])


def operation(name: str) -> Entry | None:
    """Return when an operation was there; None for one that no TensorFlow of the table has by itself."""
    return _entries().get(name)


def attribute(name: str, of: str) -> Entry | None:
    """Return when an operation had an attribute that came later than the operation; None for one it always had."""
    return _entries().get(f"{of}.{name}")


def knows(tensorflow: str, name: str, of: str = "") -> bool | None:
    """Return whether a release has an operation, or an attribute `of` one; None where the table cannot say.

    An attribute that is not in the table came with its operation, or is no attribute of TensorFlow's at all.
    """
    entry = attribute(name, of) if of else operation(name)
    minor = minor_of(tensorflow)
    if entry is None or minor not in _line():
        return None
    place = _line().index(minor)
    return _line().index(entry.first) <= place and (not entry.gone or place < _line().index(entry.gone))


def ops_window(used: Mapping[str, Collection[str]]) -> Window:
    """Return the releases that know every operation used, and of each the attributes that are given.

    Give only the attributes that a graph states with another value than the default: TensorFlow refuses an unknown
    attribute, and a default one can be taken out. Operations that are not TensorFlow's own draw no end.
    """
    window = Window()
    for name, attributes in used.items():
        for what, entry in ((name, operation(name)), *((f"{name}.{one}", attribute(one, name)) for one in attributes)):
            if entry is not None:
                window = window.narrowed(_window(what, entry))
    return window


def _window(what: str, entry: Entry) -> Window:
    line = _line()
    first = entry.first if entry.first != oldest() else ""
    reasons = [f"{what} came with TensorFlow {first}"] if first else []
    last = ""
    if entry.gone:
        last = line[line.index(entry.gone) - 1]
        reasons.append(f"{what} was last in TensorFlow {last}")
    gaps = tuple(one for one in line[: line.index(first)] if order(one) > order(first)) if first else ()
    return Window(first, last, tuple(reasons), gaps)


def draws_the_end(window: Window) -> tuple[str, ...]:
    """Return the reasons that name the window's own ends, without those that a narrower one made idle."""
    ends = [f"came with TensorFlow {window.first}", f"was last in TensorFlow {window.last}"]
    return tuple(reason for reason in window.reasons if any(reason.endswith(end) for end in ends))


def attributes_unknown_to(tensorflow: str) -> dict[str, tuple[str, ...]]:
    """Return operation → the attributes of it that came after a release; empty for a release not in the table."""
    found: dict[str, list[str]] = {}
    for what in _entries():
        of, _, name = what.partition(".")
        if name and knows(tensorflow, name, of) is False:
            found.setdefault(of, []).append(name)
    return {of: tuple(names) for of, names in found.items()}
