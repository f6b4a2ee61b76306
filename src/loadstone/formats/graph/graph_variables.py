"""A graph's variables as it declares them: name, type and shape, without their values.

What it is: what a checkpoint must hold for the graph, stated where the checkpoint is not here.
What it is not: the values themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError
from loadstone.facts import LazyTensor, Role, Tensors, TensorSpec
from loadstone.formats.checkpoint.variable_roles import VariableNames, role_of
from loadstone.formats.dtypes import DTYPES, dtype_name
from loadstone.formats.graph.graph_nodes import Graph, text
from loadstone.formats.shapes import shape_of

if TYPE_CHECKING:
    import numpy.typing as npt

VARIABLE_OPS = (b"VariableV2", b"Variable", b"VarHandleOp")

_WIDTHS = {dtype.name: dtype.width for dtype in DTYPES.values()}
_KERAS_STATE = re.compile(r"(?:training/)?(?:Adam|SGD|RMSprop|Nadam|Adamax|Adagrad|Adadelta|Ftrl)(?:_\d+)?/")
"""Keras names its optimizer's variables below the optimizer: `Adam/conv2d/kernel/m`, `SGD/learning_rate`."""

_METRIC = re.compile(r"(?:total|count)(?:_\d+)?")
"""The two numbers that a Keras metric keeps; in a checkpoint they lie below `keras_api/metrics`."""


def variable_specs(graph: Graph) -> tuple[TensorSpec, ...]:
    """Return each variable node's name, type and shape; one without a whole shape has no known size."""
    spans = [span for span in graph.nodes if span[1] in VARIABLE_OPS]
    names = VariableNames(frozenset(text(span[0]) for span in spans))
    found = []
    for span in spans:
        name = text(span[0])
        dtype = dtype_name(graph.attribute(span, b"dtype").uint("type"))
        shape = shape_of(graph.attribute(span, b"shape").message("shape"))
        plain = TensorSpec(name, dtype, shape, role=_role(name, dtype, names))
        nbytes = plain.elements * _WIDTHS.get(dtype, 0)
        found.append(TensorSpec(name, dtype, shape, nbytes, plain.role, name))
    return tuple(found)


def _role(name: str, dtype: str, names: VariableNames) -> Role:
    if _METRIC.fullmatch(name):
        return "metadata"
    return "optimizer" if _KERAS_STATE.match(name) else role_of(name, dtype, names)


def absent_tensors(specs: tuple[TensorSpec, ...], place: str, remedy: str) -> Tensors:
    """Return the variables as tensors that cannot be read: `place` is where their values would be."""
    return Tensors(_lazy(specs, place, remedy))


def _lazy(specs: tuple[TensorSpec, ...], place: str, remedy: str) -> Iterator[LazyTensor]:
    for spec in specs:
        yield LazyTensor(spec, _absent(spec.name, place, remedy))


def _absent(name: str, place: str, remedy: str) -> Callable[[], npt.NDArray[Any]]:
    def read() -> npt.NDArray[Any]:
        raise SourceError(f"the value of the variable {name} is not here, but in {place}", where=place, help=remedy)

    return read
