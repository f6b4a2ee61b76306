"""A text proto and its bytes say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.errors import FormatError, LimitError
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import ENUMS, GRAPH_DEF
from loadstone.wire.text_encode import TextEncoder
from loadstone.wire.textproto import parse
from tests.support.hostile import bit_flips, survives, truncations

TEXT = rb"""
# a comment
node {
  name: "a" op: 'Const'
  attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor {
    dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: [1.5, -inf] tensor_content: "\001\377" "\n" } } }
  a_field_of_tomorrow { x: 1 }
  experimental_type { type_id: TFT_OF_TOMORROW }
}
versions: < producer: 27 >
"""


def encode(data: bytes) -> bytes:
    return TextEncoder(ENUMS).encode(GRAPH_DEF, parse(data))


def test_text_becomes_the_message_it_stands_for() -> None:
    graph = Message(encode(TEXT), GRAPH_DEF)
    (node,) = graph.messages("node")
    assert (node.text("name"), node.text("op")) == ("a", "Const")
    attributes = node.mapping("attr")
    assert attributes["dtype"].uint("type") == 1
    tensor = attributes["value"].message("tensor")
    assert tensor.float32s("float_val") == [1.5, float("-inf")]
    assert tensor.blob("tensor_content") == b"\x01\xff\n"
    assert graph.message("versions").sint("producer") == 27


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (b"node { name { } }", "something else"),
        (b"node: 3", "something else"),
        (b"node { name: 3 }", "not in quotes"),
        (b'versions { producer: "x" }', "not a number"),
        (b"versions { producer: 99999999999999999999999 }", "64 bits"),
        (b"versions { producer: inf }", "64 bits"),
        (b"node { attr { key: 'x' value { b: 7 } } }", "not a truth value"),
    ],
)
def test_a_value_of_another_kind_is_named(text: bytes, fact: str) -> None:
    with pytest.raises(FormatError, match=fact):
        encode(text)


def test_deep_text_ends_in_the_limit() -> None:
    with pytest.raises(LimitError):
        encode(b"node { attr { value { list { func { attr { value {" * 40 + b"}" * 280)


def test_broken_text_ends_in_an_error() -> None:
    for broken in (*truncations(TEXT, every=3), *bit_flips(TEXT)):
        survives(encode, broken)


@pytest.mark.tensorflow
def test_the_wild_texts_become_what_tensorflow_makes_of_them(wild: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    text_format = pytest.importorskip("google.protobuf.text_format")
    compared = 0
    for path in sorted(wild.glob("*/*.pbtxt")):
        data = path.read_bytes()
        if b"node {" in data:
            theirs = text_format.Parse(data, tf.compat.v1.GraphDef())
            assert tf.compat.v1.GraphDef.FromString(encode(data)) == theirs, path
            compared += 1
    assert compared >= 5
