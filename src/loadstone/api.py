"""The Python interface: `inspect`, `load`, `restore`, `get`. Everything here is re-exported by `loadstone` itself.

`load` opens a model for running and gives a `Model`; `inspect` only looks. Both take what the command line takes:
a path, a name of the catalogue, or an address, which is fetched and verified first.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadstone.api_model import AnyDetector, Image, Model
    from loadstone.facts import ModelFile

__all__ = ["Backend", "Image", "Model", "inspect", "load"]

Backend: TypeAlias = Literal["openvino", "keras"]
"""What runs a detector."""


def inspect(source: str | os.PathLike[str]) -> ModelFile:
    """Return what a model file, folder, checkpoint prefix or archive is, without running or unpacking anything.

    The result's `tensors` is a lazy mapping from name to NumPy array. Raises `SourceError` where there is no such
    source and `FormatError` (with byte offset or field path) where the bytes break the format they claim.
    """
    from loadstone.formats.registry import open_source
    from loadstone.whereabouts import whereabouts

    return open_source(whereabouts(source))


def load(
    source: str | os.PathLike[str],
    config: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    backend: Backend | None = None,
    *,
    device: str = "CPU",
    labels: Mapping[int, str] | Sequence[str] | None = None,
) -> Model:
    """Open a detector or classifier to run it, without TensorFlow; the second time it comes from the cache.

    `config` is a `pipeline.config` that describes a checkpoint, SavedModel, frozen graph or file of weights, where none
    lies beside it or another is meant. `num_classes` other than the file's keeps every variable but those whose shape
    depends on it; `Model.report` says which were initialised anew.
    `backend`: `openvino` (the default), or `keras`, which runs `Model.keras` on the backend that Keras has here.
    `device` is a device that OpenVINO knows (`CPU`, `GPU`, `AUTO`). `labels` replaces the names found with the model:
    class id → name, or a list of names whose first is the first class (id 1 for TensorFlow's detectors, else 0).
    Raises `UnsupportedModelError` naming the operation, layer or field that nothing here can run, `FormatError` for
    broken files, `SourceError` where there is no such file, `EnvironmentLacksError` where OpenVINO or Keras is not
    installed, and `LoadstoneError` with every variable named where weights and configuration do not belong together.
    """
    from loadstone.api_model import Model
    from loadstone.runtime.wish import wish_of
    from loadstone.whereabouts import whereabouts

    path = whereabouts(source, to_run=True)
    wish = wish_of(config, num_classes)
    if _backend(backend) == "keras":
        from loadstone.runtime.keras_detector import KerasDetector
        from loadstone.runtime.rebuilt import rebuild_source

        rebuilt = rebuild_source(path, wish)
        detector: AnyDetector = KerasDetector(rebuilt)
        opened = Model(detector, os.fspath(source), path=path, wish=wish, rebuilt=rebuilt)
    else:
        from loadstone.runtime import open_detector

        detector = open_detector(path, device=device, config=wish.config, num_classes=wish.num_classes)
        opened = Model(detector, os.fspath(source), path=path, wish=wish)
    if labels is not None:
        detector.labels = _labels(labels, detector)
    return opened


def _backend(name: str | None) -> str:
    if name in (None, "openvino", "keras"):
        return name or "openvino"
    from loadstone.errors import SourceError

    raise SourceError("there is no such backend", expected="openvino or keras", found=str(name))


def _labels(labels: Mapping[int, str] | Sequence[str], detector: AnyDetector) -> Mapping[int, str]:
    from collections.abc import Mapping as AnyMapping

    if isinstance(labels, AnyMapping):
        return dict(labels)
    return dict(enumerate(labels, detector.first_class_id))
