"""`convolutional_box_predictor`: every feature map has its own convolutions for boxes and for classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Scope, Tensor, Writer

KEY = "model/_box_predictor/_prediction_heads"


@dataclass(frozen=True, slots=True)
class ConvolutionalHead:
    """`anchors` counts the shapes of each map; `slots` the class columns, with background where the model has it.

    `depthwise`: SSDLite's, a depthwise window with its batch norm before the 1×1 convolution.
    """

    anchors: Sequence[int]
    slots: int
    window: int = 1
    depthwise: bool = False
    epsilon: float = 0.001
    activation: str = "relu6"

    def write(self, to: Writer, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return (box encodings (N, 4), class logits (N, slots))."""
        boxes, classes = [], []
        for number, (x, anchors) in enumerate(zip(maps, self.anchors, strict=True)):
            key = f"{KEY}/box_encodings/{number}/_box_encoder_layers"
            name = f"BoxPredictor/ConvolutionalBoxHead_{number}/BoxEncodingPredictor"
            boxes.append(self._layer(to, x, key, name, anchors * 4))
            key = f"{KEY}/class_predictions_with_background/{number}/_class_predictor_layers"
            name = f"BoxPredictor/ConvolutionalClassHead_{number}/ClassPredictor"
            classes.append(self._layer(to, x, key, name, anchors * self.slots))
        return to.rows(boxes, 4), to.rows(classes, self.slots)

    def _layer(self, to: Writer, x: Tensor, key: str, name: str, filters: int) -> Tensor:
        """Write one map's head; a depthwise one has four places in the object graph: window, norm, activation, 1×1."""
        if not self.depthwise:
            return to.conv(x, Scope(f"{key}/0", name), filters, self.window, bias=True)
        x = to.depthwise(x, Scope(f"{key}/0", f"{name}_depthwise"), self.window)
        x = to.batch_norm(x, Scope(f"{key}/1", f"{name}_depthwise_batchnorm"), epsilon=self.epsilon)
        x = to.activation(x, self.activation)
        return to.conv(x, Scope(f"{key}/3", name), filters, bias=True)
