"""Constants of graphs: the values that TensorFlow makes of them, and no memory for what is only declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.formats.graph.tensor_proto import lazy_constant, parse_constant
from loadstone.formats.shapes import shape_of
from loadstone.wire.protobuf import Message
from loadstone.wire.protobuf_writer import encode, field_bytes
from loadstone.wire.schemas.graph import GRAPH_DEF, TENSOR, TENSOR_SHAPE
from tests.support.hostile import bit_flips, inflated, survives, truncations

FLOAT, DOUBLE, INT32, UINT8, INT8, STRING, COMPLEX64, INT64, BOOL, QUINT8, BFLOAT16, HALF, RESOURCE = (
    *(1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 14, 19, 20),
)


def tensor(dtype: int, shape: tuple[int, ...], **values: Any) -> bytes:
    """Return a `TensorProto`."""
    dims = {"dim": [{"size": side} for side in shape]}
    return encode(TENSOR, {"dtype": dtype, "tensor_shape": dims, **values})


def read(data: bytes) -> Any:
    return parse_constant(Message(data, TENSOR)).read()


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        (FLOAT, {"float_val": [1.5]}, [[1.5, 1.5], [1.5, 1.5]]),
        (FLOAT, {"float_val": [1.0, 2.0]}, [[1, 2], [2, 2]]),
        (FLOAT, {}, [[0, 0], [0, 0]]),
        (DOUBLE, {"double_val": [1.0, 2.0, 3.0, 4.0, 5.0]}, [[1, 2], [3, 4]]),
        (INT32, {"int_val": [-1, 2, 300, -70000]}, [[-1, 2], [300, -70000]]),
        (INT8, {"int_val": [-128, 127, 0, 1]}, [[-128, 127], [0, 1]]),
        (UINT8, {"int_val": [255, 0, 1]}, [[255, 0], [1, 1]]),
        (QUINT8, {"int_val": [255]}, [[255, 255], [255, 255]]),
        (INT64, {"int64_val": [-(2**63), 2**63 - 1]}, [[-(2**63), 2**63 - 1], [2**63 - 1, 2**63 - 1]]),
        (BOOL, {"bool_val": [1, 0]}, [[True, False], [False, False]]),
        (HALF, {"half_val": [0x3C00, 0xC000]}, [[1, -2], [-2, -2]]),
        (BFLOAT16, {"half_val": [0x3F80]}, [[1, 1], [1, 1]]),
        (STRING, {"string_val": [b"a", b"\xff"]}, [[b"a", b"\xff"], [b"\xff", b"\xff"]]),
        (COMPLEX64, {"scomplex_val": [1.0, -1.0]}, [[1 - 1j, 1 - 1j], [1 - 1j, 1 - 1j]]),
    ],
)
def test_listed_values_fill_the_shape_as_in_tensorflow(dtype: int, values: dict[str, Any], expected: Any) -> None:
    array = read(tensor(dtype, (2, 2), **values))
    assert array.shape == (2, 2)
    assert array.tolist() == expected


def test_an_unpacked_list_reads_as_a_packed_one() -> None:
    data = tensor(INT32, (3,)) + b"\x38\x01" + b"\x3a\x02\x02\x03"
    assert read(data).tolist() == [1, 2, 3]


def test_content_is_mapped_not_copied() -> None:
    array = read(tensor(FLOAT, (2,), tensor_content=b"\x00\x00\x80\x3f" * 2))
    assert array.tolist() == [1.0, 1.0]
    assert not array.flags.writeable


def test_content_that_does_not_fill_the_shape_is_refused() -> None:
    with pytest.raises(FormatError, match="do not fill its shape") as caught:
        read(tensor(FLOAT, (3,), tensor_content=b"\0" * 8))
    assert caught.value.found == "8 bytes"
    assert "12 bytes" in caught.value.expected


def test_a_huge_splat_costs_no_memory() -> None:
    array = read(tensor(FLOAT, (1 << 28,), float_val=[2.0]))
    assert array.shape == (1 << 28,)
    assert array.strides == (0,)
    assert array[-1] == 2.0


@pytest.mark.parametrize("shape", [(1 << 39, 1 << 39), (1 << 40,), (0, 1 << 40), (2,) * 60])
def test_a_declared_shape_beyond_the_cap_allocates_nothing(shape: tuple[int, ...]) -> None:
    error = survives(read, tensor(FLOAT, shape, float_val=[1.0]), memory=True)
    assert isinstance(error, LimitError)


def test_a_fill_beyond_the_cap_allocates_nothing() -> None:
    error = survives(read, tensor(FLOAT, (1 << 28,), float_val=[1.0, 2.0]), memory=True)
    assert isinstance(error, LimitError)
    assert "2 values for 268,435,456 elements" in error.found


def test_an_open_dimension_is_no_stored_tensor() -> None:
    with pytest.raises(FormatError, match="open dimension"):
        read(tensor(FLOAT, (-1,)))
    shape = encode(TENSOR_SHAPE, {"dim": [{"size": -1}, {"size": 3}]})
    assert shape_of(Message(shape, TENSOR_SHAPE)) == (None, 3)
    assert shape_of(Message(encode(TENSOR_SHAPE, {"unknown_rank": True}), TENSOR_SHAPE)) is None


def test_unknown_and_formless_dtypes_are_named() -> None:
    with pytest.raises(FormatError, match="does not define"):
        read(tensor(77, ()))
    with pytest.raises(UnsupportedModelError, match="resource"):
        read(tensor(RESOURCE, ()))


def test_an_endless_varint_in_a_list_is_refused() -> None:
    data = tensor(INT32, (1,)) + field_bytes(7, b"\xff" * 30)
    with pytest.raises(FormatError, match="does not end"):
        read(data)


def test_broken_constants_end_in_an_error() -> None:
    whole = tensor(INT64, (2, 40), int64_val=[-1, 5, 2**50] * 20) + tensor(FLOAT, (4,), tensor_content=b"abcd" * 4)
    for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
        survives(read, broken)


def test_a_lazy_constant_says_what_it_is() -> None:
    lazy = lazy_constant("w", parse_constant(Message(tensor(FLOAT, (2,), float_val=[1.0]), TENSOR)), "weight")
    assert (lazy.spec.name, lazy.spec.dtype, lazy.spec.shape, lazy.spec.nbytes) == ("w", "float32", (2,), 4)
    assert lazy.read().tolist() == [1.0, 1.0]


@pytest.mark.tensorflow
def test_every_constant_of_the_wild_graphs_equals_tensorflows(wild: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    import numpy as np

    compared = 0
    for path in sorted(wild.glob("tf1-*/*.pb")):
        data = path.read_bytes()
        theirs = tf.compat.v1.GraphDef.FromString(data)
        for node, ours in zip(theirs.node, Message(data, GRAPH_DEF).messages("node"), strict=True):
            if node.op != "Const":
                continue
            expected = tf.make_ndarray(node.attr["value"].tensor)
            found = parse_constant(ours.mapping("attr")["value"].message("tensor")).read()
            np.testing.assert_array_equal(expected.astype(found.dtype), found, err_msg=node.name, strict=True)
            compared += 1
    assert compared >= 2700


@pytest.mark.tensorflow
def test_tensors_that_tensorflow_writes_are_read_back() -> None:
    tf = pytest.importorskip("tensorflow")
    import numpy as np

    dice = np.random.default_rng(0)
    names = (
        "float16 float32 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool complex64 complex128 bfloat16"
    )
    for name in names.split():
        values = tf.cast(dice.integers(0, 100, (3, 5)), name)
        for given in (values, values[:1, :1] * tf.ones_like(values) if name != "bool" else values):
            written = tf.make_tensor_proto(given).SerializeToString()
            expected = tf.cast(given, "float32").numpy() if name == "bfloat16" else given.numpy()
            np.testing.assert_array_equal(read(written), expected, err_msg=name, strict=True)
