"""The Python interface: `inspect`, `load`, `restore`, `get`. Everything here is re-exported by `loadstone` itself.

`load` opens a model for running and gives a `Model`; `inspect` only looks. Both take what the command line takes:
a path, a name of the catalogue, or an address, which is fetched and verified first.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loadstone.api.model import AnyDetector, Image, Model
    from loadstone.facts import ModelFile
    from loadstone.facts.filling import WeightReport
    from loadstone.runtime.keras.keras_detector import KerasDetector
    from loadstone.runtime.rebuilt import Rebuilt
    from loadstone.runtime.source_names import Rename
    from loadstone.runtime.wish import Wish

__all__ = ["Backend", "Image", "Model", "inspect", "load", "restore"]

Backend: TypeAlias = Literal["openvino", "keras", "tensorflow", "jax", "torch"]
"""What runs a detector: OpenVINO, or Keras on the backend that it has here or on one by name."""


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
    precision: str = "float32",
    streams: int = 1,
    labels: Mapping[int, str] | Sequence[str] | None = None,
    isolated: bool | str | os.PathLike[str] = False,
    custom: str | os.PathLike[str] = "",
    trust: bool = False,
) -> Model:
    """Open a detector or classifier to run it, without TensorFlow; the second time it comes from the cache.

    `config` is a `pipeline.config` that describes a checkpoint, SavedModel, frozen graph or file of weights, where none
    lies beside it or another is meant. `num_classes` other than the file's keeps every variable but those whose shape
    depends on it; `Model.report` says which were initialised anew.
    `backend`: `openvino` (the default), or `keras`, which runs `Model.keras` on the backend that Keras has here;
    `tensorflow`, `jax` and `torch` have Keras run on that one, which it takes once in a process.
    For OpenVINO alone: `device` is a device that it knows (`CPU`, `GPU`, `AUTO`); `precision`: `float32`, `float16`
    (weights as halves) or `int8` (convolutions in 8 bits); `streams` is how many pictures run side by side.
    `labels` replaces the names found with the model:
    class id → name, or a list of names whose first is the first class (id 1 for TensorFlow's detectors, else 0).
    `isolated` runs the model with the TensorFlow that it is of, in an environment of its own beside this Python, which
    is made the first time (a path names one that is here); `custom` is your own module with the classes that it needs,
    imported there alone; `trust` lets a file run that carries Python code.
    Raises `UnsupportedModelError` naming the operation, layer or field that nothing here can run, `FormatError` for
    broken files, `SourceError` where there is no such file, `EnvironmentLacksError` where OpenVINO or Keras is not
    installed, and `LoadstoneError` with every variable named where weights and configuration do not belong together.
    """
    from loadstone.api.model import Model
    from loadstone.runtime.wish import refuse_unused, wish_of
    from loadstone.whereabouts import whereabouts

    path = whereabouts(source, to_run=True)
    wish = wish_of(config, num_classes)
    how: dict[str, Any] = {"device": device, "precision": precision, "streams": streams}
    detector: AnyDetector
    rebuilt = None
    if isolated or custom:
        refuse_unused("a model in an environment of its own", **how)
        from loadstone.runtime.isolated.detector import open_isolated

        there = "" if isinstance(isolated, bool) else os.fspath(isolated)
        detector = open_isolated(path, custom=os.fspath(custom), trust=trust, python=there)
    elif (chosen := _backend(backend)) != "openvino":
        refuse_unused("the Keras backend", **how)
        rebuilt, detector = _on_keras(path, wish, chosen)
    else:
        from loadstone.runtime import open_detector

        detector = open_detector(path, **how, config=wish.config, num_classes=wish.num_classes)
    named = {} if labels is None else named_by(labels, detector)
    if labels is not None:
        detector.labels = named
    return Model(detector, os.fspath(source), path=path, wish=wish, rebuilt=rebuilt, named=named)


def restore(
    keras_model: Any,
    source: str | os.PathLike[str],
    rename: Rename | None = None,
    only: str | Iterable[str] | None = None,
    strict: bool = True,
) -> WeightReport:
    """Fill any Keras model from a checkpoint or another container of weights, by name and shape; return the account.

    A variable is found by a name that `rename` gave, by its layer's name, by its path through the checkpoint's object
    graph or Keras's own file, by its own name, and last by a shape that nothing else has and a fitting last name;
    `WeightReport.how` says which. What several tensors could fill is refused, with their names.
    `rename`: name in the file → name in the model (`WeightReport` shows both): a mapping of names or scopes, a list
    of (regex, replacement), or a function, whose None leaves a tensor out. `only`: patterns (`backbone/*`) of the
    model's variables to fill; the others are left as they are. With `strict`, a variable that cannot be filled raises
    `LoadstoneError` with the whole report, and nothing is assigned; without, what fits is.
    Raises `UnsupportedModelError` for a model without weights, `SourceError`, `FormatError` as `inspect`.
    """
    from loadstone.runtime.restore import restore_from
    from loadstone.whereabouts import whereabouts

    path = whereabouts(source, to_run=True)
    return restore_from(keras_model, path, rename=rename, only=only, strict=strict)


def _on_keras(path: str, wish: Wish, backend: str) -> tuple[Rebuilt, KerasDetector]:
    """Open a detector on Keras: on the backend that it has here (`keras`), or on one by name."""
    from loadstone.runtime.keras.keras_detector import KerasDetector
    from loadstone.runtime.keras.keras_here import keras_on
    from loadstone.runtime.rebuilt import rebuild_source

    if backend != "keras":
        keras_on(backend)
    rebuilt = rebuild_source(path, wish)
    return rebuilt, KerasDetector(rebuilt)


def _backend(name: str | None) -> str:
    names = get_args(Backend)
    if name is None or name in names:
        return name or "openvino"
    from loadstone.errors import SourceError

    raise SourceError("there is no such backend", expected=", ".join(names), found=str(name))


def named_by(labels: Mapping[int, str] | Sequence[str], detector: AnyDetector) -> Mapping[int, str]:
    """Return class id → name, of `labels` as `load` takes them."""
    from collections.abc import Mapping as AnyMapping

    if isinstance(labels, AnyMapping):
        return dict(labels)
    return dict(enumerate(labels, detector.first_class_id))
