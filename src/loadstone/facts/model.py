"""What a model file is found to be: `ModelFile` and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loadstone.errors import LoadstoneError
from loadstone.facts.tensor import Tensors, TensorSpec

FileState = Literal["present", "missing", "truncated", "lfs-pointer", "oversized", "unreadable"]


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file that belongs to the model.

    `path` is relative to the model's folder, with `/`. `size` is what lies there in bytes (None when missing).
    `expected` is the size that other files imply, None where nothing does.
    """

    path: str
    role: str
    size: int | None
    expected: int | None = None
    state: FileState = "present"

    @property
    def bytes_short(self) -> int | None:
        """How many bytes are lacking; None where it cannot be known, 0 where nothing lacks."""
        if self.expected is None:
            return None if self.state != "present" else 0
        return max(0, self.expected - (self.size or 0)) if self.state != "lfs-pointer" else self.expected


@dataclass(frozen=True, slots=True)
class Signature:
    """A callable entry point of a SavedModel, TF Hub module or TFLite model."""

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    method: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerFact:
    """One layer of a Keras model, as its configuration states it; nested models have `inner` layers."""

    name: str
    class_name: str
    module: str = ""
    registered_name: str = ""
    custom: bool = False
    inner: tuple[LayerFact, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectorFacts:
    """What is known of a detector. A field is None where the file does not establish it.

    `meta_architecture`: `ssd`, `faster_rcnn`, `mask_rcnn`, `rfcn`, `center_net`, `context_rcnn`, ...
    `feature_extractor`: the Object Detection API's type (`ssd_mobilenet_v2_fpn_keras`) or the nearest field name.
    `num_classes`: classes without background. `input_size`: (height, width) in pixels.
    """

    meta_architecture: str | None = None
    feature_extractor: str | None = None
    num_classes: int | None = None
    input_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Everything that reading a source established. Nothing here is a judgement.

    `format` is one of the names in docs/inspect-json.md. `complete` is False when a file is missing or short.
    `producer` maps `tensorflow`, `keras`, `graphdef_producer`, `graphdef_date`, ... to what the file records.
    `labels` maps the model's own class id to its name. `custom` names layers and operations that stock
    runtimes do not know. `details` holds format-specific facts as plain JSON values.
    `parts` are models found inside this one (an archive's member, a folder's second format).
    `failure` is why a part of a folder could not be read; a source of its own raises it.
    """

    source: str
    format: str
    complete: bool = True
    files: tuple[FileFact, ...] = ()
    producer: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    tensors: Tensors = field(default_factory=Tensors)
    signatures: tuple[Signature, ...] = ()
    layers: tuple[LayerFact, ...] = ()
    ops: Mapping[str, int] = field(default_factory=dict)
    custom: tuple[str, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    detector: DetectorFacts | None = None
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[ModelFile, ...] = ()
    failure: LoadstoneError | None = None

    @property
    def parameters(self) -> int:
        """Number of trained values: elements of the tensors whose role is `weight`."""
        return self.tensors.parameters

    def __str__(self) -> str:
        from loadstone.report.inspect_text import inspect_text

        return inspect_text(self)

    def _repr_html_(self) -> str:
        """Show the report of `loadstone inspect` in a notebook; every word of the file is escaped."""
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
