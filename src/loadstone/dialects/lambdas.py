"""Lambda layers: which Python wrote their code, and stock layers in the place of those that are plain arithmetic.

The code is read as bytes and never run. What it computes is known only where it is arithmetic on the layer's input;
any other Lambda is an obstacle, with the Python that wrote it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from loadstone.dialects.bytecode import ARGUMENT, Expression, affine, expression_of, python_of
from loadstone.dialects.graph import as_functional, edge, edges_of, operation
from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import Config, children, is_functional, layer_list, name_of, own, where_of
from loadstone.errors import LoadstoneError
from loadstone.formats.keras.keras_layers import is_object
from loadstone.wire.marshal import parse_code

FAULT = "lambda-safe-mode"
_OPERATIONS = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "divide": "TrueDivide", "power": "Power"}


def code_bytes(layer: Config) -> bytes | None:
    """Return the marshalled function of a Lambda layer; None where it names a function or holds none."""
    function = own(layer).get("function")
    if is_object(function):
        inner = function["config"]
        function = inner.get("code", inner.get("value")) if isinstance(inner, dict) else None
    if isinstance(function, list):
        function = function[0] if function else None
    elif is_object(own(layer).get("function")) is False:
        return None
    return unpacked(function) if isinstance(function, str) else None


def unpacked(text: str) -> bytes | None:
    """Return marshalled bytes out of text: base64 as Keras writes it, or the bytes as characters, as to 2.0.9."""
    if text[:1] in ("c", "\u00e3"):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def python_of_lambda(layer: Config) -> str:
    """Return which Python wrote a Lambda's code (`3.6 or 3.7`); empty where that cannot be told."""
    raw = code_bytes(layer)
    try:
        return python_of(parse_code(raw)) if raw else ""
    except LoadstoneError:
        return ""


def replace_lambdas(model: Config, ledger: Ledger) -> None:
    """Replace each Lambda of a model that is arithmetic by what computes the same; note the others."""
    for layer in children(model):
        if layer["class_name"] != "Lambda":
            continue
        raw = code_bytes(layer)
        found = expression_of(raw) if raw and not own(layer).get("arguments") else None
        if found is None or not _replaced(model, layer, found, ledger):
            _obstacle(layer, raw, ledger)


def _obstacle(layer: Config, raw: bytes | None, ledger: Ledger) -> None:
    if raw is None:
        function = own(layer).get("function")
        named = function.get("config") if is_object(function) else function
        ledger.obstacle("custom-object-not-registered", where_of(layer), "function", named, "that Python function")
        return
    python = python_of_lambda(layer)
    ledger.obstacle(FAULT, where_of(layer), "function", f"{len(raw):,} bytes of Python {python}".strip(), "its source")


def _replaced(model: Config, layer: Config, found: Expression, ledger: Ledger) -> bool:
    scaled = affine(found)
    if scaled is not None:
        _rescale(layer, *scaled)
    elif not is_functional(model):
        # A Sequential model holds layers only: as a graph of one line it can hold operations too.
        if not as_functional(model, ledger):
            return False
        return _replaced(
            model, next(item for item in children(model) if name_of(item) == name_of(layer)), found, ledger
        )
    elif len(edges_of(layer)) == 1:
        _as_operations(model, layer, found)
    else:
        # Called more than once, each of its operations would have to stand there as often.
        return False
    after = f"Rescaling({scaled[0]:g}, offset={scaled[1]:g})" if scaled else shown_expression(found)
    reason = "its code is plain arithmetic, which stock layers do as well"
    ledger.change(FAULT, f"Lambda {name_of(layer)}", "function", "marshalled Python code", after, reason=reason)
    return True


def _rescale(layer: Config, scale: float, offset: float) -> None:
    config = own(layer)
    kept = {key: config[key] for key in ("name", "trainable", "dtype", "batch_input_shape") if key in config}
    layer["class_name"] = "Rescaling"
    layer["config"] = {**kept, "scale": scale, "offset": offset}
    if "module" in layer:
        layer |= {"module": "keras.layers", "registered_name": None}


def _as_operations(model: Config, layer: Config, found: Expression) -> None:
    """Put a chain of operations, of which the last has the layer's name, where a layer stands."""
    (source,) = edges_of(layer)
    place = layer_list(model)
    at = place.index(layer)
    name = name_of(layer)
    made: list[Config] = []
    values: list[Any] = []
    steps = list(_postorder(found))
    for number, step in enumerate(steps, 1):
        if not isinstance(step, tuple):
            values.append(edge(*source) if step == ARGUMENT else step)
            continue
        called = name if number == len(steps) else f"{name}_{len(made)}"
        kind, arguments = _operands(step, values)
        made.append(operation("keras.src.ops.numpy", kind, called, [arguments], {}))
        values.append(edge(called, 0, 0))
    place[at : at + 1] = made


def _operands(step: tuple[Any, ...], values: list[Any]) -> tuple[str, list[Any]]:
    if step[0] == "negative":
        return "Negative", [values.pop()]
    right, left = values.pop(), values.pop()
    return _OPERATIONS[step[0]], [left, right]


def _postorder(expression: Expression) -> Iterator[Any]:
    if isinstance(expression, tuple):
        for part in expression[1:]:
            yield from _postorder(part)
    yield expression


def shown_expression(expression: Expression) -> str:
    """Return an expression as one writes it."""
    if not isinstance(expression, tuple):
        return str(expression)
    operation_, *parts = expression
    told = [shown_expression(part) for part in parts]
    if operation_ == "negative":
        return f"-({told[0]})"
    sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}[operation_]
    return f"({told[0]} {sign} {told[1]})"
