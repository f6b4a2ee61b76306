"""Names for the files that a written dataset consists of: from keys, safe on any system, each once.

Formats pair a picture with its annotation by the name without ending, so that this part is what is unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from loadstone.datasets.class_list import LISTS
from loadstone.datasets.pictures import is_picture

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\s]+')
_LONGEST = 100
_RESERVED = {name.rpartition(".")[0] for name in LISTS}


def stems(keys: Iterable[str]) -> Iterator[str]:
    """Yield a name without ending for each key: its last part, with the folder before it where that is taken."""
    taken: set[str] = set(_RESERVED)
    for key in keys:
        parts = [part for part in key.split("/") if part]
        last = parts.pop() if parts else "picture"
        stem = _safe(last.rpartition(".")[0] if is_picture(last) else last)
        if stem.lower() in taken and parts:
            stem = _safe(f"{parts[-1]}_{stem}")
        plain, number = stem, 1
        while stem.lower() in taken:
            number += 1
            stem = f"{plain}-{number}"
        taken.add(stem.lower())
        yield stem


def _safe(name: str) -> str:
    """Return a name without what some system refuses in one, and not hidden."""
    plain = _UNSAFE.sub("_", name.encode("utf-8", "replace").decode("utf-8"))[:_LONGEST].strip("._ ")
    return plain or "picture"
