"""Quantised constants are widened as TensorFlow widens them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import LimitError, UnsupportedModelError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.dequantize import LIMITS, Quantisation, dequantize
from loadstone.graphs.fold import fold
from loadstone.graphs.graph import Node, parse_graph_def
from loadstone.graphs.prune import prune
from loadstone.graphs.write import graph_bytes
from tests.graphs.tensorflow_runs import run
from tests.support.graphs import constant, floats, node, placeholder, shape
from tests.support.graphs import graph_bytes as build
from tests.support.hostile import bit_flips, survives, truncations

FACE = "tf1-opencv-face-uint8/opencv_face_detector_uint8.pb"
QUINT8 = 12
INTEGERS = {"qint8": np.int8, "quint8": np.uint8, "qint16": np.int16, "quint16": np.uint16, "qint32": np.int32}


def value(found: Node) -> np.ndarray:
    return parse_constant(found.attribute("value").message("tensor")).read()


def quantised(*sides: int, mode: bytes = b"MIN_FIRST", splat: int = 3) -> bytes:
    """Return a graph of one quantised constant behind `Dequantize`."""
    stored = {"tensor": {"dtype": QUINT8, "tensor_shape": shape(*sides), "int_val": [splat]}}
    return build(
        node("q", "Const", value=stored, dtype={"type": QUINT8}),
        constant("low", floats(-1.0, sides=())),
        constant("high", floats(1.0, sides=())),
        node("w", "Dequantize", "q", "low", "high", T={"type": QUINT8}, mode={"s": mode}),
        node("y", "Identity", "w"),
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize(("dtype", "mode"), list(itertools.product(LIMITS, ("MIN_COMBINED", "MIN_FIRST", "SCALED"))))
def test_every_mode_equals_tensorflows_kernel(dtype: str, mode: str) -> None:
    tf = pytest.importorskip("tensorflow")
    dice = np.random.default_rng(0)
    least, most = LIMITS[dtype]
    values = dice.integers(least, most + 1, (40, 3)).astype(INTEGERS[dtype])
    for narrow, axis, scale in itertools.product((False, True), (-1, 1), (0.01, 1.0, 300.0)):
        if axis >= 0 and mode == "MIN_FIRST":
            continue
        sides = (3,) if axis >= 0 else ()
        low, high = (np.float32(sign * scale) * dice.random(sides, np.float32) for sign in (-1, 1))
        how = Quantisation(dtype, mode, narrow, axis)
        expected = tf.raw_ops.Dequantize(
            input=tf.bitcast(tf.constant(values), getattr(tf, dtype)),
            min_range=low,
            max_range=high,
            mode=mode,
            narrow_range=narrow,
            axis=axis,
        )
        np.testing.assert_array_equal(dequantize(values, low, high, how), expected.numpy(), err_msg=str(how))


@pytest.mark.tensorflow
def test_the_wild_detectors_weights_equal_tensorflows_where_those_are_numbers(wild: Path) -> None:
    data = (wild / FACE).read_bytes()
    graph = parse_graph_def(data)
    folded = fold(graph)
    names = [found.name for found in graph.nodes.values() if found.op == "Dequantize"]
    not_numbers = 0
    for name, theirs in zip(names, run(data, {}, names), strict=True):
        if np.isnan(theirs).all():
            # A range of [0, 1.2e-38]: TensorFlow's threads flush its step to zero and divide by it.
            not_numbers += 1
            assert not value(folded[name]).any()
        else:
            np.testing.assert_array_equal(value(folded[name]), theirs, err_msg=name)
    assert (len(names), not_numbers) == (103, 6)


@pytest.mark.tensorflow
def test_the_folded_detector_finds_a_face_where_the_original_gives_no_number(wild: Path, shared: Path) -> None:
    from PIL import Image

    data = (wild / FACE).read_bytes()
    picture = np.asarray(Image.open(shared / "images" / "grace_hopper.bmp").convert("RGB").resize((300, 300)))
    feed = (picture[None, :, :, ::-1] - np.array([104.0, 177.0, 123.0])).astype(np.float32)
    folded = graph_bytes(prune(fold(parse_graph_def(data)), ["mbox_loc", "mbox_conf_flatten"]))
    (original,) = run(data, {"data": feed}, ["mbox_conf_flatten"])
    (ours,) = run(folded, {"data": feed}, ["mbox_conf_flatten"])
    assert np.isnan(original).all()
    assert ours.reshape(-1, 2)[:, 1].max() > 0.99


def test_a_folded_node_keeps_its_name_and_readers() -> None:
    folded = fold(parse_graph_def(quantised(2, 2)))
    assert folded["w"].op == "Const"
    np.testing.assert_allclose(value(folded["w"]), np.full((2, 2), 3 * 2 / 255 - 1), atol=0.01)
    assert list(prune(folded, ["y"]).nodes) == ["w", "y"]


def test_a_cast_to_a_wider_type_is_folded_and_to_a_narrower_is_not() -> None:
    half = {"tensor": {"dtype": 19, "tensor_shape": shape(2), "half_val": [0x3C00, 0xC000]}}
    graph = parse_graph_def(
        build(
            node("h", "Const", value=half, dtype={"type": 19}),
            node("same", "Identity", "h"),
            node("wide", "Cast", "same", SrcT={"type": 19}, DstT={"type": 1}),
            node("narrow", "Cast", "wide", SrcT={"type": 1}, DstT={"type": 3}),
            node("fed", "Cast", "x", DstT={"type": 1}),
            placeholder("x", 1),
        )
    )
    folded = fold(graph)
    assert value(folded["wide"]).tolist() == [1.0, -2.0]
    assert (folded["narrow"].op, folded["fed"].op) == ("Cast", "Cast")


def test_a_huge_splat_is_not_written_out() -> None:
    error = survives(lambda data: fold(parse_graph_def(data)), quantised(1 << 30), memory=True)
    assert isinstance(error, LimitError)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="MIN_LAST"):
        fold(parse_graph_def(quantised(2, mode=b"MIN_LAST")))


def test_broken_constants_end_in_an_error() -> None:
    whole = quantised(2, 2)
    for broken in (*truncations(whole, every=1), *bit_flips(whole, 400)):
        survives(lambda data: fold(parse_graph_def(data)), broken)
