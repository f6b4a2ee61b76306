"""`Detector`: pictures in, boxes or classes out.

What it is not: a loader of pictures, a filter, or a drawer. It holds one prepared network and one way to read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError
from loadstone.runtime.engine import Network, Prepared
from loadstone.runtime.readings import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from loadstone.runtime.manifest import Task
    from loadstone.runtime.raw import Raw

WARM_UP_SIDE = 64
"""Pixels of the black square that a network of any input size is warmed up with."""


class Detector:
    """A model that is ready to run. One thread at a time.

    `labels` maps the model's own class ids to names; it is empty where no file said any.
    `task` says what `run` returns; `input_size` is (height, width) of the network, None where it takes any size.
    `notes` are sentences about what was assumed where the file leaves it open. `streams` is how many pictures of one
    `run` are computed side by side, `device` OpenVINO's device that computes them.
    """

    def __init__(
        self, prepared: Prepared, device: str = "CPU", labels: Mapping[int, str] | None = None, *, streams: int = 1
    ) -> None:
        manifest = prepared.manifest
        self.labels: Mapping[int, str] = manifest.labels if labels is None else dict(labels)
        self.task: Task = manifest.task
        self.input_size = manifest.input_size
        self.preprocessing = manifest.preprocessing
        self.notes = manifest.notes
        self.source_format = manifest.source_format
        self.streams = streams
        self.device = device
        self._network = Network(prepared.network, device, streams)
        later = [Network(exported, device).infer for exported in prepared.later]
        self._reading = reading(manifest.reading, manifest.options, prepared.arrays, later)
        if manifest.warm_up:
            self._warm_up()

    def __repr__(self) -> str:
        size = "any size" if self.input_size is None else "{}×{}".format(*self.input_size)
        return f"<Detector {self.task}, {size}, {len(self.labels)} labels, from {self.source_format}>"

    @property
    def first_class_id(self) -> int:
        """The id of the first class in a plain list of names: TensorFlow's detectors keep 0 for the background."""
        return 1 if self.task == "detection" and self.source_format != "tflite" else 0

    def run(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> list[Raw]:
        """Run each picture: uint8 RGB `(H, W, 3)`, of any size. One result a picture, in order.

        Boxes come in pixels of the picture given. Raises `SourceError` for an array of another shape or dtype.
        """
        for picture in pictures:
            checked_picture(picture)
        if self.streams == 1 or len(pictures) < 2:
            return [self._read(self._network.infer(picture[None]), picture) for picture in pictures]
        every = self._network.infer_all([picture[None] for picture in pictures])
        return [self._read(outputs, picture) for outputs, picture in zip(every, pictures, strict=True)]

    def _read(self, outputs: Sequence[npt.NDArray[Any]], picture: npt.NDArray[np.uint8]) -> Raw:
        return self._reading(outputs, picture.shape[0], picture.shape[1])

    def _warm_up(self) -> None:
        """Run once and forget the result, where the first inference after compiling cannot be trusted."""
        import numpy as np

        height, width = self.input_size or (WARM_UP_SIDE, WARM_UP_SIDE)
        self._network.infer(np.zeros((1, height, width, 3), np.uint8))

    def outputs(self, picture: npt.NDArray[np.uint8]) -> list[npt.NDArray[Any]]:
        """Return copies of the network's own outputs for one picture, unread: what a comparison needs.

        Raises `SourceError` as `run`.
        """
        return [output.copy() for output in self._network.infer(checked_picture(picture)[None])]


def checked_picture(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the picture; `SourceError` where it is not uint8 RGB (height, width, 3) with a pixel at least."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype.name != "uint8" or not picture.size:
        raise SourceError(
            "a picture is not an RGB array", expected="uint8 (H, W, 3)", found=f"{picture.dtype} {picture.shape}"
        )
    return picture
