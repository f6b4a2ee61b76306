"""Exact versions that work together: everything that a TensorFlow feature release needs, by Python.

Made by tools/compat_pins.py with a resolver, for x86-64 Linux.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadstone.environment.tables import table
from loadstone.environment.versions import minor_of, order

if TYPE_CHECKING:
    from collections.abc import Mapping


def pinned_release(tensorflow: str) -> str:
    """Return the patch release that the table has pins for, `2.15.1` for `2.15`; empty for a release that it lacks."""
    return next((version for version in table("pins") if minor_of(version) == minor_of(tensorflow)), "")


def pinned_pythons(tensorflow: str) -> tuple[str, ...]:
    """Return the Pythons that a feature release is pinned for, newest first."""
    return tuple(sorted(table("pins").get(pinned_release(tensorflow), {}), key=order, reverse=True))


def pins(tensorflow: str, python: str) -> Mapping[str, str] | None:
    """Return package → exact version, TensorFlow included; None where this release has no pins for this Python."""
    release = pinned_release(tensorflow)
    rows: Mapping[str, Mapping[str, str]] = table("pins").get(release, {})
    if minor_of(python) not in rows:
        return None
    newest = rows[pinned_pythons(tensorflow)[0]]
    merged = {**newest, **rows[minor_of(python)], "tensorflow": release}
    return {name: version for name, version in sorted(merged.items()) if version}
