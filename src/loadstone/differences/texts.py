"""Two trees of values compared by path: a Keras configuration's JSON, a protobuf text.

What it is: a tree flattened to `layer.units` → value, list items named by their own `name` where they have one.
What it is not: a judgement on which of the two is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadstone.facts.difference import Changed
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import Word, is_string, scalar_value

MOST = 200_000
"""Values of one tree that are compared; no configuration has as many."""


def changes(left: Mapping[str, str], right: Mapping[str, str]) -> list[Changed]:
    """Return every path whose value differs, in the left side's order, then what only the right side has."""
    paths = [*left, *(path for path in right if path not in left)]
    return [
        Changed("configuration", path, left.get(path, ""), right.get(path, ""))
        for path in paths
        if left.get(path) != right.get(path)
    ]


def flat_json(value: Any, path: str = "") -> dict[str, str]:
    """Return a JSON value by path."""
    return dict(_json(value, path))


def _json(value: Any, path: str) -> Iterator[tuple[str, str]]:
    waiting = [(path, value)]
    for _ in range(MOST):
        if not waiting:
            return
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{path}.{key}" if path else str(key), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            waiting += [(f"{path}[{_label(one, number)}]", one) for number, one in reversed(list(enumerate(value)))]
        else:
            yield path, _shown(value)


def _label(value: Any, number: int) -> str:
    """Name a list's item by its own name, so that one layer more does not shift all that follow."""
    if isinstance(value, dict):
        inner = value.get("config")
        for holder in (value, inner if isinstance(inner, dict) else {}):
            if isinstance(name := holder.get("name"), str):
                return name
    return str(number)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def flat_text(message: TextMessage) -> dict[str, str]:
    """Return a text's values by path; a repeated field's are numbered from the second on."""
    found: dict[str, str] = {}
    _text(message, "", found)
    return found


def _text(message: TextMessage, path: str, found: dict[str, str]) -> None:
    counts: dict[str, int] = {}
    for name, value, _ in message.entries:
        counts[name] = counts.get(name, 0) + 1
        label = f"{path}{name}" + (f"[{counts[name]}]" if counts[name] > 1 else "")
        if isinstance(value, TextMessage):
            if not value.entries:
                found[label] = "{}"
            _text(value, f"{label}.", found)
        else:
            found[label] = _token(value)


def _token(token: bytes) -> str:
    """Return a token as it reads: `1`, `1.0` and `1e0` are one number."""
    value = scalar_value(token)
    if isinstance(value, bytes):
        return f'"{value.decode("utf-8", "backslashreplace")}"'
    if isinstance(value, Word) or is_string(token):
        return str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
