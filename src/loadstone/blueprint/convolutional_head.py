"""`convolutional_box_predictor`: every feature map has its own convolutions for boxes and for classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer

KEY = "model/_box_predictor/_prediction_heads"


@dataclass(frozen=True, slots=True)
class ConvolutionalHead:
    """`anchors` counts the shapes of each map; `slots` the class columns, with background where the model has it."""

    anchors: Sequence[int]
    slots: int
    window: int = 1

    def write(self, to: Writer, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return (box encodings (N, 4), class logits (N, slots))."""
        boxes, classes = [], []
        for number, (x, anchors) in enumerate(zip(maps, self.anchors, strict=True)):
            at = Scope(
                f"{KEY}/box_encodings/{number}/_box_encoder_layers/0",
                f"BoxPredictor/ConvolutionalBoxHead_{number}/BoxEncodingPredictor",
            )
            boxes.append(to.conv(x, at, anchors * 4, self.window, bias=True))
            at = Scope(
                f"{KEY}/class_predictions_with_background/{number}/_class_predictor_layers/0",
                f"BoxPredictor/ConvolutionalClassHead_{number}/ClassPredictor",
            )
            classes.append(to.conv(x, at, anchors * self.slots, self.window, bias=True))
        return to.rows(boxes, 4), to.rows(classes, self.slots)
