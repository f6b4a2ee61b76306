"""The Python interface: `inspect`, `load`, `get`. Everything here is re-exported by `loadstone` itself.

`load` opens a model for running and gives a `Model`; `inspect` only looks. Both take what the command line takes:
a path, a name of the catalogue, or an address, which is fetched and verified first.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import PIL.Image

    from loadstone.facts import ModelFile
    from loadstone.facts.detections import Classification, Detections
    from loadstone.runtime.detector import Detector

Image: TypeAlias = "str | os.PathLike[str] | npt.NDArray[np.uint8] | PIL.Image.Image"
"""A picture: a path or URL, an array uint8 (height, width, 3) in RGB order, or a Pillow image."""


def inspect(source: str | os.PathLike[str]) -> ModelFile:
    """Return what a model file, folder, checkpoint prefix or archive is, without running or unpacking anything.

    The result's `tensors` is a lazy mapping from name to NumPy array. Raises `SourceError` where there is no such
    source and `FormatError` (with byte offset or field path) where the bytes break the format they claim.
    """
    from loadstone.formats.registry import open_source
    from loadstone.whereabouts import whereabouts

    return open_source(whereabouts(source))


def load(
    source: str | os.PathLike[str], *, device: str = "CPU", labels: Mapping[int, str] | Sequence[str] | None = None
) -> Model:
    """Open a detector or classifier to run it, without TensorFlow; the second time it comes from the cache.

    `device` is a device that OpenVINO knows (`CPU`, `GPU`, `AUTO`). `labels` replaces the names found with the model:
    class id → name, or a list of names whose first is the first class (id 1 for TensorFlow's detectors, else 0).
    Raises `UnsupportedModelError` naming the operation or layer that nothing here can run, `FormatError` for broken
    files, `SourceError` where there is no such file, `EnvironmentLacksError` where OpenVINO or Keras is not installed.
    """
    from loadstone.runtime import open_detector
    from loadstone.whereabouts import whereabouts

    detector = open_detector(whereabouts(source, to_run=True), device=device)
    if labels is not None:
        detector.labels = _labels(labels, detector)
    return Model(detector, os.fspath(source))


def _labels(labels: Mapping[int, str] | Sequence[str], detector: Detector) -> Mapping[int, str]:
    from collections.abc import Mapping as AnyMapping

    if isinstance(labels, AnyMapping):
        return dict(labels)
    return dict(enumerate(labels, detector.first_class_id))


class Model:
    """An opened model. `task` is `detection`, `classification` or `tensors`; `labels` maps class ids to names.

    `input_size` is the network's (height, width), None where it takes pictures of any size;
    `notes` are sentences about what was assumed where the file leaves it open.
    """

    def __init__(self, detector: Detector, source: str) -> None:
        self._detector = detector
        self.source = source

    def __repr__(self) -> str:
        return f"<Model {self.source}: {self._detector!r}>"

    @property
    def task(self) -> str:
        """What `detect` gives: `detection` or `classification`; `tensors` if the outputs are neither."""
        return self._detector.task

    @property
    def labels(self) -> Mapping[int, str]:
        """Class id → name; empty where no file said any."""
        return self._detector.labels

    @property
    def input_size(self) -> tuple[int, int] | None:
        """(height, width) of the network in pixels, None where it takes any size."""
        return self._detector.input_size

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed where the file leaves it open, one sentence each."""
        return self._detector.notes

    def detect(
        self,
        images: Image | Iterable[Image],
        *,
        conf: float = 0.25,
        iou: float | None = None,
        classes: Iterable[int | str] | None = None,
        max_det: int = 300,
    ) -> Any:
        """Find objects (or classes) in one picture or in several.

        One picture gives one `Detections` (or `Classification`); a list or any other iterable gives a list of them, in
        order. Boxes are float32 (N, 4), xyxy in pixels of the original picture, EXIF orientation applied; `conf` and
        `iou` lie within 0..1; `classes` are ids or names; `max_det` is per picture. Raises `SourceError` for a picture
        that cannot be had and `UnsupportedModelError` where the outputs are neither boxes nor class probabilities.
        """
        found = list(self._each(images, conf=conf, iou=iou, classes=classes, max_det=max_det))
        return found[0] if _is_one(images) and len(found) == 1 else found

    def _each(
        self,
        images: Any,
        *,
        conf: float,
        iou: float | None,
        classes: Iterable[int | str] | None,
        max_det: int,
    ) -> Iterator[Detections | Classification]:
        from loadstone.runtime.detecting import Outcome, detect
        from loadstone.runtime.filters import Rule, class_ids_of
        from loadstone.runtime.picture_sources import given

        wanted = class_ids_of(map(str, classes), self.labels) if classes is not None else None
        for outcome in detect(self._detector, given(images), rule=Rule(conf, iou, wanted, max_det)):
            if isinstance(outcome, Outcome):
                yield outcome.found

    def raw(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[Any]]:
        """Return the network's own outputs for one picture, uint8 (height, width, 3) RGB, before they are read."""
        return self._detector.outputs(image)


def _is_one(images: Any) -> bool:
    """Whether one picture was handed over, and not a list of them: paths, arrays and Pillow images are one."""
    return isinstance(images, str | os.PathLike) or hasattr(images, "__array_interface__")
