"""TensorFlow's functions in a functional model of Keras 2 → the operations of Keras 3.

Keras 2.4 to 2.15 wrapped each call of a TensorFlow function on a layer's output into a `TFOpLambda` layer that names
the function, and slices into a `SlicingOpLambda`. Keras 3 has neither; its own models hold operations in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from loadstone.dialects.graph import edge, operation
from loadstone.dialects.ledger import Ledger
from loadstone.dialects.slices import slice_of
from loadstone.dialects.tree import Config, children, layer_list, name_of, nodes_of, own

FAULT = "keras2-h5-in-keras3-tfoplambda"
CLASSES = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceProperty", "InstanceMethod")
CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True, slots=True)
class _Op:
    """An operation of Keras 3: its module under `keras.src.ops`, its class, and what becomes of the arguments.

    `operands` are keywords whose values are inputs after the first. `settings` maps keywords to the operation's own;
    `fixed` are settings that the function implies; `assumed` are keywords with the only value that is understood.
    """

    module: str
    name: str
    operands: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    assumed: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def _plain(module: str, **names: str) -> dict[str, _Op]:
    return {function: _Op(module, name) for function, name in names.items()}


def _binary(**names: str) -> dict[str, _Op]:
    return {function: _Op("numpy", name, ("y",)) for function, name in names.items()}


def _reduced(**names: str) -> dict[str, _Op]:
    settings = {"axis": "axis", "keepdims": "keepdims", "keep_dims": "keepdims"}
    return {function: _Op("numpy", name, settings=settings) for function, name in names.items()}


_MATMUL_FLAGS = ("transpose_a", "transpose_b", "adjoint_a", "adjoint_b", "a_is_sparse", "b_is_sparse")
_AXIS = {"axis": "axis", "dim": "axis"}
_BY_LAST_NAME: Mapping[str, _Op] = {
    **_binary(
        add="Add", subtract="Subtract", multiply="Multiply", truediv="TrueDivide", divide="TrueDivide",
        maximum="Maximum", minimum="Minimum", pow="Power", floordiv="FloorDivide", sub="Subtract", mul="Multiply",
        greater="Greater", greater_equal="GreaterEqual", less="Less", less_equal="LessEqual", equal="Equal",
        not_equal="NotEqual", logical_and="LogicalAnd", logical_or="LogicalOr", div="TrueDivide", add_v2="Add",
    ),
    **_reduced(
        reduce_mean="Mean", reduce_sum="Sum", reduce_max="Max", reduce_min="Min", reduce_prod="Prod",
        reduce_std="Std", reduce_variance="Var", reduce_any="Any", reduce_all="All",
    ),
    **_plain(
        "numpy", abs="Absolute", negative="Negative", exp="Exp", log="Log", sqrt="Sqrt", square="Square", sin="Sin",
        cos="Cos", tanh="Tanh", floor="Floor", ceil="Ceil", sign="Sign", log1p="Log1p", ones_like="OnesLike",
        zeros_like="ZerosLike", neg="Negative", logical_not="LogicalNot",
    ),
    **_plain("math", rsqrt="Rsqrt", erf="Erf"),
    **_plain(
        "nn", relu="Relu", relu6="Relu6", sigmoid="Sigmoid", softplus="Softplus", softsign="Softsign", elu="Elu",
        selu="Selu", silu="Silu", swish="Silu",
    ),
    "softmax": _Op("nn", "Softmax", settings=_AXIS),
    "log_softmax": _Op("nn", "LogSoftmax", settings=_AXIS),
    "leaky_relu": _Op("nn", "LeakyRelu", settings={"alpha": "negative_slope"}),
    "gelu": _Op("nn", "Gelu", settings={"approximate": "approximate"}, fixed={"approximate": False}),
    "l2_normalize": _Op(
        "nn", "Normalize", settings=_AXIS, fixed={"order": 2, "epsilon": 1e-6}, assumed={"epsilon": (1e-12,)}
    ),
    "clip_by_value": _Op("numpy", "Clip", settings={"clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "reshape": _Op("numpy", "Reshape", settings={"shape": "newshape"}),
    "transpose": _Op("numpy", "Transpose", settings={"perm": "axes"}, assumed={"conjugate": (False,)}),
    "expand_dims": _Op("numpy", "ExpandDims", settings={"axis": "axis"}),
    "squeeze": _Op("numpy", "Squeeze", settings={"axis": "axis", "squeeze_dims": "axis"}),
    "concat": _Op("numpy", "Concatenate", settings={"axis": "axis"}),
    "stack": _Op("numpy", "Stack", settings={"axis": "axis"}),
    "split": _Op("numpy", "Split", settings={"num_or_size_splits": "indices_or_sections", "axis": "axis"}),
    "tile": _Op("numpy", "Tile", settings={"multiples": "repeats"}),
    "repeat": _Op("numpy", "Repeat", settings={"repeats": "repeats", "axis": "axis"}),
    "argmax": _Op("numpy", "Argmax", settings={"axis": "axis"}),
    "cast": _Op("core", "Cast", settings={"dtype": "dtype"}),
    "matmul": _Op(
        "numpy", "Matmul", ("b",),
        assumed=dict.fromkeys(_MATMUL_FLAGS, (False,)),
    ),
    "where": _Op("numpy", "Where", ("x", "y")),
    "pad": _Op(
        "numpy", "Pad", settings={"paddings": "pad_width"},
        assumed={"mode": ("CONSTANT",), "constant_values": (0, 0.0)},
    ),
    "resize": _Op(
        "image", "Resize", settings={"size": "size", "method": "interpolation"}, fixed={"data_format": "channels_last"},
        assumed={"antialias": (False,), "preserve_aspect_ratio": (False,)},
    ),
    "resize_bilinear": _Op(
        "image", "Resize", settings={"size": "size"}, fixed={"data_format": "channels_last"},
        assumed={"align_corners": (False,), "half_pixel_centers": (True,)},
    ),
}  # fmt: skip
"""A function's name without what stands before its last dot → its operation."""

_ALWAYS_IGNORED = ("name",)
_HOUSES = ("", "math", "nn", "linalg", "image", "__operators__", "compat.v1", "compat.v1.math", "compat.v1.nn",
           "compat.v1.image", "keras.backend", "keras.activations")  # fmt: skip


def replace_operations(model: Config, ledger: Ledger) -> None:
    """Replace TensorFlow's functions in a functional model by operations; note those that Keras 3 has none for."""
    place = layer_list(model)
    for layer in children(model):
        class_name = layer["class_name"].rpartition(">")[2]
        if class_name not in CLASSES:
            continue
        function = own(layer).get("function") or own(layer).get("attr_name") or own(layer).get("method_name")
        made = _sliced(layer, ledger) if class_name == "SlicingOpLambda" else _operation(layer, function)
        if made is None:
            ledger.obstacle(FAULT, f"{class_name} {name_of(layer)}", "function", function, "Keras 2")
            continue
        place[place.index(layer)] = made
        module = str(made["module"]).rpartition(".")[2]
        ledger.change(
            FAULT, f"{class_name} {name_of(layer)}", "function", function, f"keras.ops.{module}.{made['class_name']}"
        )


def _operation(layer: Config, function: Any) -> Config | None:
    house, _, last = str(function).rpartition(".")
    op = _BY_LAST_NAME.get(last)
    if op is None or house not in _HOUSES:
        return None
    calls = [_call(node, op) for node in nodes_of(layer)]
    if not calls or any(call is None for call in calls):
        return None
    settled = [call for call in calls if call is not None]
    if any(config != settled[0][1] for _, config in settled):
        # One layer called twice with other arguments would have to become two.
        return None
    module = f"keras.src.ops.{op.module}"
    return operation(module, op.name, name_of(layer), [args for args, _ in settled], settled[0][1])


def _call(node: Any, op: _Op) -> tuple[list[Any], Config] | None:
    """Return (inputs, settings) of one call; None where it asks for something that is not understood."""
    if not isinstance(node, list) or not node:
        return None
    many = isinstance(node[0], list)
    inputs = [_input(item) for item in node] if many else [_input(node)]
    keywords = (node[0] if many else node)[3] if len(node[0] if many else node) > 3 else {}
    if not isinstance(keywords, dict) or any(item is None for item in inputs):
        return None
    config: Config = dict(op.fixed)
    operands: dict[str, Any] = {}
    for key, value in keywords.items():
        if key in op.operands:
            operands[key] = _operand(value)
        elif key in op.settings:
            if value is not None:
                config[op.settings[key]] = value
        elif key not in _ALWAYS_IGNORED and value is not None and value not in op.assumed.get(key, ()):
            return None
    if sorted(operands) != sorted(op.operands):
        return None
    first: list[Any] = [inputs] if many else inputs
    settings = _settled(op, config)
    return None if settings is None else ([*first, *(operands[key] for key in op.operands)], settings)


def _settled(op: _Op, config: Config) -> Config | None:
    """Return settings in the values that the operation wants; None where they mean another thing there, or nothing."""
    if op.name in ("Argmax", "ExpandDims") and "axis" not in config:
        # TensorFlow takes the first axis, `keras.backend` the last, and Keras 3's operation all or none.
        return None
    if op.name == "Split" and isinstance(config.get("indices_or_sections"), list):
        # TensorFlow states sizes, NumPy and Keras the places of the cuts.
        sizes = config["indices_or_sections"][:-1]
        if any(size < 0 for size in sizes):
            # What is left over: nobody can say where it ends without the shape.
            return None
        config["indices_or_sections"] = list(accumulate(sizes))
    return config


def _input(item: Any) -> Any:
    if not isinstance(item, list) or len(item) < 3:
        return None
    return _operand(item[2]) if item[0] == CONSTANT else edge(item[0], item[1], item[2])


def _operand(value: Any) -> Any:
    """Return an operand: another layer's output, an array, or a number."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return edge(value[0], value[1], value[2])
    if isinstance(value, list):
        return {"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}}
    return value


def _sliced(layer: Config, ledger: Ledger) -> Config | None:
    calls, found = [], None
    for node in nodes_of(layer):
        keywords = node[3] if isinstance(node, list) and len(node) > 3 else None
        if not isinstance(keywords, dict) or not isinstance(node[0], str) or node[0] == CONSTANT:
            return None
        found = slice_of(keywords.get("slice_spec"), in_archive=ledger.container == "archive")
        if found is None:
            return None
        calls.append([edge(node[0], node[1], node[2]), *([] if found[1] is None else [found[1]])])
    return operation("keras.src.ops.numpy", found[0], name_of(layer), calls, found[2]) if found else None
