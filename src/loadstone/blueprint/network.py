"""A neural network as data: nodes with operations, shapes and named variables, and the builder that writes it.

It is not a framework: nothing is computed. `Network.variables` is what a checkpoint has to hold;
`detectors` turns the same nodes into Keras layers, `runtime` into OpenVINO operations.
Shapes are (height, width, channels) without the batch; a height or width that only the picture decides is None.
Layout and padding follow TensorFlow: NHWC; "same" pads so that out = ceil(in / stride), the smaller half first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Side = int | None
Shape = tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its key in a TF2 object graph (without `/.ATTRIBUTES/VARIABLE_VALUE`), name and shape.

    `name` is the variable's own name (`Conv1/kernel`), as SavedModels and Keras files know it.
    `slim` is its name in a TF1 checkpoint, empty where the architecture had no TF1 form.
    """

    key: str
    name: str
    shape: tuple[int, ...]
    slim: str = ""
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a layer's variables live: in the object graph, by variable name, and in TF1's slim naming."""

    key: str
    name: str
    slim: str = ""

    def variable(self, attribute: str, shape: Sequence[int], *, trainable: bool = True) -> Variable:
        """Return a variable of the layer that lives here; its one name is the slim one where there is no `key`."""
        slim = f"{self.slim}/{SLIM_NAMES.get(attribute, attribute)}" if self.slim else ""
        if not self.key:
            return Variable(slim, slim, tuple(shape), slim, trainable)
        return Variable(f"{self.key}/{attribute}", f"{self.name}/{attribute}", tuple(shape), slim, trainable)


SLIM_NAMES = {
    "kernel": "weights",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
    "bias": "biases",
}
"""tf.contrib.slim's names for what Keras calls otherwise; batch norm's are the same in both."""


def keras_name(scope: str) -> str:
    """Return a scope as a Keras name: `--` for slashes, which Keras keeps for itself, `---` for PyTorch's dots.

    No slash stands beside a dot. TensorFlow refuses most other letters.
    """
    return scope.replace(".", "---").replace("/", "--")


def scope_named(name: str) -> str:
    """Return the scope that `keras_name` made a name of."""
    return name.replace("---", ".").replace("--", "/")


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `inputs` are positions of earlier nodes; `attributes` are plain values named as in Keras."""

    operation: str
    inputs: tuple[int, ...]
    shape: Shape
    attributes: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes in an order in which each follows its inputs, and the positions of the named outputs."""

    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]

    @property
    def used(self) -> list[Node]:
        """The nodes that some output needs, in their order."""
        needed = self.reachable()
        return [node for position, node in enumerate(self.nodes) if position in needed]

    @property
    def variables(self) -> dict[str, Variable]:
        """Every variable by key, each once, in the order of first use."""
        return {variable.key: variable for node in self.nodes for variable in node.variables}

    def reachable(self) -> set[int]:
        """Return the positions of the nodes that some output needs; the rest only hold variables."""
        needed: set[int] = set()
        waiting = list(self.outputs.values())
        while waiting:
            position = waiting.pop()
            if position not in needed:
                needed.add(position)
                waiting += self.nodes[position].inputs
        return needed


@dataclass(frozen=True, slots=True)
class Tensor:
    """A handle on a node's result while a network is written."""

    position: int
    shape: Shape

    @property
    def channels(self) -> int:
        """The last dimension, which is always known."""
        last = self.shape[-1]
        if last is None:
            raise ValueError("a tensor's channels are always known")
        return last


Padding = str | int
"""`"same"`, `"valid"`, or a number of zeros put on every side before a valid convolution."""

DROPPED = ("values", "channels", "pictures")
"""What a dropout goes over; over pictures it is stochastic depth (Huang et al., 2016)."""

Around = tuple[tuple[int, int], tuple[int, int]]
"""((above, below), (left, right)), in pixels of the map."""

ACTIVATIONS = (
    "relu", "relu6", "swish", "sigmoid", "softmax", "hard_swish", "hard_sigmoid",
    "gelu", "gelu_tanh", "tanh", "elu", "leaky_relu", "softplus", "mish",
)  # fmt: skip
"""Kinds of activation. `gelu` is exact, `gelu_tanh` its approximation (Hendrycks and Gimpel, 2016)."""


def window_side(side: Side, window: int, stride: int, padding: Padding) -> Side:
    """Return the output side of a sliding window."""
    if side is None:
        return None
    if padding == "same":
        return -(-side // stride)
    border = padding if isinstance(padding, int) else 0
    return (side + 2 * border - window) // stride + 1


class Writer:
    """Writes a network node by node; every method returns the handle of its result."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._outputs: dict[str, int] = {}

    def network(self) -> Network:
        """Return what was written."""
        return Network(tuple(self._nodes), dict(self._outputs))

    def output(self, name: str, tensor: Tensor) -> None:
        """Name a result."""
        self._outputs[name] = tensor.position

    def _put(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        shape: Shape,
        *,
        variables: Sequence[Variable] = (),
        name: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> Tensor:
        positions = tuple(tensor.position for tensor in inputs)
        self._nodes.append(Node(operation, positions, shape, attributes or {}, tuple(variables), name))
        return Tensor(len(self._nodes) - 1, shape)

    def copy(self, node: Node) -> Tensor:
        """Add a node of another network whose inputs are positions in this one."""
        self._nodes.append(node)
        return Tensor(len(self._nodes) - 1, node.shape)

    def picture(self, height: Side, width: Side) -> Tensor:
        """The preprocessed picture: float32 (height, width, 3)."""
        return self._put("input", (), (height, width, 3), name="picture")

    def input(self, name: str, shape: Shape) -> Tensor:
        """A map that another network computes, many at once (one a proposal)."""
        return self._put("input", (), shape, name=name, attributes={"many": True})

    def conv(
        self,
        x: Tensor,
        at: Scope,
        filters: int,
        window: int | tuple[int, int] = 1,
        *,
        stride: int = 1,
        bias: bool = False,
        padding: Padding = "same",
        dilation: int = 1,
        groups: int = 1,
    ) -> Tensor:
        """2-D convolution; kernel (window, window, in / groups, filters), or (height, width, …) for a pair."""
        high, wide = window if isinstance(window, tuple) else (window, window)
        variables = [at.variable("kernel", (high, wide, x.channels // groups, filters))]
        if bias:
            variables.append(at.variable("bias", (filters,)))
        sides = (
            window_side(x.shape[0], (high - 1) * dilation + 1, stride, padding),
            window_side(x.shape[1], (wide - 1) * dilation + 1, stride, padding),
        )
        attributes = {"stride": stride, "padding": padding, "dilation": dilation}
        if groups > 1:
            attributes["groups"] = groups
        return self._put("conv", [x], (*sides, filters), variables=variables, name=at.name, attributes=attributes)

    def conv_transpose(
        self, x: Tensor, at: Scope, filters: int, window: int, *, stride: int, bias: bool = True
    ) -> Tensor:
        """Transposed convolution; sides times `stride` ("same"); kernel (window, window, filters, in)."""
        variables = [at.variable("kernel", (window, window, filters, x.channels))]
        if bias:
            variables.append(at.variable("bias", (filters,)))
        sides = tuple(None if side is None else side * stride for side in x.shape[:2])
        attributes = {"stride": stride, "padding": "same"}
        return self._put(
            "conv_transpose", [x], (*sides, filters), variables=variables, name=at.name, attributes=attributes
        )

    def depthwise(
        self,
        x: Tensor,
        at: Scope,
        window: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        padding: Padding = "same",
        bias: bool = False,
        multiplier: int = 1,
        dilation: int = 1,
    ) -> Tensor:
        """Depthwise convolution, each channel to `multiplier`; kernel (window, window, in, multiplier)."""
        high, wide = window if isinstance(window, tuple) else (window, window)
        channels = x.channels * multiplier
        variables = [at.variable("depthwise_kernel", (high, wide, x.channels, multiplier))]
        if bias:
            variables.append(at.variable("bias", (channels,)))
        sides = (
            window_side(x.shape[0], (high - 1) * dilation + 1, stride, padding),
            window_side(x.shape[1], (wide - 1) * dilation + 1, stride, padding),
        )
        attributes = {"stride": stride, "padding": padding}
        if dilation > 1:
            attributes["dilation"] = dilation
        return self._put("depthwise", [x], (*sides, channels), variables=variables, name=at.name, attributes=attributes)

    def separable(
        self,
        x: Tensor,
        at: Scope,
        filters: int,
        window: int = 3,
        *,
        stride: int = 1,
        bias: bool = False,
        multiplier: int = 1,
        padding: Padding = "same",
    ) -> Tensor:
        """Depthwise (each channel to `multiplier`), then pointwise convolution, nothing between."""
        variables = [
            at.variable("depthwise_kernel", (window, window, x.channels, multiplier)),
            at.variable("pointwise_kernel", (1, 1, x.channels * multiplier, filters)),
        ]
        if bias:
            variables.append(at.variable("bias", (filters,)))
        sides = self._slide(x, window, stride, padding)
        attributes = {"stride": stride, "padding": padding}
        return self._put("separable", [x], (*sides, filters), variables=variables, name=at.name, attributes=attributes)

    def _slide(self, x: Tensor, window: int, stride: int, padding: Padding) -> tuple[Side, Side]:
        return (
            window_side(x.shape[0], window, stride, padding),
            window_side(x.shape[1], window, stride, padding),
        )

    def batch_norm(
        self, x: Tensor, at: Scope, *, epsilon: float, scale: bool = True, momentum: float | None = None
    ) -> Tensor:
        """Inference: gamma · (x − moving_mean) / √(moving_variance + epsilon) + beta; no gamma without `scale`.

        `momentum` is what the moving values keep of themselves at a step of training, where it is known.
        """
        size = (x.channels,)
        variables = [at.variable("gamma", size)] if scale else []
        variables.append(at.variable("beta", size))
        variables.append(at.variable("moving_mean", size, trainable=False))
        variables.append(at.variable("moving_variance", size, trainable=False))
        attributes: dict[str, Any] = {"epsilon": epsilon, "scale": scale}
        if momentum is not None:
            attributes["momentum"] = momentum
        return self._put("batch_norm", [x], x.shape, variables=variables, name=at.name, attributes=attributes)

    def layer_norm(self, x: Tensor, at: Scope, *, epsilon: float, center: bool = True) -> Tensor:
        """gamma · (x − μ) / √(σ² + epsilon) + beta, μ and σ over the channels of each place (Ba et al., 2016)."""
        variables = [at.variable(name, (x.channels,)) for name in ("gamma", "beta")[: 2 if center else 1]]
        attributes = {"epsilon": epsilon, "center": center}
        return self._put("layer_norm", [x], x.shape, variables=variables, name=at.name, attributes=attributes)

    def channel_scale(self, x: Tensor, at: Scope, *, shared: bool = False) -> Tensor:
        """Multiply each channel by its own variable (LayerScale; Touvron et al., 2021), or all by a `shared` one."""
        variables = [at.variable("gamma", (1 if shared else x.channels,))]
        return self._put("channel_scale", [x], x.shape, variables=variables, name=at.name)

    def channel_offset(self, x: Tensor, at: Scope, *, shared: bool = False) -> Tensor:
        """Add a variable of its own to each channel, or a `shared` one to all."""
        variables = [at.variable("beta", (1 if shared else x.channels,))]
        return self._put("channel_offset", [x], x.shape, variables=variables, name=at.name)

    def slice(self, x: Tensor, first: int, last: int) -> Tensor:
        """Take the channels from `first` up to, without, `last`."""
        attributes = {"first": first, "last": last}
        return self._put("slice", [x], (*x.shape[:-1], last - first), attributes=attributes)

    def affine(self, x: Tensor, factor: Sequence[float], offset: Sequence[float]) -> Tensor:
        """x · factor + offset, constants: one of each, or one a channel."""
        attributes = {"factor": tuple(factor), "offset": tuple(offset)}
        return self._put("affine", [x], x.shape, attributes=attributes)

    def reverse(self, x: Tensor) -> Tensor:
        """The channels in the other order. Only in front of a network: engines have no form of it."""
        return self._put("reverse", [x], x.shape)

    def dropout(self, x: Tensor, rate: float, over: str = "values") -> Tensor:
        """Nothing but in training, where a share of what it goes `over` is 0 and the rest grows: one of `DROPPED`."""
        return self._put("dropout", [x], x.shape, attributes={"rate": rate, "over": over})

    def pad(self, x: Tensor, around: Around) -> Tensor:
        """Put zeros around: ((above, below), (left, right))."""
        return self._put("pad", [x], (*_grown(x, around, 1), x.channels), attributes={"around": around})

    def crop(self, x: Tensor, around: Around) -> Tensor:
        """Take rows and columns away: ((above, below), (left, right))."""
        return self._put("crop", [x], (*_grown(x, around, -1), x.channels), attributes={"around": around})

    def fitted(self, x: Tensor, like: Tensor) -> Tensor:
        """Take away the last rows and columns that `like` has not: doubling makes an odd side one too long."""
        pairs = list(zip(x.shape[:2], like.shape[:2], strict=True))
        extra = [(own or 0) - (wanted or 0) if own and wanted else 0 for own, wanted in pairs]
        return self.crop(x, ((0, extra[0]), (0, extra[1]))) if any(side > 0 for side in extra) else x

    def activation(self, x: Tensor, kind: str, alpha: float | None = None) -> Tensor:
        """One of `ACTIVATIONS`; `linear` adds no node. `alpha` is the slope (`leaky_relu`) or scale (`elu`) below 0."""
        attributes: dict[str, Any] = {"kind": kind}
        if alpha is not None:
            attributes["alpha"] = alpha
        return x if kind == "linear" else self._put("activation", [x], x.shape, attributes=attributes)

    def add(self, *tensors: Tensor) -> Tensor:
        """Sum of equal shapes."""
        return self._put("add", tensors, tensors[0].shape)

    def multiply(self, x: Tensor, by: Tensor) -> Tensor:
        """Product, `by` broadcast over places where its sides are 1."""
        return self._put("multiply", [x, by], x.shape)

    def scale(self, x: Tensor, factor: float) -> Tensor:
        """Multiply by a constant."""
        return self._put("scale", [x], x.shape, attributes={"factor": factor})

    def concat(self, *tensors: Tensor) -> Tensor:
        """Concatenate along the channels."""
        channels = sum(tensor.channels for tensor in tensors)
        return self._put("concat", tensors, (*tensors[0].shape[:-1], channels))

    def upsample(self, x: Tensor, factor: int = 2) -> Tensor:
        """Repeat every pixel `factor` times along both sides (nearest)."""
        sides = tuple(None if side is None else side * factor for side in x.shape[:2])
        return self._put("upsample", [x], (*sides, x.channels), attributes={"factor": factor})

    def max_pool(
        self, x: Tensor, window: int, *, stride: int, padding: Padding = "same", around: Around | None = None
    ) -> Tensor:
        """Largest value in the window; padding never wins ("same" and "valid") or counts as 0 (a number).

        `around`, ((above, below), (left, right)), are places put around a "valid" one that never win.
        """
        grown = _grown(x, around, 1) if around else x.shape[:2]
        sides = tuple(window_side(side, window, stride, padding) for side in grown)
        attributes: dict[str, Any] = {"window": window, "stride": stride, "padding": padding}
        if around:
            attributes["around"] = around
        return self._put("max_pool", [x], (*sides, x.channels), attributes=attributes)

    def average_pool(self, x: Tensor, window: int, *, stride: int, padding: Padding = "same") -> Tensor:
        """Mean over the part of the window that lies inside."""
        sides = self._slide(x, window, stride, padding)
        attributes = {"window": window, "stride": stride, "padding": padding}
        return self._put("average_pool", [x], (*sides, x.channels), attributes=attributes)

    def mean(self, x: Tensor, *, keep_sides: bool = False) -> Tensor:
        """Mean over height and width; `keep_sides` leaves them as 1 × 1."""
        shape: Shape = (1, 1, x.channels) if keep_sides else (x.channels,)
        return self._put("mean", [x], shape, attributes={"keep_sides": keep_sides})

    def flatten(self, x: Tensor) -> Tensor:
        """Put a map's values, row by row, into one row."""
        count = _cells(x.shape)
        return self._put("flatten", [x], (count,))

    def reshape(self, x: Tensor, shape: Shape) -> Tensor:
        """The same values, in the same order (the last axis runs first), under another shape of three axes."""
        return self._put("reshape", [x], shape)

    def transpose(self, x: Tensor, axes: Sequence[int]) -> Tensor:
        """Put the three axes into another order; the batch is not counted."""
        shape = tuple(x.shape[axis] for axis in axes)
        return self._put("transpose", [x], shape, attributes={"axes": tuple(axes)})

    def matmul(self, x: Tensor, y: Tensor) -> Tensor:
        """Products of matrices: (g, n, k) with (g, k, m) gives (g, n, m)."""
        return self._put("matmul", [x, y], (*x.shape[:2], y.channels))

    def resize(self, x: Tensor, height: int, width: int) -> Tensor:
        """Bilinear, corners on corners (`align_corners`)."""
        return self._put("resize", [x], (height, width, x.channels))

    def dense(self, x: Tensor, at: Scope, units: int) -> Tensor:
        """Fully connected layer with bias; kernel (in, units)."""
        variables = [at.variable("kernel", (x.channels, units)), at.variable("bias", (units,))]
        return self._put("dense", [x], (*x.shape[:-1], units), variables=variables, name=at.name)

    def weighted_sum(self, tensors: Sequence[Tensor], weights: Variable) -> Tensor:
        """BiFPN's fast attention: Σ relu(wᵢ)·xᵢ / (Σ relu(w) + 1e-4) (EfficientDet, section 3.3)."""
        return self._put("weighted_sum", tensors, tensors[0].shape, variables=[weights], attributes={"epsilon": 1e-4})

    def rows(self, tensors: Sequence[Tensor], columns: int) -> Tensor:
        """Flatten every map (H, W, A·columns) to (H·W·A, columns) and put them one after the other."""
        counts = [_cells(tensor.shape) for tensor in tensors]
        known = [count for count in counts if count is not None]
        total = sum(known) // columns if len(known) == len(counts) else None
        return self._put("rows", tensors, (total, columns), attributes={"columns": columns})


def _grown(x: Tensor, around: Around, sign: int) -> list[Side]:
    """Return the sides with what is put around them, or (−1) taken away."""
    return [None if side is None else side + sign * sum(ends) for side, ends in zip(x.shape[:2], around, strict=True)]


def _cells(shape: Shape) -> int | None:
    """Return the number of values in a map, or None where a side is open."""
    known = [side for side in shape if side is not None]
    return math.prod(known) if len(known) == len(shape) else None
