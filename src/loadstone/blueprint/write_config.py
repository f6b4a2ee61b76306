"""A `pipeline.config` for a detector that came without one: a TF1 SSD or Faster R-CNN in its graph, any SSD's weights.

What it is: the way back: `read_any` of the text gives the file's own variables. A TF1 graph says everything;
from weights alone, what they cannot show (size of pictures, anchors' scales, thresholds) is the zoo's usual, and the
text says so. What it is not: the original's configuration: nothing of training is in a file of weights.
"""

from __future__ import annotations

import re

from loadstone.blueprint.frozen.frozen_anchors import AnchorPlan
from loadstone.blueprint.frozen.frozen_source import holds_slim_detector, slim_detector
from loadstone.blueprint.parts import BoxCoder, Suppression
from loadstone.blueprint.reader import read_blueprint
from loadstone.blueprint.slim.slim_shapes import (
    LEASTS,
    NETWORKS,
    Shapes,
    fitting,
    has_depthwise_head,
    has_depthwise_maps,
    multiplier_of,
    variant_of,
    window_of,
)
from loadstone.blueprint.slim.slim_ssd import EMBEDDED
from loadstone.blueprint.ssd_plan import SsdPlan
from loadstone.blueprint.ssd_plan_tf2 import config_of_keras_ssd
from loadstone.blueprint.weights import KEY_SUFFIX, match, uncounted
from loadstone.errors import UnsupportedModelError
from loadstone.facts import DetectorFacts, ModelFile
from loadstone.wire.textdump import dump
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

FROM_GRAPH = "# Written from the graph: every value is its own.\n"
FROM_WEIGHTS = (
    "# Written from the weights' names and shapes. They do not show the size of the pictures, the scales of the\n"
    "# anchors nor the thresholds: those are the usual ones of this extractor.\n"
)
_PREDICTOR = re.compile(r"BoxPredictor_\d+/BoxEncodingPredictor/weights")
USUAL_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
USUAL_SUPPRESSION = Suppression(1e-8, 0.6, 100, 100, "SIGMOID")


def config_for(model: ModelFile) -> str:
    """Return a configuration that fits the model's weights.

    Raises `UnsupportedModelError` where the model is no SSD that is rebuilt here and has no TF1 graph of a
    Faster R-CNN, or fits no configuration of one.
    """
    if holds_slim_detector(model):
        return FROM_GRAPH + dump(slim_detector(model)[1])
    detector = model.detector
    if detector is None or detector.meta_architecture != "ssd" or not detector.num_classes:
        raise UnsupportedModelError("this is no SSD that a configuration can be written for", where=model.source)
    shapes = _shapes(model)
    extractor = (detector.feature_extractor or "").removeprefix("embedded_")
    config = _slim(extractor, detector, shapes) if extractor in NETWORKS else _keras(extractor, detector, shapes, model)
    if config is None:
        raise UnsupportedModelError(
            f"the weights fit no configuration of {extractor} that is known", where=model.source
        )
    return FROM_WEIGHTS + dump(config)


def _shapes(model: ModelFile) -> Shapes:
    """Return the weights' shapes by each of their names."""
    found: dict[str, tuple[int | None, ...]] = {}
    for spec in model.tensors.specs:
        if spec.shape is not None and spec.role in ("weight", "constant"):
            found[spec.name.removesuffix(KEY_SUFFIX)] = spec.shape
            if spec.tensor_name:
                found[uncounted(spec.tensor_name)] = spec.shape
    return found


def _keras(extractor: str, detector: DetectorFacts, shapes: Shapes, model: ModelFile) -> TextMessage | None:
    config = config_of_keras_ssd(extractor, detector.num_classes or 1, shapes, detector.input_size)
    blueprint = read_blueprint(parse(dump(config).encode()))
    return config if match(blueprint, model.tensors.specs).complete else None


def _slim(extractor: str, detector: DetectorFacts, shapes: Shapes) -> TextMessage | None:
    maps = sum(_PREDICTOR.fullmatch(name) is not None for name in shapes)
    found = fitting(_usual(extractor, detector, shapes, maps=maps), shapes) if maps else None
    return found[1] if found else None


def _usual(extractor: str, detector: DetectorFacts, shapes: Shapes, *, maps: int) -> SsdPlan:
    """Return the plan of a TF1 SSD of which only weights are known."""
    variant = variant_of(extractor, shapes)
    side = 256 if variant == EMBEDDED else 300
    return SsdPlan(
        extractor=variant,
        classes=detector.num_classes or 1,
        size=detector.input_size or (side, side),
        multiplier=multiplier_of(extractor, shapes),
        least=LEASTS[0],
        maps=maps,
        activation="relu6",
        epsilon=0.001,
        depthwise=has_depthwise_maps(shapes),
        window=window_of(shapes),
        depthwise_head=has_depthwise_head(shapes),
        anchors=_usual_anchors(maps, shapes),
        coder=BoxCoder(),
        suppression=USUAL_SUPPRESSION,
    )


def _usual_anchors(maps: int, shapes: Shapes) -> AnchorPlan:
    """Return evenly spaced scales, and as many ratios as the second map has shapes, one of them between two scales."""
    first, second = (_boxes(number, shapes) for number in (0, min(1, maps - 1)))
    scales = tuple(round(0.2 + 0.75 * number / max(maps - 1, 1), 7) for number in range(maps))
    ratios = USUAL_RATIOS[: max(second - 1, 1)]
    return AnchorPlan(scales, ratios, reduce_lowest=first < second, interpolated=1.0 if second > 1 else 0.0)


def _boxes(number: int, shapes: Shapes) -> int:
    """Return how many boxes a map's predictor gives each place."""
    shape = shapes.get(f"BoxPredictor_{number}/BoxEncodingPredictor/biases") or (24,)
    return (shape[0] or 24) // 4
