"""The protobuf reader and writer: what is written is read back, and broken bytes are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.protobuf import Message, MessageType, index_fields, read_varint, signed, zigzag
from loadstone.wire.protobuf_writer import encode, field_bytes, varint
from loadstone.wire.schemas import graph, object_graph, saved_model
from tests.support.hostile import bit_flips, inflated, survives, truncations

KINDS: dict[str, MessageType] = {}
INNER = MessageType("Inner", {"n": (1, "int64"), "inner": (2, "Inner")}, KINDS)
OUTER = MessageType(
    "Outer",
    {
        "text": (1, "string"),
        "blob": (2, "bytes"),
        "ints": (3, "*int64"),
        "floats": (4, "*float"),
        "double": (5, "double"),
        "flag": (6, "bool"),
        "inner": (7, "Inner"),
        "inners": (8, "*Inner"),
        "map": (9, "map:Inner"),
        "zig": (10, "sint64"),
        "fixed": (11, "fixed32"),
        "texts": (12, "*string"),
        "kind": (300, "enum:Kind"),
    },
    KINDS,
)
INT64 = st.integers(-(2**63), 2**63 - 1)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(),
            "blob": st.binary(),
            "ints": st.lists(INT64),
            "floats": st.lists(st.floats(width=32, allow_nan=False)),
            "double": st.floats(allow_nan=False),
            "flag": st.booleans(),
            "inner": st.fixed_dictionaries({"n": INT64}),
            "inners": st.lists(st.fixed_dictionaries({"n": INT64})),
            "map": st.dictionaries(st.text(), st.fixed_dictionaries({"n": INT64})),
            "zig": INT64,
            "fixed": st.integers(0, 2**32 - 1),
            "texts": st.lists(st.text()),
            "kind": st.integers(0, 9),
        },
    )
)
def test_what_is_written_is_read_back(values: dict[str, object]) -> None:
    message = Message(encode(OUTER, values), OUTER)
    read: dict[str, object] = {
        "text": message.text("text"),
        "blob": message.blob("blob"),
        "ints": message.sints("ints"),
        "floats": message.float32s("floats"),
        "double": message.float64("double"),
        "flag": message.flag("flag"),
        "inner": {"n": message.message("inner").sint("n")},
        "inners": [{"n": inner.sint("n")} for inner in message.messages("inners")],
        "map": {key: {"n": inner.sint("n")} for key, inner in message.mapping("map").items()},
        "zig": zigzag(message.uint("zig")),
        "fixed": message.uint("fixed"),
        "texts": message.texts("texts"),
        "kind": message.uint("kind"),
    }
    assert {name: read[name] for name in values} == values
    assert message.unknown() == ()


@given(st.integers(0, 2**64 - 1))
def test_a_varint_reads_back(value: int) -> None:
    coded = varint(value)
    assert read_varint(coded, 0, len(coded)) == (value, len(coded))
    assert varint(signed(value)) == coded


def test_the_writer_is_deterministic() -> None:
    assert encode(OUTER, {"map": {"b": {}, "a": {}}, "text": "x"}) == encode(
        OUTER, {"text": "x", "map": {"a": {}, "b": {}}}
    )


def test_the_last_of_several_single_values_wins() -> None:
    data = encode(OUTER, {"text": "first"}) + encode(OUTER, {"text": "last"})
    assert Message(data, OUTER).text("text") == "last"


def test_a_length_past_the_end_names_its_byte() -> None:
    with pytest.raises(TruncatedError) as caught:
        Message(b"\x08\x01\x12\x7fabc", OUTER).text("text")
    assert caught.value.expected == "127 bytes"
    assert caught.value.found == "3 bytes left"
    assert "byte 2" in caught.value.where


def test_groups_and_field_zero_are_refused() -> None:
    with pytest.raises(FormatError, match="wire type 3"):
        index_fields(b"\x0b\x0c", 0, 2)
    with pytest.raises(FormatError, match="field number 0"):
        index_fields(b"\x00\x01", 0, 2)


def test_an_endless_varint_is_refused() -> None:
    with pytest.raises(FormatError, match="ten bytes"):
        index_fields(b"\x08" + b"\xff" * 11, 0, 12)


def test_deep_nesting_ends_in_the_limit() -> None:
    data = b""
    for _ in range(200):
        data = field_bytes(2, data)
    with pytest.raises(LimitError, match="deeper than 100"):
        _walk(Message(data, INNER))


def test_more_fields_than_the_cap_are_refused() -> None:
    with pytest.raises(LimitError, match="1,000,000 fields"):
        index_fields(b"\x08\x01" * 1_000_001, 0, 2_000_002)


def _walk(message: Message) -> None:
    """Read every field of the schema, whatever is in it."""
    for field, (_, declared) in message.kind.fields.items():
        if declared.startswith("map:"):
            for inner in message.mapping(field).values():
                _walk(inner)
        elif declared.lstrip("*") in message.kind.registry:
            for inner in message.messages(field):
                _walk(inner)
        elif declared == "*float":
            message.float32s(field)
        elif declared in ("string", "bytes"):
            message.blob(field)
        elif declared == "double":
            message.float64(field)


def test_broken_bytes_end_in_an_error() -> None:
    inner = {"n": -1, "inner": {"n": 5}}
    whole = encode(
        OUTER,
        {
            "text": "abc" * 50,
            "ints": [1, -1, 2**40],
            "floats": [1.0, 2.0],
            "inner": inner,
            "map": {"a": inner},
            "double": 1.0,
        },
    )
    for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
        survives(lambda data: _walk(Message(data, OUTER)), broken)


@pytest.mark.parametrize("module", [graph, object_graph, saved_model])
def test_every_declared_type_exists(module: object) -> None:
    kinds = [value for value in vars(module).values() if isinstance(value, MessageType)]
    assert kinds
    for kind in kinds:
        assert len(kind.numbers) == len(kind.fields), kind
        for field, (_, declared) in kind.fields.items():
            if declared.lstrip("*").removeprefix("map:")[:1].isupper():
                assert kind.of(field)


@pytest.mark.tensorflow
def test_the_schemas_agree_with_tensorflow() -> None:
    pytest.importorskip("tensorflow")
    from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2, trackable_object_graph_pb2

    theirs: dict[str, object] = {}
    todo = [
        saved_model_pb2.SavedModel.DESCRIPTOR,
        trackable_object_graph_pb2.TrackableObjectGraph.DESCRIPTOR,
        fingerprint_pb2.FingerprintDef.DESCRIPTOR,
    ]
    while todo:
        found = todo.pop()
        if found.name not in theirs:
            theirs[found.name] = {field.name: field.number for field in found.fields}
            todo += [field.message_type for field in found.fields if field.message_type]
    assert theirs["ListValue"] == {"values": 1}  # two messages share this name; ours is AttrValue.ListValue
    compared = 0
    for name, kind in saved_model.SAVED.items():
        fields = theirs.get(name)
        if isinstance(fields, dict) and name != "ListValue":
            assert {field: number for field, (number, _) in kind.fields.items()}.items() <= fields.items(), name
            compared += 1
    assert compared >= 40
