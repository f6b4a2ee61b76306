"""`Model`: what `loadstone.load` gives: an opened detector or classifier."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import PIL.Image

    from loadstone.export.run import Exported
    from loadstone.facts.detections import Classification, Detections
    from loadstone.facts.filling import WeightReport
    from loadstone.runtime.detector import Detector
    from loadstone.runtime.heads import Stages
    from loadstone.runtime.isolated.detector import IsolatedDetector
    from loadstone.runtime.keras.keras_detector import KerasDetector
    from loadstone.runtime.rebuilt import Rebuilt
    from loadstone.runtime.wish import Wish

Image: TypeAlias = "str | os.PathLike[str] | npt.NDArray[np.uint8] | PIL.Image.Image"
"""A picture: a path or URL, an array uint8 (height, width, 3) in RGB order, or a Pillow image."""

AnyDetector: TypeAlias = "Detector | KerasDetector | IsolatedDetector"
"""A detector on any engine."""


class Model:
    """An opened model. `task` is `detection`, `classification` or `tensors`; `labels` maps class ids to names.

    `input_size` is the network's (height, width), None where it takes pictures of any size;
    `notes` are sentences about what was assumed where the file leaves it open.
    """

    def __init__(
        self,
        detector: AnyDetector | Callable[[], AnyDetector],
        source: str,
        *,
        path: str,
        wish: Wish,
        rebuilt: Rebuilt | None = None,
        named: Mapping[int, str] | None = None,
    ) -> None:
        self._opened = detector
        self.source = source
        self._path = path
        self._wish = wish
        self._known = rebuilt
        self._named = named or {}
        self._made: Any = None
        self._stages: Stages | None = None

    def __repr__(self) -> str:
        return f"<Model {self.source}: {self._detector!r}>"

    @property
    def _detector(self) -> AnyDetector:
        """The detector, opened when first asked for where it was given as a function: training needs none."""
        if callable(self._opened):
            self._opened = self._opened()
        return self._opened

    @_detector.setter
    def _detector(self, detector: AnyDetector) -> None:
        self._opened = detector

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
        from loadstone.runtime.pictures.picture_sources import given

        wanted = class_ids_of(map(str, classes), self.labels) if classes is not None else None
        rule, together = Rule(conf, iou, wanted, max_det), getattr(self._detector, "streams", 1)
        for outcome in detect(self._detector, given(images), rule=rule, batch=together):
            if isinstance(outcome, Outcome):
                yield outcome.found

    def predict(self, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Run an isolated model on arrays: input name → array in, output name → array out.

        For models that do not take one picture. Raises `UnsupportedModelError` where the model is not isolated.
        """
        run = getattr(self._detector, "predict", None)
        if run is None:
            from loadstone.errors import UnsupportedModelError

            raise UnsupportedModelError(
                "predict is for models in an environment of their own",
                where=self.source,
                help=f"loadstone.load({self.source!r}, isolated=True)",
            )
        found: dict[str, npt.NDArray[Any]] = run(arrays)
        return found

    @property
    def rebuilt(self) -> Rebuilt:
        """The detector's description with every variable's array, read from the source when first asked for.

        Raises `UnsupportedModelError` where the model is no detector that is rebuilt, but runs as the graph it is.
        """
        if self._known is None:
            from loadstone.runtime.rebuilt import rebuild_source

            self._known = rebuild_source(self._path, self._wish)
        if self._named and self._known.labels != self._named:
            from dataclasses import replace

            # Names that the caller gave go along with what is saved and exported.
            self._known = replace(self._known, labels=self._named)
        return self._known

    def summary(self) -> None:
        """Print a rebuilt or built detector's parts, maps with their strides and anchors, parameters, what is frozen.

        Raises as `rebuilt`.
        """
        from loadstone.runtime.summary import summary

        print(summary(self.rebuilt))

    @property
    def report(self) -> WeightReport:
        """Which tensor of the source filled which variable; raises as `rebuilt`."""
        return self.rebuilt.report

    @property
    def keras(self) -> Any:
        """The detector as a Keras 3 model with its weights, made when first asked for; the same object every time.

        It takes the preprocessed picture, float32 (batch, height, width, 3), and gives the head outputs as a dict.
        Raises as `rebuilt`, and `EnvironmentLacksError` where Keras is not installed.
        """
        if self._made is None:
            from loadstone.runtime.keras.keras_detector import KerasDetector, keras_model_of

            # A built detector is not opened for this: saving and training it need no engine.
            own = self._opened
            self._made = own.model if isinstance(own, KerasDetector) else keras_model_of(self.rebuilt)
        return self._made

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write `keras`, with the weights that it has now, as a `.keras` file; return its path.

        The file opens with `loadstone.load` as the same detector, and in Keras as `keras` (where `import loadstone`
        makes the layers known that stock Keras lacks). It is opened by both, and every weight compared, before it gets
        its name. Raises as `keras`, `SourceError` for a name that does not end in `.keras`, `RefusedError` where a file
        of another kind has it.
        """
        from loadstone.runtime.save_keras import save_keras

        return save_keras(self.rebuilt, self.keras, path)

    def predict_raw(self, images: Image | Iterable[Image]) -> dict[str, npt.NDArray[Any]]:
        """Return a rebuilt detector's head outputs before anything is read from them, float32, a row a picture (B).

        SSD and EfficientDet: `box_encodings` (B, N, 4) against the anchors and `class_predictions_with_background`
        (B, N, slots), logits. YOLO: `box_encodings` (B, N, 4) of each place, `objectness` (B, N, 1) and
        `class_predictions` (B, N, classes), logits. CenterNet, of its last stack: `object_center` (B, H, W, classes),
        logits, `box/scale` and `box/offset` (B, H, W, 2), and for keypoints `<task>/keypoint/heatmap`, `/regression`
        and `/offset`.
        Faster and Mask R-CNN: `rpn_box_encodings` (B, N, 4), `rpn_objectness_predictions_with_background` (B, N, 2),
        `proposal_boxes` (B, P, 4) yxyx in pixels of the network's input, of which `num_proposals` (B,) are real,
        `refined_box_encodings` (B, P, 1 or classes, 4), `class_predictions_with_background` (B, P, 1 + classes), and
        `mask_predictions` (B, detections, classes, height, width), logits of the final boxes. The names are the
        original's. Raises as `rebuilt`, and `SourceError` for a picture that cannot be had.
        """
        import numpy as np

        from loadstone.runtime.detector import checked_picture
        from loadstone.runtime.heads import raw_heads
        from loadstone.runtime.pictures.picture_sources import given

        stages, blueprint = self._heads(), self.rebuilt.blueprint
        found = [raw_heads(blueprint, stages, checked_picture(picture.pixels)) for picture in given(images)]
        return {name: np.concatenate([heads[name] for heads in found]) for name in (found[0] if found else ())}

    def _heads(self) -> Stages:
        if self._stages is None:
            from loadstone.runtime.keras.keras_detector import KerasDetector, KerasStages
            from loadstone.runtime.openvino.openvino_stages import OpenvinoStages

            device = getattr(self._detector, "device", "CPU")
            on_keras = isinstance(self._detector, KerasDetector)
            self._stages = KerasStages(self.rebuilt, self.keras) if on_keras else OpenvinoStages(self.rebuilt, device)
        return self._stages

    def raw(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[Any]]:
        """Return the network's own outputs for one picture, uint8 (height, width, 3) RGB, before they are read."""
        return self._detector.outputs(image)

    def export(self, target: str, path: str | os.PathLike[str]) -> Exported:
        """Write a rebuilt detector for another engine, read it again, compare, and return the report.

        `target` is `openvino`, `onnx`, `saved-model`, `tflite`, `frozen-graph` or `checkpoint` (with the
        `pipeline.config` that the original API restores it by); `path` is a new file or folder.
        Raises as `rebuilt`, `UnsupportedModelError` where the detector has no form in the target or comes out
        different, and `RefusedError` where something is there already; nothing is left there then.
        """
        from loadstone.export.run import export

        return export(self.rebuilt, target, path)


def _is_one(images: Any) -> bool:
    """Whether one picture was handed over, and not a list of them: paths, arrays and Pillow images are one."""
    return isinstance(images, str | os.PathLike) or hasattr(images, "__array_interface__")
