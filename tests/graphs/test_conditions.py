"""A condition that a constant decides disappears, with the branch that is not taken."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.graphs.conditions import predicates, settle
from loadstone.graphs.graph import parse_graph_def
from loadstone.graphs.prune import prune
from loadstone.graphs.write import graph_bytes
from tests.graphs.tensorflow_runs import run
from tests.support.graphs import FLOAT, node, placeholder
from tests.support.graphs import graph_bytes as build
from tests.support.hostile import bit_flips, survives, truncations

BOOL = 10
FLOATS = {"T": {"type": FLOAT}}


def conditional(predicate: bool | None) -> bytes:
    """Return `y = x * x if p else -x`, with a constant or a fed predicate."""
    value = {"tensor": {"dtype": BOOL, "tensor_shape": {}, "bool_val": [int(bool(predicate))]}}
    p = placeholder("p", dtype=BOOL) if predicate is None else node("p", "Const", value=value, dtype={"type": BOOL})
    return build(
        placeholder("x", 2),
        p,
        node("not", "LogicalNot", "p"),
        node("switch", "Switch", "x", "not", **FLOATS),
        node("product", "Mul", "switch", "switch", **FLOATS),
        node("minus", "Neg", "switch:1", **FLOATS),
        node("merge", "Merge", "product", "minus", N={"i": 2}, **FLOATS),
        node("y", "Identity", "merge", **FLOATS),
        node("which", "Identity", "merge:1", T={"type": 3}),
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize(("predicate", "expected", "which"), [(True, [9.0, 16.0], 0), (False, [-3.0, -4.0], 1)])
def test_the_branch_that_is_taken_stays(predicate: bool, expected: list[float], which: int) -> None:
    settled = prune(settle(parse_graph_def(conditional(predicate))), ["y", "which"])
    assert not {found.op for found in settled.nodes.values()} & {"Switch", "Merge"}
    feed = np.array([3, 4], np.float32)
    fed = run(conditional(None), {"x": feed, "p": np.array(predicate)}, ["y", "which"])
    for y, place in (fed, run(graph_bytes(settled), {"x": feed}, ["y", "which"])):
        assert y.tolist() == expected
        assert place == which


def test_a_fed_predicate_is_settled_when_its_value_is_given() -> None:
    graph = parse_graph_def(conditional(None))
    assert list(predicates(graph)) == ["p"]
    assert settle(graph) is graph
    kept = prune(settle(graph, {"p": False}), ["y"])
    assert "product" not in kept.nodes
    assert "minus" in kept.nodes


@pytest.mark.tensorflow
def test_tensorflows_own_conditions_are_settled() -> None:
    tf = pytest.importorskip("tensorflow")
    built = tf.Graph()
    with built.as_default():
        tf.compat.v1.disable_control_flow_v2()
        x = tf.compat.v1.placeholder(tf.float32, [None], "x")
        training = tf.compat.v1.placeholder_with_default(tf.constant(False), [], "training")
        inner = tf.cond(tf.logical_not(training), lambda: x * 3, lambda: x - 1)
        tf.identity(tf.cond(training, lambda: x * 2 + 1, lambda: inner), "y")
        tf.compat.v1.enable_control_flow_v2()
    graph = parse_graph_def(built.as_graph_def().SerializeToString())
    feed = {"x": np.array([1, 2], np.float32)}
    for value, expected in ((False, [3.0, 6.0]), (True, [3.0, 5.0])):
        settled = prune(settle(graph, {"training": value}), ["y"])
        assert "Merge" not in {found.op for found in settled.nodes.values()}
        assert run(graph_bytes(settled), feed, ["y"])[0].tolist() == expected


def test_a_loop_keeps_its_switches() -> None:
    graph = parse_graph_def(
        build(
            placeholder("x", 2),
            node("enter", "Enter", "x", **FLOATS),
            node("merge", "Merge", "enter", "next", **FLOATS),
            node("less", "Less", "merge", "enter", **FLOATS),
            node("cond", "LoopCond", "less"),
            node("switch", "Switch", "merge", "cond", **FLOATS),
            node("next", "NextIteration", "switch:1", **FLOATS),
            node("exit", "Exit", "switch", **FLOATS),
        )
    )
    assert settle(graph) is graph


def test_broken_conditions_end() -> None:
    whole = conditional(True)
    for broken in (*truncations(whole, every=1), *bit_flips(whole)):
        survives(lambda data: settle(parse_graph_def(data)), broken)
