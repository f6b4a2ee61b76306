"""The demo detector's network: a small single-shot detector, its anchors, its box coding, and its frozen graph.

Three grids (strides 8, 16 and 32) with six anchors a cell share one head; a sigmoid score for each class, no background
class. `frozen_graph` gives the TensorFlow 1 form that detection tools expect: `image_tensor` in,
`detection_boxes`, `detection_scores`, `detection_classes` and `num_detections` out.
"""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf
from demo_objects import NAMES

SIDE = 160
STRIDES = (8, 16, 32)
#: Two sizes for each grid cover the objects of `demo_pictures`, which measure 0.16 to 0.72 of the picture.
SIZES = ((28.0, 40.0), (56.0, 76.0), (100.0, 124.0))
#: Width to height: bottles and keys are about 0.45, the rest about 1.
RATIOS = (0.45, 1.0, 2.2)
ANCHORS_PER_CELL = 6
#: The usual scales of SSD box coding, for centre and for size.
CODE_SCALE = np.array([10.0, 10.0, 5.0, 5.0], np.float32)
#: A rare class begins at a score of 0.01, so that the first steps are not spent on background.
SCORE_BIAS = -math.log(99.0)
MOST_DETECTIONS = 50
LEAST_SCORE = 0.05
NMS_IOU = 0.5


def anchors() -> np.ndarray:
    """Return the anchors as float32 (N, 4): centre x, centre y, width, height in pixels of the network's input."""
    rows = []
    for stride, sizes in zip(STRIDES, SIZES, strict=True):
        centres = (np.arange(SIDE // stride) + 0.5) * stride
        shapes = [(size * math.sqrt(ratio), size / math.sqrt(ratio)) for size in sizes for ratio in RATIOS]
        rows += [(x, y, width, height) for y in centres for x in centres for width, height in shapes]
    return np.array(rows, np.float32)


def corners(boxes: np.ndarray) -> np.ndarray:
    """Turn centre form (N, 4) into xyxy (N, 4)."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def encode(boxes: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """Write xyxy boxes (N, 4) as codes relative to their anchors (N, 4)."""
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    shift = (centre - priors[:, :2]) / priors[:, 2:]
    return (np.concatenate([shift, np.log(size / priors[:, 2:])], axis=1) * CODE_SCALE).astype(np.float32)


def network(*, normalise: bool = True) -> keras.Model:
    """Build the network: float32 pictures in -1..1 (B, 160, 160, 3) → logits (B, N, classes), codes (B, N, 4).

    Without `normalise` the batch normalisations are gone and the convolutions carry a bias, for folded weights.
    """
    inputs = keras.Input((SIDE, SIDE, 3))
    x = _conv(inputs, 16, "stem", stride=2, normalise=normalise)
    x = _conv(x, 24, "two", stride=2, normalise=normalise)
    grids = []
    for filters, stride in zip((48, 72, 96), STRIDES, strict=True):
        x = _conv(x, filters, f"down{stride}", stride=2, normalise=normalise)
        x = keras.layers.Add()([x, _conv(x, filters, f"stay{stride}", normalise=normalise)])
        grids.append(_conv(x, 48, f"side{stride}", size=1, normalise=normalise))
    grids[1] = keras.layers.Add()([grids[1], keras.layers.UpSampling2D(name="up16")(grids[2])])
    grids[0] = keras.layers.Add()([grids[0], keras.layers.UpSampling2D(name="up8")(grids[1])])
    return _head(inputs, grids, normalise=normalise)


def _head(inputs: keras.KerasTensor, grids: list[keras.KerasTensor], *, normalise: bool) -> keras.Model:
    """Predict scores and codes on every grid with shared convolutions."""
    score = keras.layers.Conv2D(
        ANCHORS_PER_CELL * len(NAMES),
        3,
        padding="same",
        name="score",
        bias_initializer=keras.initializers.Constant(SCORE_BIAS),
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01, seed=7),
    )
    code = keras.layers.Conv2D(ANCHORS_PER_CELL * 4, 3, padding="same", name="code")
    logits, codes = [], []
    for stride, grid in zip(STRIDES, grids, strict=True):
        tower = _conv(grid, 56, f"tower{stride}", normalise=normalise)
        logits.append(keras.layers.Reshape((-1, len(NAMES)))(score(tower)))
        codes.append(keras.layers.Reshape((-1, 4))(code(tower)))
    join = keras.layers.Concatenate(axis=1)
    return keras.Model(inputs, [join(logits), join(codes)], name="demo_detector")


def _conv(
    x: keras.KerasTensor, filters: int, name: str, *, size: int = 3, stride: int = 1, normalise: bool
) -> keras.KerasTensor:
    layer = keras.layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=not normalise, name=name)
    x = layer(x)
    if normalise:
        x = keras.layers.BatchNormalization(name=f"{name}_norm", momentum=0.97, epsilon=1e-3)(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def folded(trained: keras.Model) -> keras.Model:
    """Return the same function with every batch normalisation folded into the convolution before it."""
    plain = network(normalise=False)
    names = {layer.name for layer in trained.layers}
    for layer in plain.layers:
        if not layer.weights:
            continue
        weights = trained.get_layer(layer.name).get_weights()
        if f"{layer.name}_norm" in names:
            gamma, beta, mean, variance = trained.get_layer(f"{layer.name}_norm").get_weights()
            scale = gamma / np.sqrt(variance + 1e-3)
            weights = [weights[0] * scale, beta - mean * scale]
        layer.set_weights(weights)
    return plain


def detections(model: keras.Model, image: tf.Tensor) -> dict[str, tf.Tensor]:
    """Run one uint8 picture (1, H, W, 3) through resize, network, decoding and class-wise suppression."""
    small = tf.raw_ops.ResizeBilinear(images=tf.cast(image, tf.float32), size=[SIDE, SIDE], half_pixel_centers=True)
    logits, codes = model(small / 127.5 - 1.0, training=False)
    boxes = _decode(codes[0])
    scores = tf.sigmoid(logits[0])
    best = tf.reduce_max(scores, axis=1)
    winner = tf.cast(tf.argmax(scores, axis=1, output_type=tf.int32), tf.float32)
    # Boxes of different classes are moved apart, so that one suppression serves all classes.
    kept = tf.raw_ops.NonMaxSuppressionV3(
        boxes=boxes + 2.0 * winner[:, None],
        scores=best,
        max_output_size=MOST_DETECTIONS,
        iou_threshold=NMS_IOU,
        score_threshold=LEAST_SCORE,
    )
    count = tf.cast(tf.shape(kept)[:1], tf.float32)
    return {
        "detection_boxes": tf.clip_by_value(tf.gather(boxes, kept), 0.0, 1.0)[None],
        "detection_scores": tf.gather(best, kept)[None],
        "detection_classes": tf.gather(winner + 1.0, kept)[None],
        "num_detections": count,
    }


def _decode(codes: tf.Tensor) -> tf.Tensor:
    """Turn codes (N, 4) into normalised yxyx boxes (N, 4)."""
    priors = tf.constant(anchors() / SIDE)
    scaled = codes / CODE_SCALE
    centre = scaled[:, :2] * priors[:, 2:] + priors[:, :2]
    half = tf.exp(tf.minimum(scaled[:, 2:], 3.0)) * priors[:, 2:] / 2
    low, high = centre - half, centre + half
    return tf.concat([low[:, ::-1], high[:, ::-1]], axis=1)


def frozen_graph(trained: keras.Model) -> bytes:
    """Return the whole detector as a serialised GraphDef whose variables are constants."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = folded(trained)

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8, name="image_tensor")])
    def run(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.identity(value, name=name) for name, value in detections(model, image).items()}

    frozen = convert_variables_to_constants_v2(run.get_concrete_function())
    outputs = ["detection_boxes", "detection_scores", "detection_classes", "num_detections"]
    graph = tf.compat.v1.graph_util.extract_sub_graph(frozen.graph.as_graph_def(), outputs)
    for node in graph.node:
        node.attr.pop("_output_shapes", None)
    return bytes(graph.SerializeToString(deterministic=True))
