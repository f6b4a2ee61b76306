"""Which of an SSD's variables decay, and how its batch norms move: what `conv_hyperparams` reaches in the original.

Read off the reference: `l2_coefficient` of the training goldens and `init_facts.json`; what has no golden (backbones
with settings of their own, TF1's slim) from `models/keras_models` and slim's argument scopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from loadstone.blueprint.network import Variable
from loadstone.errors import UnsupportedModelError
from loadstone.training.norms import NormRule
from loadstone.wire.textmessage import TextMessage

Found = TypeVar("Found")

BACKBONES = ("/classification_backbone/", "/_efficientnet/")
"""Where an object graph has the backbone, which takes the configuration's settings only where it overrides its own."""

HEADS = ("/_box_encoder_layers/", "/_class_predictor_layers/")
"""The last layers of the heads; those before them are a tower's."""

NORM_MOMENTUM = (("efficientnet", 0.99), ("mobilenet", 0.9997), ("inception", 0.9997), ("resnet", 0.997))
"""Batch norms of backbones with settings of their own, by what the extractor's type contains."""

OWN_DECAY: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("efficientnet", {"kernel": 5e-6, "bias": 5e-6}),
    ("resnet", {"kernel": 1e-4}),
)
"""Coefficients c of c·Σw² in backbones with settings of their own; MobileNets have none."""

SLIM_DECAY = {"weights": 2e-5}
"""The same in TF1's: an L2 weight of 4e-5, which slim halves, on all but depthwise kernels."""


class SsdRules:
    """The rules of one `ssd { … }` message. `kind` is the extractor's type; `freeze`: see `SsdSettings`."""

    def __init__(self, ssd: TextMessage, kind: str, *, freeze: bool = False) -> None:
        extractor = ssd.message("feature_extractor")
        self._kind = kind
        self._freeze = freeze
        self._override = extractor.flag("override_base_feature_extractor_hyperparams")
        self._extractor = extractor.message("conv_hyperparams")
        self._predictor = _predictor(ssd).message("conv_hyperparams")

    def norm(self, key: str) -> NormRule:
        """Return how the batch norm with the variable `key` trains."""
        own = self._own(key)
        if own and "efficientnet" in self._kind:
            # EfficientNet's are plain Keras layers, which the configuration cannot freeze.
            return NormRule(0.99)
        momentum = _first(NORM_MOMENTUM, self._kind, 0.99) if own else self._momentum(self._of(key))
        return NormRule(momentum, self._freeze)

    def decayed(self, variables: Iterable[Variable]) -> dict[str, float]:
        """Return c of c·Σw² for each variable that has such a term, by key; `UnsupportedModelError` for an L1 term."""
        weights = {id(message): _weight(message) for message in (self._extractor, self._predictor)}
        found = {}
        for variable in variables:
            share = self._share(variable, weights[id(self._of(variable.key))] / 2)
            if share:
                found[variable.key] = share
        return found

    def _share(self, variable: Variable, usual: float) -> float:
        attribute = variable.key.rpartition("/")[2]
        if _slim(variable.key):
            return self._slim_share(attribute, variable.key, usual)
        if self._own(variable.key):
            empty: Mapping[str, float] = {}
            return _first(OWN_DECAY, self._kind, empty).get(attribute, 0.0)
        if attribute == "depthwise_kernel":
            return 0.0 if any(head in variable.key for head in HEADS) else usual
        if attribute == "pointwise_kernel":
            return usual if "/_bifpn_stage/" in variable.key else 0.0
        return usual if attribute == "kernel" else 0.0

    def _slim_share(self, attribute: str, key: str, usual: float) -> float:
        if self._own(key):
            return SLIM_DECAY.get(attribute, 0.0)
        if attribute == "depthwise_weights":
            return usual if self._of(key).flag("regularize_depthwise", True) else 0.0
        return usual if attribute in ("weights", "pointwise_weights") else 0.0

    def _own(self, key: str) -> bool:
        """Whether the layer keeps the backbone's own settings."""
        if self._override:
            return False
        return any(part in key for part in BACKBONES) or (_slim(key) and key.startswith("FeatureExtractor/"))

    def _of(self, key: str) -> TextMessage:
        """Return the `conv_hyperparams` of the part that a variable is in."""
        return (
            self._extractor if key.startswith(("model/_feature_extractor/", "FeatureExtractor/")) else self._predictor
        )

    def _momentum(self, hyperparameters: TextMessage) -> float:
        norm = hyperparameters.message("batch_norm")
        # A message without the field has the proto's default; without any message Keras's stands for it.
        return float(norm.number("decay", 0.999 if "batch_norm" in hyperparameters else 0.99))


def _slim(key: str) -> bool:
    return not key.startswith("model/")


def _predictor(ssd: TextMessage) -> TextMessage:
    """Return the one message in `box_predictor`."""
    outer = ssd.message("box_predictor")
    return outer.message(outer.names[-1]) if outer.names else outer


def _weight(hyperparameters: TextMessage) -> float:
    """Return the weight of `l2_regularizer`, 0 without one."""
    regularizer = hyperparameters.message("regularizer")
    if "l1_regularizer" in regularizer:
        raise UnsupportedModelError("l1_regularizer is not trained here", where=regularizer.where_of("l1_regularizer"))
    return (
        float(regularizer.message("l2_regularizer").number("weight", 1.0)) if "l2_regularizer" in regularizer else 0.0
    )


def _first(table: Iterable[tuple[str, Found]], kind: str, other: Found) -> Found:
    """Return what the table has for the first name that `kind` contains."""
    return next((value for name, value in table if name in kind), other)
