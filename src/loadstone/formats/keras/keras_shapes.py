"""Rules for the shape that a layer gives out, only those that hold without knowing more than its configuration.

None for a whole shape means "not certain"; a side of None is open, as in the file. Channels come last unless the
layer says otherwise, in which case no rule holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from loadstone.facts.tensor import Shape
from loadstone.formats.keras.keras_layers import Config, is_object
from loadstone.wire.limits import TENSOR_DIMENSION

Rule = Callable[[Config, Shape], "Shape | None"]

_UNCHANGED = frozenset(
    {
        "Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "BatchNormalizationV1",
        "BatchNormalizationV2", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "GroupNormalization", "Identity",
        "LayerNormalization", "LayerScale", "LeakyReLU", "Masking", "Normalization", "PReLU", "RandomBrightness",
        "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "Rescaling",
        "Softmax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "ThresholdedReLU", "UnitNormalization",
    }
)  # fmt: skip
_ELEMENTWISE = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})
_MOST_AXES = 32


def input_shape(config: Config) -> Shape | None:
    """Return the shape with its batch that an input layer, or a first layer, states."""
    for key in ("batch_shape", "batch_input_shape"):
        if (shape := as_shape(config.get(key))) is not None:
            return shape
    if (shape := as_shape(config.get("input_shape"))) is not None:
        return (None, *shape)
    side = _count(config, "input_dim")
    return (None, side) if side else None


def as_shape(value: Any) -> Shape | None:
    """Return a list of sides as a shape, or None if it is something else."""
    if isinstance(value, list) and len(value) <= _MOST_AXES and all(side is None or _is_count(side) for side in value):
        return tuple(value)
    return None


def shape_after(layer: Config, inputs: Sequence[Shape | None]) -> Shape | None:
    """Return the shape that a layer gives out for the shapes that go in, or None where it is not certain."""
    kind, config = layer["class_name"], layer["config"]
    known = [shape for shape in inputs if shape]
    if not isinstance(config, dict) or not known or len(known) < len(inputs):
        return None
    if kind == "Concatenate":
        return _concatenated(config, known)
    if kind in _ELEMENTWISE:
        return _broadcast(known)
    if len(known) > 1:
        return None
    if kind in _UNCHANGED or kind == "InputLayer":
        return known[0]
    if kind in _RULES:
        return _RULES[kind](config, known[0])
    return _over_space(kind, config, known[0])


def _broadcast(shapes: list[Shape]) -> Shape | None:
    """Return the shape that values of these shapes combine to, where sides are equal or 1."""
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        return None
    joined: list[int | None] = []
    for sides in zip(*shapes, strict=True):
        wide = {side for side in sides if side != 1}
        if len(wide) > 1:
            return None
        joined.append(wide.pop() if wide else 1)
    return tuple(joined)


def _concatenated(config: Config, shapes: list[Shape]) -> Shape | None:
    axis, rank = config.get("axis", -1), len(shapes[0])
    if not isinstance(axis, int) or not -rank <= axis < rank or any(len(shape) != rank for shape in shapes):
        return None
    axis %= rank
    others = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(others) > 1:
        return None
    sides = [side for shape in shapes if (side := shape[axis]) is not None]
    joined = sum(sides) if len(sides) == len(shapes) else None
    return (*shapes[0][:axis], joined, *shapes[0][axis + 1 :])


def _dense(config: Config, before: Shape) -> Shape | None:
    units = _count(config, "units", "output_dim")
    return (*before[:-1], units) if units else None


def _flatten(_config: Config, before: Shape) -> Shape:
    return (before[0], _product(before[1:]))


def _recurrent(config: Config, before: Shape) -> Shape | None:
    units = _count(config, "units", "output_dim")
    if len(before) != 3 or not units or config.get("return_state"):
        return None
    return (before[0], before[1], units) if config.get("return_sequences") else (before[0], units)


def _bidirectional(config: Config, before: Shape) -> Shape | None:
    inner = config.get("layer")
    once = shape_after(inner, [before]) if is_object(inner) else None
    if not once or once[-1] is None or config.get("merge_mode") != "concat":
        return None
    return (*once[:-1], 2 * once[-1])


def _reshape(config: Config, before: Shape) -> Shape | None:
    raw = config.get("target_shape")
    if not isinstance(raw, list) or raw.count(-1) > 1:
        return None
    target = as_shape([None if side == -1 else side for side in raw])
    if target is None or None not in target or None in before[1:]:
        return (before[0], *target) if target and None not in target else None
    rest = _product(tuple(side for side in target if side is not None))
    whole = _product(before[1:])
    if not rest or whole is None or whole % rest:
        return None
    return (before[0], *(whole // rest if side is None else side for side in target))


def _embedding(config: Config, before: Shape) -> Shape | None:
    width = _count(config, "output_dim")
    return (*before, width) if width else None


def _cut_to_size(config: Config, before: Shape) -> Shape | None:
    height, width = _count(config, "height"), _count(config, "width")
    if len(before) != 4 or not height or not width or _channels_first(config):
        return None
    return (before[0], height, width, before[3])


_RULES: dict[str, Rule] = {
    "CenterCrop": _cut_to_size,
    "Resizing": _cut_to_size,
    "Dense": _dense,
    "TimeDistributedDense": _dense,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Embedding": _embedding,
    "Bidirectional": _bidirectional,
    **dict.fromkeys(("GRU", "GRUV2", "LSTM", "LSTMV2", "SimpleRNN", "CuDNNGRU", "CuDNNLSTM"), _recurrent),
}


def _over_space(kind: str, config: Config, before: Shape) -> Shape | None:
    """Apply what slides over one, two or three axes; the class name ends in their number."""
    stem, axes = kind[:-2], kind[-2:-1]
    if kind[-1:] != "D" or axes not in ("1", "2", "3") or len(before) != int(axes) + 2 or _channels_first(config):
        return None
    if stem in ("GlobalAveragePooling", "GlobalMaxPooling"):
        return (before[0], *([1] * int(axes) if config.get("keepdims") else []), before[-1])
    if stem in ("ZeroPadding", "Cropping", "UpSampling"):
        return _resized(stem, config, before)
    return _slid_over(stem, config, before)


def _slid_over(stem: str, config: Config, before: Shape) -> Shape | None:
    pooled = stem in ("MaxPooling", "AveragePooling")
    if stem not in ("Conv", "SeparableConv", "DepthwiseConv") and not pooled:
        return None
    axes, padding = len(before) - 2, config.get("padding")
    window = _sides(config.get("pool_size" if pooled else "kernel_size"), axes)
    steps = _sides(config.get("strides"), axes) or (window if pooled else (1,) * axes)
    spread = _sides(config.get("dilation_rate"), axes) or (1,) * axes
    if window is None or steps is None or padding not in ("same", "valid"):
        return None
    spans = [(size - 1) * gap + 1 for size, gap in zip(window, spread, strict=True)]
    if padding == "same":
        spans = [1] * axes
    places = [_places(side, span, step) for side, span, step in zip(before[1:-1], spans, steps, strict=True)]
    channels = before[-1] if pooled else _channels(stem, config, before[-1])
    return (before[0], *places, channels) if pooled or channels else None


def _places(side: int | None, span: int, step: int) -> int | None:
    """Return how many places a window takes along a side; an open side stays open."""
    return None if side is None else max(0, (side - span) // step + 1)


def _channels(stem: str, config: Config, before: int | None) -> int | None:
    if stem == "DepthwiseConv":
        multiplier = _count(config, "depth_multiplier")
        return before * multiplier if before and multiplier else None
    return _count(config, "filters")


def _resized(stem: str, config: Config, before: Shape) -> Shape | None:
    axes = len(before) - 2
    if stem == "UpSampling":
        factors = _sides(config.get("size"), axes)
        if factors is None:
            return None
        sides = [None if side is None else side * by for side, by in zip(before[1:-1], factors, strict=True)]
        return (before[0], *sides, before[-1])
    padding = config.get("padding" if stem == "ZeroPadding" else "cropping")
    if isinstance(padding, list) and axes == 1 and not any(isinstance(side, list) for side in padding):
        padding = [padding]
    if not isinstance(padding, list) or len(padding) != axes:
        return None
    pairs = [as_shape(pair if isinstance(pair, list) else [pair, pair]) for pair in padding]
    if any(pair is None or len(pair) != 2 or None in pair for pair in pairs):
        return None
    sign = 1 if stem == "ZeroPadding" else -1
    added = [sign * sum(side or 0 for side in pair or ()) for pair in pairs]
    grown = [None if side is None else max(0, side + more) for side, more in zip(before[1:-1], added, strict=True)]
    return (before[0], *grown, before[-1])


def _sides(value: Any, axes: int) -> tuple[int, ...] | None:
    """Return a size given for each axis, or once for all; None if it is neither."""
    if _is_count(value) and value:
        return (value,) * axes
    sides = as_shape(value)
    if sides is None or len(sides) != axes or not all(sides):
        return None
    return tuple(side for side in sides if side)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TENSOR_DIMENSION


def _count(config: Config, *keys: str) -> int | None:
    """Return the first of the keys that holds a positive whole number."""
    return next((config[key] for key in keys if _is_count(config.get(key)) and config[key]), None)


def _product(sides: Shape) -> int | None:
    total = 1
    for side in sides:
        if side is None:
            return None
        total *= side
    return total


def _channels_first(config: Config) -> bool:
    return config.get("data_format") in ("channels_first", "th") or config.get("dim_ordering") == "th"
