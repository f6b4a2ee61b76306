"""A rebuilt detector's networks on OpenVINO, ending in the heads themselves: what `predict_raw` runs.

What it is not: prepared or cached; it is compiled when first asked for, in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.runtime.engine import SETTINGS, openvino
from loadstone.runtime.openvino.openvino_network import attach
from loadstone.runtime.pictures.picture_front import picture_front

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.runtime.readings import Infer
    from loadstone.runtime.rebuilt import Rebuilt

    Array = npt.NDArray[Any]


class OpenvinoStages:
    """See `heads.Stages`."""

    def __init__(self, rebuilt: Rebuilt, device: str = "CPU") -> None:
        blueprint = rebuilt.blueprint
        openvino()
        if isinstance(blueprint, FasterRcnnBlueprint):
            from loadstone.runtime.families.faster_rcnn_plan import networks_of

            first, *later = networks_of(blueprint, rebuilt.values)
        else:
            first, later = _heads(rebuilt), []
        self._names = [next(iter(port.get_names())) for port in first.outputs]
        self._first, *self._later = (Compiled(model, device) for model in (first, *later))

    def first(self, picture: Array) -> Mapping[str, Array]:
        """Return the first network's outputs."""
        return dict(zip(self._names, self._first(picture[None]), strict=True))

    @property
    def later(self) -> Sequence[Infer]:
        """The second and the third stage."""
        return self._later


class Compiled:
    """A network that was compiled here, as a function of its inputs."""

    def __init__(self, model: Any, device: str) -> None:
        self._compiled = openvino().Core().compile_model(model, device, SETTINGS)

    def __call__(self, *inputs: Array) -> list[Array]:
        """Return copies of the outputs."""
        found = self._compiled(inputs)
        return [np.array(found[number]) for number in range(len(self._compiled.outputs))]


def _heads(rebuilt: Rebuilt) -> Any:
    """Return the one-stage network from the uint8 picture to its heads."""
    ops = openvino().opset13

    blueprint = rebuilt.blueprint
    picture, tensor = picture_front(blueprint.resizer, blueprint.normalisation)
    results = []
    for name, output in attach(blueprint.network, rebuilt.values, tensor).items():  # type: ignore[union-attr]
        result = ops.result(output)
        result.output(0).set_names({name})
        results.append(result)
    return openvino().Model(results, [picture], blueprint.feature_extractor)
