"""A blueprint as JSON comes back as it was, and what is no blueprint is a clear error, whatever is in it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.blueprint.as_json import blueprint_as_json, read_blueprint_json
from loadstone.blueprint.network import Network, Scope, Writer
from loadstone.blueprint.network_rules import AGAIN, check_network
from loadstone.blueprint.parts import Blueprint, BoxCoder, MultiscaleAnchors, Normalisation, Resizer, Suppression
from loadstone.blueprint.reader import read_any
from loadstone.blueprint.yolo_head import yolo_head
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.errors import FormatError
from loadstone.wire.json import parse_json
from loadstone.wire.textproto import parse

UNTOUCHED = Normalisation((0.0,) * 3, (1.0,) * 3, before_resizing=False)


def tiny() -> Blueprint:
    """A detector of one level: a convolution, a batch norm, and two heads."""
    to = Writer()
    x = to.conv(to.picture(32, 32), Scope("a/conv", "conv"), 8, 3, stride=8)
    x = to.activation(to.batch_norm(x, Scope("a/norm", "norm"), epsilon=1e-3, momentum=0.9), "leaky_relu", 0.1)
    x = to.crop(to.pad(x, ((0, 1), (1, 0))), ((1, 0), (0, 1)))
    x = to.affine(x, (0.5,), (1.0,) * 8)
    to.output("box_encodings", to.rows([to.conv(x, Scope("a/boxes", "boxes"), 4, bias=True)], 4))
    to.output(
        "class_predictions_with_background", to.rows([to.conv(x, Scope("a/classes", "classes"), 3, bias=True)], 3)
    )
    return Blueprint(
        meta_architecture="ssd",
        feature_extractor="tiny",
        num_classes=3,
        background=False,
        resizer=Resizer("fixed", (32, 32)),
        normalisation=UNTOUCHED,
        network=to.network(),
        anchors=MultiscaleAnchors(3, 3, 4.0, (1.0,), 1),
        box_coder=BoxCoder(),
        suppression=Suppression(0.0, 0.6, 100, 100, "SIGMOID"),
        maps=((4, 4),),
    )


def through(value: Any) -> Any:
    """Return what a file would hold."""
    return parse_json(json.dumps(value, allow_nan=False))


def test_a_blueprint_comes_back_as_it_was() -> None:
    blueprint = tiny()
    assert read_blueprint_json(through(blueprint_as_json(blueprint))) == blueprint


def test_a_yolo_comes_back_as_it_was() -> None:
    to = Writer()
    x = to.conv(to.picture(32, 32), Scope("a/conv", "conv"), 8, 3, stride=8)
    yolo_head(to, [x], num_classes=2, depth=8, layers=1)
    blueprint = YoloBlueprint("yolo", "tiny", 2, Resizer("fixed", (32, 32)), UNTOUCHED, to.network(), strides=(8,))
    assert read_blueprint_json(through(blueprint_as_json(blueprint))) == blueprint


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """Return the tiny detector's JSON with one value replaced (removed where it is `...`)."""
    found = through(blueprint_as_json(tiny()))
    inside = found
    for step in path[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return dict(found)


NODES = ("network", "nodes")


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("schema",), 2, "not of this version"),
        (("kind",), "Detector", "no such kind of detector"),
        (("surprise",), 1, "no such field"),
        (("num_classes",), ..., "a field is missing"),
        (("num_classes",), "3", "another kind of value"),
        (("num_classes",), 4, "the output class_predictions_with_background"),
        (("num_classes",), True, "another kind of value"),
        (("resizer", "kind"), "stretch", "another kind of value"),
        (("resizer", "size"), [64, 64], "resized to"),
        (("resizer", "size"), [32], "another kind of value"),
        (("normalisation", "deviation"), [1.0, 0.0, 1.0], "a deviation of 0"),
        (("anchors", "kind"), "Anchors", "another kind of value"),
        (("anchors", "scales_per_octave"), 2, "the output box_encodings"),
        (("anchors", "max_level"), 90, "levels 3 to 90"),
        (("suppression", "max_total"), 10**9, "keeps no boxes"),
        (("unsupported",), ["masks"], "not built here"),
        (("network", "outputs", "box_encodings"), 99, "no node of the network"),
        (("network", "outputs", "box_encodings"), ..., "the output box_encodings"),
        ((*NODES, 1, "operation"), "exec", "no such operation"),
        ((*NODES, 1, "inputs"), [1], "does not come before"),
        ((*NODES, 1, "inputs"), [], "inputs where there are none"),
        ((*NODES, 1, "inputs"), [-1], "does not come before"),
        ((*NODES, 1, "shape"), [4, 4, 9], "its shape is"),
        ((*NODES, 1, "attributes", "stride"), 0, "stride = 0"),
        ((*NODES, 1, "attributes", "stride"), 2, "its shape is"),
        ((*NODES, 1, "attributes", "padding"), "reflect", "padding ="),
        ((*NODES, 1, "attributes", "code"), "import os", "code ="),
        ((*NODES, 1, "attributes", "columns"), 4, "attributes that it has not"),
        ((*NODES, 1, "variables", 0, "shape"), [3, 3, 3, 9], "its shape is"),
        ((*NODES, 1, "variables", 0, "shape"), [3, 3], "not one that can be built"),
        ((*NODES, 1, "variables", 0, "shape"), [3, 3, 3, 2**40], "another kind of value"),
        ((*NODES, 1, "variables", 0, "key"), "a/norm/gamma", "another variable with the key"),
        ((*NODES, 2, "variables", 0, "key"), "b/gamma", "variables of several layers"),
        ((*NODES, 2, "attributes", "momentum"), 2.0, "momentum ="),
        ((*NODES, 0, "shape"), [32, 32, 4], "its shape is"),
        ((*NODES, 0, "shape"), [2**30, 2**30, 3], "a shape of"),
        ((*NODES, 0, "shape"), [2**17, 2**17, 3], "elements"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(path: tuple[Any, ...], value: Any, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_blueprint_json(changed(*path, value=value))
    assert reason in str(caught.value)
    assert "blueprint" in str(caught.value)


@pytest.mark.parametrize("value", [None, [], 3, "blueprint", {}, {"schema": 1}])
def test_what_is_no_blueprint_at_all_is_an_error(value: Any) -> None:
    with pytest.raises(FormatError):
        read_blueprint_json(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything within."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for step, one in steps for inner in places(one, (*path, step)))]


PLACES = places(through(blueprint_as_json(tiny())))[1:]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
def test_any_other_values_are_read_or_refused(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Nothing but `FormatError` comes out, and what is read fits together."""
    found = copy.deepcopy(through(blueprint_as_json(tiny())))
    for path, value in changes:
        inside = found
        for step in path[:-1]:
            inside = inside[step] if isinstance(inside, dict | list) and _has(inside, step) else None
        if isinstance(inside, dict | list) and _has(inside, path[-1]):
            inside[path[-1]] = value
    try:
        blueprint = read_blueprint_json(found)
    except FormatError:
        return
    check_network(blueprint.network)  # type: ignore[union-attr]


def _has(inside: Any, step: Any) -> bool:
    return step in inside if isinstance(inside, dict) else isinstance(step, int) and step < len(inside)


ZOO = (
    "ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8",
    "ssd_efficientdet_d0_512x512_coco17_tpu-8",
    "centernet_resnet50_v2_512x512_kpts_coco17_tpu-8",
    "mask_rcnn_inception_resnet_v2_1024x1024_coco17_gpu-8",
)


def networks(config: Path) -> list[Network]:
    """Return the networks of a configuration."""
    blueprint = read_any(parse(config.read_bytes()))
    names = ("network", "first_stage", "second_stage", "third_stage")
    return [part for name in names if isinstance(part := getattr(blueprint, name, None), Network)]


def test_the_zoo_s_own_networks_keep_the_rules(shared: Path) -> None:
    """Every operation that the zoo uses is written again as it was."""
    seen: set[str] = set()
    for name in ZOO:
        for network in networks(shared / "pipeline_configs" / f"tf2_{name}.config"):
            check_network(network)
            seen.update(node.operation for node in network.nodes)
    assert {"conv", "conv_transpose", "depthwise", "separable", "weighted_sum", "dense", "resize", "rows"} <= seen
    assert seen <= set(AGAIN)
