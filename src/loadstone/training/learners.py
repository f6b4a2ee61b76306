"""Which learner trains which family of detectors: a table, one line a family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.errors import UnsupportedModelError
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.training.learner import Learner


def _ssd(rebuilt: Rebuilt, **options: Any) -> Learner:
    from loadstone.training.ssd.learner import SsdLearner

    blueprint: Any = rebuilt.blueprint
    return SsdLearner(blueprint, rebuilt.config, rebuilt.values, **options)


def _center_net(rebuilt: Rebuilt, **options: Any) -> Learner:
    from loadstone.training.center_net.learner import CenterNetLearner

    blueprint: Any = rebuilt.blueprint
    return CenterNetLearner(blueprint, rebuilt.config, rebuilt.values, labels=rebuilt.labels, **options)


def _faster_rcnn(rebuilt: Rebuilt, **options: Any) -> Learner:
    from loadstone.training.faster_rcnn.learner import FasterRcnnLearner

    blueprint: Any = rebuilt.blueprint
    return FasterRcnnLearner(blueprint, rebuilt.config, rebuilt.values, **options)


def _yolo(rebuilt: Rebuilt, **options: Any) -> Learner:
    from loadstone.training.yolo.learner import YoloLearner

    blueprint: Any = rebuilt.blueprint
    return YoloLearner(blueprint, rebuilt.values, **options)


LEARNERS: dict[type[Any], Callable[..., Learner]] = {
    Blueprint: _ssd,
    CenterNetBlueprint: _center_net,
    FasterRcnnBlueprint: _faster_rcnn,
    YoloBlueprint: _yolo,
}
"""Type of the blueprint → the maker of its learner."""


def build_learner(
    rebuilt: Rebuilt, *, frozen: Callable[[str], bool] = lambda key: False, joint_names: Sequence[str] = ()
) -> Learner:
    """Return the learner of a detector, with its values as they are.

    `frozen` tells by a variable's key whether its layer is not to train; `joint_names` are those of the samples'
    keypoints, in their order, where they have any. Raises `UnsupportedModelError` where the
    family, or something that the configuration asks for, is not trained here.
    """
    maker = LEARNERS.get(type(rebuilt.blueprint))
    if maker is None:
        raise UnsupportedModelError(
            "detectors of this family are not trained here",
            where=rebuilt.source,
            expected=", ".join(kind.__name__ for kind in LEARNERS),
            found=type(rebuilt.blueprint).__name__,
        )
    joints = {"joint_names": joint_names} if isinstance(rebuilt.blueprint, CenterNetBlueprint) else {}
    return maker(rebuilt, frozen=frozen, **joints)
