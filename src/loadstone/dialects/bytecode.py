"""The instructions of a marshalled function: which Python they are of, and what arithmetic they state.

What it is: a reader of straight arithmetic on one argument (`x / 127.5 - 1.0`), from an allow-list of instructions,
as an expression. What it is not: a Python; a function that does anything else, one call or one name, is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any, TypeAlias

from loadstone.errors import LoadstoneError
from loadstone.wire.marshal import Code, parse_code

Expression: TypeAlias = "float | int | str | tuple[str, Expression] | tuple[str, Expression, Expression]"
"""A number, `x`, or an operation (`add`, `subtract`, `multiply`, `divide`, `power`, `negative`) with its operands."""

ARGUMENT = "x"
_OLD_BINARY = {19: "power", 20: "multiply", 21: "divide", 23: "add", 24: "subtract", 27: "divide"}
_NEW_BINARY = {0: "add", 5: "multiply", 8: "power", 10: "subtract", 11: "divide"}
_MOST_STEPS = 200
_LARGEST = 1e300
"""No constant beyond it is taken for arithmetic: whole numbers of Python have no end, those of a layer have."""


def python_of(code: Code) -> str:
    """Return which Python wrote a code object, as far as its layout tells: `3.6 or 3.7`."""
    if code.layout == "2":
        return "2.7"
    if code.layout == "3.0":
        return "3.6 or 3.7" if _in_words(code) else ("3.4 or 3.5" if code.referenced else "3.0 to 3.3")
    if code.layout == "3.8":
        return "3.8 to 3.10"
    first = code.instructions[:1]
    return {b"\x97": "3.11 or 3.12", b"\x95": "3.13", b"\x80": "3.14"}.get(first, "3.11 or newer")


def _in_words(code: Code) -> bool:
    """Return whether every instruction takes two bytes, as from Python 3.6 on; before, those without argument took one.

    A function ends with RETURN_VALUE (83), which stands alone in the old form and before a zero in the new.
    """
    return len(code.instructions) % 2 == 0 and code.instructions[-2:] == b"S\0"


def expression_of(data: bytes) -> Expression | None:
    """Return the arithmetic that a marshalled function of one argument computes; None where it does anything else."""
    try:
        code = parse_code(data)
    except LoadstoneError:
        return None
    if code.arguments != 1:
        return None
    stack: list[Expression] = []
    for name, value in _steps(code):
        if name == "return":
            return stack[0] if len(stack) == 1 and _uses_argument(stack[0]) else None
        if not _applied(stack, name, value):
            return None
    return None


def _applied(stack: list[Expression], name: str, value: Any) -> bool:
    if name == "push":
        stack.append(value)
    elif name == "negative" and stack:
        stack.append(("negative", stack.pop()))
    elif name == "binary" and len(stack) > 1:
        right, left = stack.pop(), stack.pop()
        stack.append((value, left, right))
    else:
        return False
    return True


def _uses_argument(expression: Expression) -> bool:
    if isinstance(expression, tuple):
        return any(_uses_argument(part) for part in expression[1:])
    return expression == ARGUMENT


def _steps(code: Code) -> Iterator[tuple[str, Any]]:
    """Yield (step, value) for each instruction; `unknown` for one that is not arithmetic."""
    new = code.layout == "3.11"
    for count, (operation, argument) in enumerate(_instructions(code)):
        if count > _MOST_STEPS:
            yield "unknown", None
            return
        yield from _new_step(code, operation, argument) if new else _old_step(code, operation, argument)


def _instructions(code: Code) -> Iterator[tuple[int, int]]:
    raw, at = code.instructions, 0
    words = code.layout in ("3.8", "3.11") or (code.layout == "3.0" and _in_words(code))
    while at < len(raw):
        operation = raw[at]
        if words:
            yield operation, raw[at + 1] if at + 1 < len(raw) else 0
            at += 2
        elif operation >= 90:
            # HAVE_ARGUMENT: from 90 on an instruction had two bytes of argument.
            yield operation, int.from_bytes(raw[at + 1 : at + 3], "little")
            at += 3
        else:
            yield operation, 0
            at += 1


def _old_step(code: Code, operation: int, argument: int) -> Iterator[tuple[str, Any]]:
    if operation == 124:
        yield _local(argument)
    elif operation == 100:
        yield _constant(code, argument)
    elif operation in _OLD_BINARY and not (operation == 21 and code.layout != "2"):
        yield "binary", _OLD_BINARY[operation]
    elif operation == 11:
        yield "negative", None
    elif operation == 83:
        yield "return", None
    else:
        yield "unknown", None


_NEW = {
    "\x97": {"local": 124, "constant": 100, "binary": 122, "negative": 11, "return": 83},
    "\x95": {"local": 85, "constant": 83, "binary": 45, "negative": 42, "return": 36},
}
"""RESUME of 3.11 and 3.12, and of 3.13 → the numbers of the instructions that matter; each Python renumbers them."""


def _new_step(code: Code, operation: int, argument: int) -> Iterator[tuple[str, Any]]:
    numbers = _NEW.get(chr(code.instructions[0]))
    if numbers is None:
        yield "unknown", None
    elif operation in (0, code.instructions[0]):
        # CACHE, room for the interpreter's own notes, and RESUME, the beginning of every function.
        return
    elif operation == numbers["local"]:
        yield _local(argument)
    elif operation == numbers["constant"]:
        yield _constant(code, argument)
    elif operation == numbers["binary"] and argument in _NEW_BINARY:
        yield "binary", _NEW_BINARY[argument]
    elif operation == numbers["negative"]:
        yield "negative", None
    elif operation == numbers["return"]:
        yield "return", None
    else:
        yield "unknown", None


def _local(argument: int) -> tuple[str, Any]:
    return ("push", ARGUMENT) if argument == 0 else ("unknown", None)


def _constant(code: Code, argument: int) -> tuple[str, Any]:
    value = code.constants[argument] if argument < len(code.constants) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > _LARGEST:
        return "unknown", None
    return "push", value


def affine(expression: Expression) -> tuple[float, float] | None:
    """Return (scale, offset) of an expression that is scale · x + offset, both finite, else None."""
    if expression == ARGUMENT:
        return 1.0, 0.0
    if isinstance(expression, (int, float)):
        return 0.0, float(expression)
    if not isinstance(expression, tuple):
        return None
    parts = [affine(part) for part in expression[1:]]
    if any(part is None for part in parts):
        return None
    found = _combined(expression[0], [part for part in parts if part is not None])
    return found if found is not None and all(map(isfinite, found)) else None


def _combined(operation: str, parts: list[tuple[float, float]]) -> tuple[float, float] | None:
    (scale, offset), *rest = parts
    if operation == "negative":
        return -scale, -offset
    (other, constant) = rest[0]
    if operation == "add":
        return scale + other, offset + constant
    if operation == "subtract":
        return scale - other, offset - constant
    if operation == "multiply" and (scale == 0 or other == 0):
        return scale * constant + other * offset, offset * constant
    if operation == "divide" and other == 0 and constant != 0:
        return scale / constant, offset / constant
    return None
