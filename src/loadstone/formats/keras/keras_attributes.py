"""The attributes in which Keras' HDF5 layout records names: whole, or split into numbered parts.

HDF5 bounds an attribute in an object header to 64 KiB, so Keras cuts long lists of names into `layer_names0`,
`layer_names1`, and so on.
"""

from __future__ import annotations

from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.wire.hdf5 import Node

_MOST_PARTS = 10_000


def attribute(node: Node, name: str) -> Any:
    """Return an attribute's value, or None where it is absent."""
    found = node.attributes.get(name)
    return found.value if found else None


def text_attribute(node: Node, name: str) -> str:
    """Return an attribute that should be a text; empty where it is absent, of another kind or not readable."""
    try:
        value = attribute(node, name)
    except LoadstoneError:
        return ""
    return value if isinstance(value, str) else ""


def names(node: Node, name: str) -> list[str]:
    """Return a list of names that stands in one attribute, or in numbered parts of it."""
    if name in node.attributes:
        return _texts(attribute(node, name))
    found: list[str] = []
    for part in range(_MOST_PARTS):
        if f"{name}{part}" not in node.attributes:
            break
        found += _texts(attribute(node, f"{name}{part}"))
    return found


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
