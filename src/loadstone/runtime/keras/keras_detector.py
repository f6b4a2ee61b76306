"""A rebuilt detector on Keras: the Keras model computes, what is around it is NumPy.

What it is: the slower, plainer twin of `Detector`: the same preprocessing and readings, on whatever backend Keras has.
What it is not: prepared or cached; the weights are read each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.detectors.preprocess import preprocess
from loadstone.runtime.detector import checked_picture
from loadstone.runtime.families.faster_rcnn_boxes import sampled
from loadstone.runtime.heads import reader_of
from loadstone.runtime.keras.keras_here import keras_here
from loadstone.runtime.keras.keras_openvino import openvino_outputs

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.runtime.manifest import Task
    from loadstone.runtime.raw import RawDetections
    from loadstone.runtime.readings import Infer
    from loadstone.runtime.rebuilt import Rebuilt

    Array = npt.NDArray[Any]


def keras_model_of(rebuilt: Rebuilt) -> Any:
    """Return the detector's Keras model, filled; `EnvironmentLacksError` where Keras is not installed."""
    keras_here()
    from loadstone.detectors.keras_model import build, fill

    blueprint = rebuilt.blueprint
    if isinstance(blueprint, FasterRcnnBlueprint):
        from loadstone.detectors.two_stages import build_two_stages, fill_two_stages

        model = build_two_stages(blueprint)
        fill_two_stages(model, blueprint, rebuilt.values)
        return model
    model = build(blueprint.network)
    fill(model, blueprint.network, rebuilt.values)
    return model


class KerasStages:
    """See `heads.Stages`. A two-stage detector's model has its stages as attributes (`first_stage`, …)."""

    def __init__(self, rebuilt: Rebuilt, model: Any) -> None:
        self._blueprint = rebuilt.blueprint
        self._model = model

    def first(self, picture: Array) -> Mapping[str, Array]:
        """Return the first network's outputs."""
        own = self._blueprint
        given = preprocess(picture, own.resizer, own.normalisation).image[None]
        return _arrays(getattr(self._model, "first_stage", self._model), np.ascontiguousarray(given))

    @property
    def later(self) -> Sequence[Infer]:
        """The second and the third stage."""
        if not isinstance(self._blueprint, FasterRcnnBlueprint):
            return []
        stages = [self._second]
        return [*stages, self._third] if self._blueprint.third_stage is not None else stages

    def _second(self, features: Array, regions: Array, inside: Array) -> Sequence[Array]:
        crops = sampled(features[0], regions, inside, self._blueprint.crops)  # type: ignore[union-attr]
        found = _arrays(self._model.second_stage, crops)
        names = ("box_encodings", "class_predictions_with_background", "features")
        return [found[name] for name in names if name in found]

    def _third(self, features: Array) -> Sequence[Array]:
        return list(_arrays(self._model.third_stage, features).values())


def _arrays(model: Any, given: Array) -> dict[str, Array]:
    """Run a model that gives a dict of outputs."""
    if keras_here().backend.backend() == "openvino":
        return openvino_outputs(model, given)
    return {name: np.asarray(array) for name, array in model.predict_on_batch(given).items()}


class KerasDetector:
    """A rebuilt detector that runs on Keras. One thread at a time; the attributes are those of `Detector`."""

    def __init__(self, rebuilt: Rebuilt) -> None:
        self.model = keras_model_of(rebuilt)
        self.labels: Mapping[int, str] = rebuilt.labels
        self.task: Task = "detection"
        self.input_size = rebuilt.blueprint.resizer.output
        self.preprocessing = str(rebuilt.blueprint.normalisation)
        self.notes = rebuilt.notes
        self.source_format = rebuilt.source_format
        self.first_class_id = 1
        self._stages = KerasStages(rebuilt, self.model)
        self._read = reader_of(rebuilt.blueprint, self._stages, rebuilt.labels)

    def __repr__(self) -> str:
        return f"<KerasDetector {self.model.name}, {len(self.labels)} labels, from {self.source_format}>"

    def run(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> list[RawDetections]:
        """Run each picture, uint8 RGB (height, width, 3) of any size; raises `SourceError` for another array."""
        return [self._read(checked_picture(picture)) for picture in pictures]

    def outputs(self, picture: npt.NDArray[np.uint8]) -> list[Array]:
        """Return the first network's outputs for one picture, unread."""
        return list(self._stages.first(checked_picture(picture)).values())
