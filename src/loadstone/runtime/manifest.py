"""The small record beside a compiled network: what goes in, and how to read what comes out.

It is plain JSON, written and read by Loadstone alone. What it is not: the network, or any array of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loadstone.errors import FormatError

Task = Literal["detection", "classification", "tensors"]
"""What `Detector.run` returns: `RawDetections`, `RawClassification`, or `RawTensors`."""

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """One prepared network.

    `reading` names the way to read the outputs (`loadstone.runtime.readings`), `options` are its parameters.
    `input_size` is (height, width) of the network itself, None where it takes pictures of any size.
    `preprocessing` says in one line what the network does to the picture. `warm_up` is set where the first inference
    of a freshly compiled network cannot be trusted. `labels` maps the model's class ids to names.
    """

    source_format: str
    task: Task
    reading: str
    options: Mapping[str, Any] = field(default_factory=dict)
    input_size: tuple[int, int] | None = None
    preprocessing: str = ""
    labels: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warm_up: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values."""
        return {
            "schema": SCHEMA,
            "source_format": self.source_format,
            "task": self.task,
            "reading": self.reading,
            "options": dict(self.options),
            "input_size": list(self.input_size) if self.input_size else None,
            "preprocessing": self.preprocessing,
            "labels": [[class_id, name] for class_id, name in self.labels.items()],
            "notes": list(self.notes),
            "warm_up": self.warm_up,
        }

    @classmethod
    def from_json(cls, value: Any) -> Manifest:
        """Read a manifest back; `FormatError` where it is not one of this version."""
        try:
            if value["schema"] != SCHEMA:
                raise FormatError(
                    "the manifest is of another version", expected=str(SCHEMA), found=str(value["schema"])
                )
            size = value["input_size"]
            return cls(
                source_format=value["source_format"],
                task=value["task"],
                reading=value["reading"],
                options=value["options"],
                input_size=(int(size[0]), int(size[1])) if size else None,
                preprocessing=value["preprocessing"],
                labels={int(class_id): str(name) for class_id, name in value["labels"]},
                notes=tuple(value["notes"]),
                warm_up=bool(value["warm_up"]),
            )
        except (TypeError, KeyError, IndexError, ValueError) as error:
            raise FormatError(f"the manifest lacks a field or has a wrong one: {error}") from error
