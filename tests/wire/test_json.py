"""Bounded JSON: what the standard library reads, minus what readers would disagree about."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.json import nesting, parse_json
from loadstone.wire.limits import JSON_DEPTH, JSON_VALUES
from tests.support.hostile import bit_flips, inflated, survives, truncations

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_python_writes_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_numbers_that_keras_writes() -> None:
    value = parse_json(b'{"threshold": Infinity, "low": -Infinity, "none": NaN}')
    assert value["threshold"] == math.inf
    assert math.isnan(value["none"])


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]


def test_errors_give_line_and_column() -> None:
    with pytest.raises(FormatError) as caught:
        parse_json(b'{\n  "a": 1,\n  "b" 2\n}', "config.json")
    assert caught.value.where == "config.json: line 3, column 7"


def test_a_repeated_key_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="'module'"):
        parse_json(b'{"module": "keras", "config": {}, "module": "os"}')


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth_is_bounded(opening: bytes) -> None:
    parse_json(b"[" * JSON_DEPTH + b"]" * JSON_DEPTH)
    with pytest.raises(LimitError, match="deeper"):
        parse_json(opening * 200_000)


def test_brackets_in_strings_do_not_nest() -> None:
    assert nesting(b'["[[[[\\"[[", {"{{": []}]') == 3
    assert nesting(b'"' + b'\\"' * 500_000) == 0


def test_the_number_of_values_is_bounded() -> None:
    with pytest.raises(LimitError, match="values"):
        parse_json(b"[" + b"0," * JSON_VALUES + b"0]")


@pytest.mark.parametrize("data", [b"\xff", b"", b"1" * 5000, b'["\\ud800"]', b"[1] 2", b"{'a': 1}"])
def test_what_is_not_json_is_an_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_json(data)


def test_surrogate_pairs_are_one_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_damage_ends_in_an_error() -> None:
    data = json.dumps({"class_name": "Sequential", "config": {"layers": [{"a": [1.5, None, "\u00e9"]}] * 8}}).encode()
    for broken in [*truncations(data, 1), *bit_flips(data), *inflated(data)]:
        survives(parse_json, broken)


def test_a_text_that_is_cut_short_says_so() -> None:
    data = b'{"a": [1, "b"], "c": {"d": "e"}}'
    for end in range(1, len(data)):
        with pytest.raises(TruncatedError, match="ends before its last value"):
            parse_json(data[:end], "x.json")
    with pytest.raises(FormatError, match="not JSON: Expecting value"):
        parse_json(b'{"a": ]}')
