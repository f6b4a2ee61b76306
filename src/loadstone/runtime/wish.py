"""What a caller asks of a detector besides its source: plain values that a request and a cache key can hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for besides the source: a `pipeline.config` to go by, another number of classes."""

    config: str | None = None
    num_classes: int | None = None

    def __bool__(self) -> bool:
        return self != AS_FOUND

    def as_json(self) -> dict[str, Any]:
        """Return the wish as plain JSON values, which `Wish(**…)` takes back."""
        return {"config": self.config, "num_classes": self.num_classes}


AS_FOUND = Wish()
"""Nothing asked for: the detector as its files describe it."""


def wish_of(config: str | os.PathLike[str] | None, num_classes: int | None) -> Wish:
    """Return the wish that a caller's arguments make; raises `SourceError` for a number that no detector has."""
    from loadstone.errors import SourceError

    counts = num_classes is None or (isinstance(num_classes, int) and not isinstance(num_classes, bool))
    if not counts or (num_classes is not None and num_classes not in CLASSES):
        raise SourceError(
            "num_classes is not a number of classes",
            expected=f"{CLASSES.start:,} to {CLASSES.stop - 1:,}",
            found=repr(num_classes),
        )
    if config is not None and not os.path.isfile(config):
        raise SourceError("there is no such configuration", where=os.fspath(config), expected="a pipeline.config")
    return Wish(None if config is None else os.path.abspath(config), num_classes)


def refuse_unused(engine: str, *, device: str, precision: str, streams: int) -> None:
    """Raise `SourceError` for what only OpenVINO does, asked of another engine, which would pass over it."""
    from loadstone.errors import SourceError

    asked = {"device": (device, "CPU"), "precision": (precision, "float32"), "streams": (streams, 1)}
    given = [f"{name} {value}" for name, (value, usual) in asked.items() if value != usual]
    if given:
        raise SourceError(
            f"{engine} has no such setting",
            expected="device, precision and streams for OpenVINO alone",
            found=", ".join(given),
            help=f"leave {' and '.join(one.partition(' ')[0] for one in given)} out",
        )


CLASSES = range(1, 100_001)
"""What `num_classes` may be, as in `blueprint/fields.py`."""
