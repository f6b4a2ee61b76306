"""`weight_shared_convolutional_box_predictor`: a tower's convolutions serve all levels, batch norms one level each.

Source of the names: object_detection/predictors/convolutional_keras_box_predictor.py, read off its checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer

KEY = "model/_box_predictor"
NAME = "WeightSharedConvolutionalBoxPredictor"
CLASSES = "class_predictions_with_background"
BOXES = "box_encodings"


@dataclass(frozen=True, slots=True)
class WeightSharedHead:
    """`slots` is the number of class columns (classes, and one for background where the model has it)."""

    layers: int
    depth: int
    anchors: int
    slots: int
    separable: bool
    share_tower: bool
    epsilon: float
    activation: str
    force_bias: bool = False
    window: int = 3

    def write(self, to: Writer, levels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Write both heads over all levels; return (box encodings (N, 4), class logits (N, slots))."""
        boxes, classes = [], []
        for number, level in enumerate(levels):
            if self.share_tower:
                box_tower = class_tower = self._tower(to, level, number, "PredictionTower", BOXES)
            else:
                box_tower = self._tower(to, level, number, "BoxPredictionTower", BOXES)
                class_tower = self._tower(to, level, number, "ClassPredictionTower", CLASSES)
            boxes.append(self._last(to, box_tower, BOX_HEAD, self.anchors * 4))
            classes.append(self._last(to, class_tower, CLASS_HEAD, self.anchors * self.slots))
        return to.rows(boxes, 4), to.rows(classes, self.slots)

    def _tower(self, to: Writer, x: Tensor, level: int, tower: str, head: str) -> Tensor:
        for layer in range(self.layers):
            at = Scope(f"{KEY}/_head_scope_conv_layers/{tower}/{layer}", f"{NAME}/{tower}/conv2d_{layer}")
            x = self._conv(to, x, at, self.depth, bias=self.force_bias)
            # Each layer takes three places in the list that the original keeps: conv, norm, activation.
            norm_key = f"{KEY}/_base_tower_layers_for_heads/{head}/{level}/{3 * layer + 1}"
            norm_name = f"{NAME}/{tower}/conv2d_{layer}/BatchNorm/feature_{level}"
            x = to.batch_norm(x, Scope(norm_key, norm_name), epsilon=self.epsilon)
            x = to.activation(x, self.activation)
        return x

    def _last(self, to: Writer, x: Tensor, at: Scope, filters: int) -> Tensor:
        return self._conv(to, x, at, filters, bias=True)

    def _conv(self, to: Writer, x: Tensor, at: Scope, filters: int, *, bias: bool) -> Tensor:
        if self.separable:
            return to.separable(x, at, filters, self.window, bias=bias)
        return to.conv(x, at, filters, self.window, bias=bias)


BOX_HEAD = Scope(
    f"{KEY}/_box_prediction_head/_box_encoder_layers/0", f"{NAME}/WeightSharedConvolutionalBoxHead/BoxPredictor"
)
CLASS_HEAD = Scope(
    f"{KEY}/_prediction_heads/{CLASSES}/_class_predictor_layers/0",
    f"{NAME}/WeightSharedConvolutionalClassHead/ClassPredictor",
)
