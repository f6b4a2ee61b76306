"""Marshalled functions: which Python wrote them, and the arithmetic that they state. Nothing of them runs."""

from __future__ import annotations

import base64
import marshal
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.dialects.bytecode import affine, expression_of, python_of
from loadstone.dialects.lambdas import unpacked
from loadstone.errors import FormatError
from loadstone.wire.marshal import parse_code

LINEAR = {
    "2.7": (
        "YwEAAAABAAAAAgAAAEMAAABzDAAAAHwAAGQBABVkAgAYUygDAAAATmcAAAAAAOBfQGcAAAAAAADwPygAAAAAKAEAAAB0AQAAAHgo"
        "AAAAACgAAAAAcwcAAAA8c3RkaW4+dAgAAAA8bGFtYmRhPgIAAAB0AAAAAA=="
    ),
    "3.6 or 3.7": (
        "4wEAAAAAAAAAAQAAAAIAAABDAAAAcwwAAAB8AGQBGwBkAhgAUwApA07nAAAAAADgX0DnAAAAAAAA8D+pACkB2gF4cgMAAAByAwAA"
        "APoHPHN0ZGluPtoIPGxhbWJkYT4CAAAAcwAAAAA="
    ),
    "3.8 to 3.10": (
        "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMMAAAAfABkARsAZAIYAFMAKQNO5wAAAAAA4F9A5wAAAAAAAPA/qQCpAdoBeHIDAAAA"
        "cgMAAAD6BzxzdGRpbj7aCDxsYW1iZGE+AgAAAPMAAAAA"
    ),
    "3.11 or 3.12": (
        "4wEAAAAAAAAAAAAAAAIAAAADAAAA8xIAAACXAHwAZAF6CwAAZAJ6CgAAUwApA07nAAAAAADgX0DnAAAAAAAA8D+pAKkB2gF4cwEA"
        "AAAg+gc8c3RkaW4++gg8bGFtYmRhPnIIAAAAAgAAAHMOAAAAgACIQYhliUeQQolKgADzAAAAAA=="
    ),
    "3.13": (
        "4wEAAAAAAAAAAAAAAAIAAAADAAAA8xIAAACVAFUAUwEtCwAAUwItCgAAJAApA07nAAAAAADgX0DnAAAAAAAA8D+pAKkB2gF4cwEA"
        "AAAg2gc8c3RkaW4+2gg8bGFtYmRhPnIIAAAAAgAAAHMMAAAAgACIQYhliUeQQopK8wAAAAA="
    ),
}
"""`lambda x: x / 127.5 - 1.0`, marshalled by each Python."""


@pytest.mark.parametrize("python", LINEAR)
def test_each_python_is_named_and_its_arithmetic_read(python: str) -> None:
    raw = base64.b64decode(LINEAR[python])
    assert python_of(parse_code(raw)) == python
    found = expression_of(raw)
    assert found is not None
    assert affine(found) == pytest.approx((1 / 127.5, -1.0))


def test_python_3_5_is_told_from_3_6_by_the_width_of_its_instructions() -> None:
    # A real one: Keras 1.2.2 under Python 3.5, `lambda x: x / 255.0 - 0.5`, kept as characters.
    text = bytes.fromhex(
        "e30100000000000000010000000200000043000000730c0000007c00006401001b640200185329034ee70000000000e06f40"
        "e7000000000000e03fa9002901da017872030000007203000000fa0166da083c6c616d6264613e3d0000007300000000"
    ).decode("latin-1")
    raw = unpacked(text)
    assert raw is not None
    assert python_of(parse_code(raw)) == "3.4 or 3.5"
    found = expression_of(raw)
    assert found is not None
    assert affine(found) == pytest.approx((1 / 255, -0.5))


SOURCES = {
    "x ** 2": ("power", "x", 2),
    "-(x + 1) * 0.5": ("multiply", ("negative", ("add", "x", 1)), 0.5),
    "1 - x": ("subtract", 1, "x"),
}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the instructions of this Python are not read")
@pytest.mark.parametrize("source", SOURCES)
def test_this_pythons_arithmetic_is_read(source: str) -> None:
    code = marshal.dumps(eval(f"lambda x: {source}").__code__)
    assert expression_of(code) == SOURCES[source]


OTHERS = ("x if x else 1", "abs(x)", "x.mean()", "[x]", "x + y", "1.0", "x[0]", "x and 2", "(x, x)")


@pytest.mark.parametrize("source", OTHERS)
def test_anything_but_arithmetic_is_not_read(source: str) -> None:
    code = marshal.dumps(eval(f"lambda x: {source}").__code__)
    assert expression_of(code) is None


def test_two_arguments_are_not_read() -> None:
    assert expression_of(marshal.dumps((lambda x, y: x + y).__code__)) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    for head in (b"", b"c", b"\xe3", base64.b64decode(LINEAR["2.7"])[:40]):
        try:
            parse_code(head + data)
        except FormatError:
            continue


@given(st.integers(0, 130), st.integers(0, 255))
def test_no_changed_byte_breaks_the_reader(place: int, value: int) -> None:
    for python in LINEAR:
        raw = bytearray(base64.b64decode(LINEAR[python]))
        raw[place % len(raw)] = value
        expression_of(bytes(raw))


def test_numbers_without_an_end_are_not_read() -> None:
    long = marshal.dumps(eval(f"lambda x: x * {10**400}").__code__)
    assert expression_of(long) is None
    longer = marshal.dumps((lambda x: x).__code__.replace(co_consts=(None, 1 << 1_000_000)))
    with pytest.raises(FormatError):
        parse_code(longer)
    product = expression_of(marshal.dumps(eval("lambda x: x * 1e200 * 1e200").__code__))
    assert product is not None
    assert affine(product) is None
