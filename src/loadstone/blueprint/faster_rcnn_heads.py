"""The heads of a Faster or Mask R-CNN: region proposals, second-stage boxes and classes, masks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.backbones.functional import slim_scope
from loadstone.blueprint.network import Scope, Tensor, Writer

PREDICTOR = "model/_mask_rcnn_box_predictor"
NAME = "mask_rcnn_keras_box_predictor"


@dataclass(frozen=True, slots=True)
class ProposalHead:
    """One 3×3 convolution for all maps, then own 1×1 convolutions for each; the relu's cap is fixed in the original.

    `slim`: the layers have TF1's names, where there is one map only.
    """

    depth: int
    window: int
    anchors: int
    dilation: int = 1
    slim: bool = False

    def write(self, to: Writer, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return (box encodings (N, 4), objectness logits (N, 2), column 1 for an object)."""
        boxes, scores = [], []
        first, heads = self._first(), "model/_first_stage_box_predictor/_prediction_heads"
        for number, x in enumerate(maps):
            x = to.conv(x, first, self.depth, self.window, bias=True, dilation=self.dilation)
            x = to.activation(x, "relu6")
            at = Scope(
                f"{heads}/box_encodings/{number}/_box_encoder_layers/0",
                f"FirstStageBoxPredictor/ConvolutionalBoxHead_{number}/BoxEncodingPredictor",
            )
            at = slim_scope("FirstStageBoxPredictor/BoxEncodingPredictor") if self.slim else at
            boxes.append(to.conv(x, at, 4 * self.anchors, bias=True))
            at = Scope(
                f"{heads}/class_predictions_with_background/{number}/_class_predictor_layers/0",
                f"FirstStageBoxPredictor/ConvolutionalClassHead_{number}/ClassPredictor",
            )
            at = slim_scope("FirstStageBoxPredictor/ClassPredictor") if self.slim else at
            scores.append(to.conv(x, at, 2 * self.anchors, bias=True))
        return to.rows(boxes, 4), to.rows(scores, 2)

    def _first(self) -> Scope:
        if self.slim:
            return slim_scope("Conv")
        return Scope("model/_first_stage_box_predictor_first_conv/layer_with_weights-0", "RPNConv")


def write_box_head(
    to: Writer, features: Tensor, classes: int, *, shared: bool, slim: bool = False, dropout: bool = False
) -> tuple[Tensor, Tensor]:
    """Return (box encodings, class logits with background) of each crop: a dense layer each on the mean.

    With `dropout` the original's lists of layers have one more before it, which moves its place in the object graph.
    """
    mean = to.mean(features) if len(features.shape) == 3 else features
    place = 2 if dropout else 1
    at = Scope(
        f"{PREDICTOR}/_box_prediction_head/_box_encoder_layers/{place}",
        f"{NAME}/mask_rcnn_box_head/BoxEncodingPredictor_dense",
    )
    at = slim_scope("SecondStageBoxPredictor/BoxEncodingPredictor") if slim else at
    boxes = to.dense(mean, at, 4 if shared else 4 * classes)
    at = Scope(
        f"{PREDICTOR}/_class_prediction_head/_class_predictor_layers/{place}",
        f"{NAME}/mask_rcnn_class_head/ClassPredictor_dense",
    )
    at = slim_scope("SecondStageBoxPredictor/ClassPredictor") if slim else at
    return boxes, to.dense(mean, at, classes + 1)


@dataclass(frozen=True, slots=True)
class MaskHead:
    """`layers` convolutions of 3×3, all but the last with relu, after resizing the features to the mask's `size`.

    `slim`: the layers have TF1's names, counted in the predictor's scope.
    """

    size: tuple[int, int]
    layers: int
    depth: int
    masks: int
    slim: bool = False

    def write(self, to: Writer, features: Tensor) -> Tensor:
        """Return the mask logits (height, width, masks)."""
        x = to.resize(features, *self.size)
        for number in range(self.layers - 1):
            x = to.activation(to.conv(x, self._at(number), self.depth, 3, bias=True), "relu")
        return to.conv(x, self._at(self.layers - 1), self.masks, 3, bias=True)

    def _at(self, number: int) -> Scope:
        """Return where a convolution lives; each takes three places in the object graph."""
        if self.slim:
            return slim_scope(f"SecondStageBoxPredictor/Conv{f'_{number}' if number else ''}")
        key = f"{PREDICTOR}/_third_stage_heads/mask_predictions/_mask_predictor_layers"
        name = "last_conv2d" if number == self.layers - 1 else f"conv2d_{number}"
        return Scope(f"{key}/{3 * number}", f"{NAME}/mask_rcnn_mask_head/MaskPredictor_{name}")


def fitting_depth(features: int, classes: int) -> int:
    """Return the depth where the configuration leaves it open: between features and classes on the scale of powers.

    The original weighs features 2 and classes 3, each by its logarithm to base 2.
    """
    return int(2 ** round((2 * math.log2(features) + 3 * math.log2(max(classes, 1))) / 5))
