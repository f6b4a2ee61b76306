"""`IsolatedDetector`: what `Detector` is, run by the worker in an environment of the model's own.

What it is: the picture's way to the model's input, and the reading of its outputs, in this process; the model itself
runs in the other. What it is not: fast. Each picture's pixels cross a pipe, and TensorFlow takes seconds to start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import RefusedError, UnsupportedModelError
from loadstone.runtime.detector import checked_picture
from loadstone.runtime.endings import MASKS
from loadstone.runtime.found_labels import counted_from, found_labels
from loadstone.runtime.isolated.client import Worker
from loadstone.runtime.pictures.picture_input import AS_IS, UNIT, Scaling
from loadstone.runtime.readings import reading

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile
    from loadstone.runtime.manifest import Task
    from loadstone.runtime.raw import Raw

    Array = npt.NDArray[Any]

KINDS = {"savedmodel": "savedmodel", "frozen-graph": "frozen", "keras-zip": "keras", "keras-h5": "keras"}
"""Format -> what the worker calls it; a folder's best part comes first in this order."""
DETECTIONS = ("detection_boxes", "detection_scores", "detection_classes")
PICTURE_TYPES = ("uint8", "float32", "float16", "int32")
RUNS_CODE = "holds code"
"""What the reader's notes say of a layer that carries Python of its own."""


def part_to_open(model: ModelFile) -> ModelFile:
    """Return the part of a source that a worker can open; `UnsupportedModelError` where there is none."""
    parts = [one for one in (model, *model.parts) if one.format in KINDS]
    if not parts:
        raise UnsupportedModelError(
            f"a {model.format} is not what TensorFlow's own loaders open",
            where=model.source,
            expected="a SavedModel, a frozen graph, or a Keras model",
            found=model.format,
        )
    return min(parts, key=lambda one: list(KINDS).index(one.format))


def refuse_code(model: ModelFile) -> None:
    """Raise `RefusedError` for a model that carries Python code, which its loader would run."""
    told = [note for note in model.notes if RUNS_CODE in note]
    if told:
        raise RefusedError(
            "opening this model would run code that stands in the file",
            where=model.source,
            found=told[0],
            help=f"look at it first: loadstone inspect {quote(model.source)}; if you trust it: --trust, or trust=True",
        )


class IsolatedDetector:
    """A model opened in another environment. `versions` says which TensorFlow, Keras and Python opened it.

    `labels`, `task`, `input_size`, `notes` and `run` are those of `Detector`; `predict` takes arrays for models that
    do not take a picture. `close` ends the other process; it ends with this one too.
    """

    def __init__(self, model: ModelFile, worker: Worker, *, custom: str = "") -> None:
        self._worker = worker
        self._model = model
        old = model.producer.get("tensorflow", "").startswith("1.")
        first = model.producer.get("keras", "").startswith("1.")
        opened = worker.open(model.source, KINDS[model.format], module=custom, session=old, keras1=first)
        self.versions: Mapping[str, str] = {name: opened[name] for name in ("tensorflow", "keras", "python")}
        self.inputs: Sequence[Mapping[str, Any]] = opened["inputs"]
        self.output_facts: Sequence[Mapping[str, Any]] = opened["outputs"]
        self.source_format = model.format
        self.task: Task = _task(self.output_facts)
        names = found_labels(model)
        self.labels: Mapping[int, str] = counted_from(0, names) if self.task == "classification" else dict(names)
        self._scaling, self.notes = self._pixels()
        self.input_size = self._size()

    def __repr__(self) -> str:
        size = "any size" if self.input_size is None else "{}×{}".format(*self.input_size)
        return f"<IsolatedDetector {self.task}, {size}, TensorFlow {self.versions['tensorflow']}>"

    @property
    def first_class_id(self) -> int:
        """The id of the first class in a plain list of names."""
        return 1 if self.task == "detection" else 0

    def close(self) -> None:
        """End the other process."""
        self._worker.close()

    def predict(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Run the model on arrays: input name -> array in, output name -> array out; `inputs` says what it takes."""
        return self._worker.run(arrays)

    def outputs(self, picture: npt.NDArray[np.uint8]) -> list[Array]:
        """Return the model's own outputs for one picture, sorted by name, unread."""
        found = self.named_outputs(picture)
        return [found[name] for name in sorted(found)]

    def named_outputs(self, picture: npt.NDArray[np.uint8]) -> dict[str, Array]:
        """Return output name -> array for one picture, uint8 (height, width, 3) RGB."""
        checked_picture(picture)
        given = self._input(picture)
        return self._worker.run({self.inputs[0]["name"]: given})

    def run(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> list[Raw]:
        """Run each picture: uint8 RGB `(H, W, 3)`, of any size. One result a picture, in order."""
        return [self._read(picture) for picture in pictures]

    def _read(self, picture: npt.NDArray[np.uint8]) -> Raw:
        found = self.named_outputs(picture)
        names = sorted(found)
        values = [found[name] for name in names]
        if self.task == "detection":
            places = {
                "boxes": DETECTIONS[0],
                "scores": DETECTIONS[1],
                "classes": DETECTIONS[2],
                "count": "num_detections",
                "masks": MASKS,
            }
            options: dict[str, Any] = {key: names.index(name) for key, name in places.items() if name in names}
            return reading("detection-outputs", options, {})(values, *picture.shape[:2])
        if self.task == "classification":
            total = float(values[0].sum())
            logits = values[0].min() < 0 or (values[0].size > 1 and abs(total - 1) > 0.01)
            return reading("classes", {"logits": bool(logits)}, {})(values, *picture.shape[:2])
        return reading("tensors", {"names": names}, {})(values, *picture.shape[:2])

    def _picture_shape(self) -> tuple[int | None, ...]:
        """Return the input's four sides; `UnsupportedModelError` where it is not one picture."""
        shape = self.inputs[0]["shape"] if len(self.inputs) == 1 else None
        if len(self.inputs) != 1 or self.inputs[0]["dtype"] not in PICTURE_TYPES or (shape and len(shape) != 4):
            told = ", ".join(f"`{one['name']}` {one['dtype']} {one['shape']}" for one in self.inputs[:4])
            raise UnsupportedModelError(
                "the model does not take one picture",
                where=self._model.source,
                expected="one input of four axes; predict() takes arrays of any kind",
                found=told or "no inputs",
            )
        return tuple(shape) if shape else (None, None, None, 3)

    def _size(self) -> tuple[int, int] | None:
        try:
            sides = self._picture_shape()
        except UnsupportedModelError:
            return None
        height, width = sides[2:] if _channels_first(sides) else sides[1:3]
        return (height, width) if height and width else None

    def _pixels(self) -> tuple[Scaling, tuple[str, ...]]:
        """Return how pixels are scaled, with a sentence where it was assumed."""
        try:
            self._picture_shape()
        except UnsupportedModelError:
            return AS_IS, ()
        if self.inputs[0]["dtype"] not in ("float32", "float16") or self.task == "detection":
            return AS_IS, ()
        if self._model.format in ("keras-h5", "keras-zip"):
            from loadstone.runtime.keras.keras_scaling import scaling_of

            return scaling_of(_keras_config(self._model), Path(self._model.source), self.labels)
        return UNIT, ("the file does not say how its pixels are scaled; [0, 1] was assumed",)

    def _input(self, picture: npt.NDArray[np.uint8]) -> Array:
        """Return the picture as the model takes it: (1, H, W, C) or (1, C, H, W) of its dtype and size."""
        sides = self._picture_shape()
        first = _channels_first(sides)
        channels = sides[1] if first else sides[3]
        values: Array = picture
        if self.input_size is not None:
            values = resized(picture, *self.input_size)
        if channels == 1:
            values = values @ np.array([0.299, 0.587, 0.114], np.float32)
            values = values[..., None]
        elif self._scaling.color == "BGR":
            values = values[..., ::-1]
        kind = np.dtype(self.inputs[0]["dtype"])
        if kind.kind == "f":
            mean, scale = (np.array(numbers, np.float32) for numbers in (self._scaling.mean, self._scaling.scale))
            values = (values - mean) / scale
        else:
            values = np.rint(values)
        if first:
            values = np.moveaxis(values, -1, 0)
        return np.ascontiguousarray(values[None], kind)


def _keras_config(model: ModelFile) -> Any:
    from loadstone.formats.keras.keras_attributes import text_attribute
    from loadstone.formats.keras.keras_facts import parse_config
    from loadstone.formats.keras_zip import CONFIG, open_archive
    from loadstone.formats.registry import locate
    from loadstone.wire.hdf5 import Hdf5File

    candidate = locate(model.source)
    if model.format == "keras-zip":
        return parse_config(open_archive(candidate).text(CONFIG), CONFIG)[0]
    root = Hdf5File(candidate.tree.view(candidate.name)).root
    return parse_config(text_attribute(root, "model_config") or "", "model_config")[0]


def _channels_first(sides: Sequence[int | None]) -> bool:
    return sides[1] in (1, 3) and sides[3] not in (1, 3)


def _task(outputs: Sequence[Mapping[str, Any]]) -> Task:
    names = {one["name"] for one in outputs}
    if names.issuperset(DETECTIONS):
        return "detection"
    shape = outputs[0]["shape"] if len(outputs) == 1 else None
    return "classification" if shape and len(shape) == 2 and (shape[1] or 0) > 0 else "tensors"


def resized(picture: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.float32]:
    """Return float32 (height, width, 3): bilinear, pixel centres aligned, no smoothing, as TensorFlow does it."""
    rows, columns = _axis(picture.shape[0], height), _axis(picture.shape[1], width)
    values = picture.astype(np.float32)
    upper, lower = values[rows[0]], values[rows[1]]
    down = upper + (lower - upper) * rows[2][:, None, None]
    left, right = down[:, columns[0]], down[:, columns[1]]
    return np.asarray(left + (right - left) * columns[2][None, :, None], np.float32)


def _axis(inside: int, outside: int) -> tuple[Array, Array, Array]:
    """Return (lower neighbour, upper neighbour, fraction between) for each output index."""
    place = (np.arange(outside, dtype=np.float32) + 0.5) * (inside / outside) - 0.5
    place = np.clip(place, 0, inside - 1)
    low = np.floor(place).astype(np.intp)
    return low, np.minimum(low + 1, inside - 1), (place - low).astype(np.float32)


def open_isolated(
    source: str, *, custom: str = "", trust: bool = False, tensorflow: str = "", python: str = "", say: Any = None
) -> IsolatedDetector:
    """Open a model in an environment that suits it, which is made (and kept) where it is not here yet.

    `custom` is a file or module of the user's own with the classes that the model needs; it is imported there.
    `trust` lets a model run that carries Python code. `tensorflow` and `python` demand releases; a `python` that is the
    path of an interpreter, or the folder of an environment, is taken as it is. Raises what `resolve`, `ensure` and the
    worker raise.
    """
    from loadstone.formats.registry import open_source

    model = part_to_open(open_source(source))
    if not trust:
        refuse_code(model)
    variables: Mapping[str, str] = {}
    if os.path.sep in python or os.path.exists(python):
        from loadstone.environment.other import interpreter as interpreter_of

        interpreter = interpreter_of(python)
    else:
        from loadstone.environment.pythons import pythons
        from loadstone.environment.resolve import resolve
        from loadstone.runtime.isolated.create import ensure, python_of

        resolution = resolve(model, pythons(), tensorflow=tensorflow, python=python)
        variables = resolution.variables or {}
        interpreter = python_of(ensure(resolution, say or (lambda line: None)))
    worker = Worker(interpreter, variables=variables)
    try:
        return IsolatedDetector(model, worker, custom=os.path.abspath(custom) if os.path.isfile(custom) else custom)
    except BaseException:
        worker.close()
        raise
