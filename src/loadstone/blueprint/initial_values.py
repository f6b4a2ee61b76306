"""The values that the original gives its variables before training: what a new number of classes or a new head needs.

The configuration's own initialiser where it reaches, Glorot's uniform one where the original leaves Keras's default;
biases as the configuration states them. The random numbers follow from the variable's key, so that the same request
gives the same detector. Sources: object_detection/builders/hyperparams_builder.py; measured in `init_facts.json` of
the training goldens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from loadstone.blueprint.network import Variable
from loadstone.blueprint.yolo_head import initial_bias
from loadstone.formats.detection.config import architecture
from loadstone.wire.textmessage import TextMessage

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Shape = Sequence[int]

HEATMAP_BIAS = -2.19
"""`heatmap_bias_init` of center_net.proto: a sigmoid of 0.1."""

HEAT_MAP_BIAS = re.compile(r"(/object_center|keypoint\.Sheatmap)/\d+/layer_with_weights-1/bias$")
"""The biases that it belongs to: of a head's last layer, as `blueprint/center_net.py` writes it."""

CLASS_BIAS = -4.6
"""`class_prediction_bias_init` of every shared head of the zoo, a sigmoid of 0.01, which the focal loss begins with."""

TRUNCATED_DEVIATION = 0.87962566103423978
"""The standard deviation of a normal distribution that is cut off at 2; `VarianceScaling` makes up for it."""


def initial_values(config: TextMessage, variables: Iterable[Variable]) -> dict[str, Floats]:
    """Return new values of variables by key, as the configuration has them initialised."""
    inner = architecture(config)
    own = inner if inner is not None else TextMessage()
    return {variable.key: _value(own, variable) for variable in variables}


def _value(model: TextMessage, variable: Variable) -> Floats:
    attribute = variable.key.rpartition("/")[2]
    if attribute in UNTRAINED:
        return np.full(variable.shape, UNTRAINED[attribute], np.float32)
    if attribute in ("bias", "biases"):
        return np.full(variable.shape, _bias(model, variable.key), np.float32)
    random = np.random.default_rng(crc32(variable.key.encode()))
    return _kernel(model, variable)(random, variable.shape).astype(np.float32)


UNTRAINED = {"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0, "bifpn_combine_weights": 1.0}
"""What Keras gives the variables of norms, and the original those of a BiFPN's sums."""


def _bias(model: TextMessage, key: str) -> float:
    """Return what every value of a bias begins with: class heads of SSDs and heat maps have their own.

    Without any words it is a YOLO's.
    """
    if not model.names:
        return initial_bias(key)
    if model.name == "center_net":
        return _heat_map_bias(model, key)
    if model.name == "ssd" and ("class_predict" in key.lower() or "ClassPredictor" in key):
        return float(_predictor(model).number("class_prediction_bias_init", 0.0))
    return 0.0


def _heat_map_bias(center_net: TextMessage, key: str) -> float:
    """Return what the bias begins with whose layer gives a heat map; one before it would be dead behind its ReLU."""
    if not HEAT_MAP_BIAS.search(key):
        return 0.0
    if "/object_center/" in key:
        return float(center_net.message("object_center_params").number("heatmap_bias_init", HEATMAP_BIAS))
    tasks = center_net.messages("keypoint_estimation_task")
    own = next((task for task in tasks if f"/{task.text('task_name')}.Skeypoint" in key), TextMessage())
    return float(own.number("heatmap_bias_init", HEATMAP_BIAS))


def _predictor(model: TextMessage) -> TextMessage:
    """Return the one box predictor's message, whatever its kind."""
    own = model.message("box_predictor" if model.name == "ssd" else "second_stage_box_predictor")
    inside = [value for _, value, _ in own.entries if isinstance(value, TextMessage)]
    return inside[-1] if inside else own


EXTRACTOR = ("model/_feature_extractor/", "model/_feature_extractor_for_proposal_features/")
FIRST_STAGE = "model/_first_stage_box_predictor"
SECOND_STAGE = "model/_feature_extractor_for_box_classifier_features/"
"""Where an object graph has the parts of a detector that have an initialiser of their own."""

Draw = Callable[[np.random.Generator, "Shape"], "npt.NDArray[np.float64]"]


def _kernel(model: TextMessage, variable: Variable) -> Draw:
    """Return how a kernel is drawn. The final separable layers of Keras heads keep Keras's own initialiser."""
    separable = variable.key.endswith(("depthwise_kernel", "pointwise_kernel"))
    if model.name == "center_net" or separable or not model.names:
        return glorot
    if variable.key.startswith(EXTRACTOR):
        return drawn_by(model.message("feature_extractor").message("conv_hyperparams").message("initializer"))
    if variable.key.startswith(FIRST_STAGE):
        return drawn_by(model.message("first_stage_box_predictor_conv_hyperparams").message("initializer"))
    if variable.key.startswith(SECOND_STAGE):
        return glorot
    predictor = _predictor(model)
    dense = model.name != "ssd" and len(variable.shape) == 2
    hyperparameters = predictor.message("fc_hyperparams" if dense else "conv_hyperparams")
    return drawn_by(hyperparameters.message("initializer"))


def drawn_by(initializer: TextMessage) -> Draw:
    """Return how an `initializer` of hyperparams.proto draws; its absent fields have the proto's defaults.

    Where none is stated, the original gives its layers none, and TensorFlow's default is Glorot's uniform one.
    """
    names = initializer.names
    kind = names[-1] if names else ""
    own = initializer.message(kind) if kind.endswith("_initializer") else TextMessage()
    if kind == "variance_scaling_initializer":
        uniform, mode = own.flag("uniform", False), own.word("mode", "FAN_IN")
        return _scaled(float(own.number("factor", 2.0)), mode, uniform=uniform)
    if kind in ("random_normal_initializer", "truncated_normal_initializer"):
        mean, deviation = float(own.number("mean", 0.0)), float(own.number("stddev", 1.0))
        cut = kind.startswith("truncated")
        return lambda random, shape: mean + deviation * (truncated if cut else _normal)(random, shape)
    # `keras_initializer_by_name` names any of Keras's; its default is the only one that configurations were seen with.
    return glorot


def _normal(random: np.random.Generator, shape: Shape) -> npt.NDArray[np.float64]:
    return random.standard_normal(tuple(shape))


def truncated(random: np.random.Generator, shape: Shape) -> npt.NDArray[np.float64]:
    """Return standard normal numbers, those beyond 2 drawn again."""
    values = random.standard_normal(tuple(shape))
    while (far := np.abs(values) > 2).any():
        values[far] = random.standard_normal(int(far.sum()))
    return values


def glorot(random: np.random.Generator, shape: Shape) -> npt.NDArray[np.float64]:
    """Return Glorot's uniform numbers: ±√(6 / (fan in + fan out)), Keras's default."""
    return _scaled(1.0, "FAN_AVG", uniform=True)(random, shape)


def _scaled(factor: float, mode: str, *, uniform: bool) -> Draw:
    """Return `VarianceScaling`: a variance of factor over the fan."""

    def draw(random: np.random.Generator, shape: Shape) -> npt.NDArray[np.float64]:
        area = math.prod(shape[:-2])
        into, out = (shape[-2] * area, shape[-1] * area) if len(shape) > 1 else (shape[0], shape[0])
        fan = {"FAN_IN": into, "FAN_OUT": out}.get(mode, (into + out) / 2)
        deviation = math.sqrt(factor / max(fan, 1))
        if uniform:
            limit = math.sqrt(3) * deviation
            return random.uniform(-limit, limit, tuple(shape))
        return truncated(random, shape) * deviation / TRUNCATED_DEVIATION

    return draw
