"""Variables find their tensors by key or by name, in every container that the original writes, and never by guess."""

from __future__ import annotations

from pathlib import Path

import pytest

import loadstone as ls
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Network, Scope, Writer
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.reader import read_any, read_blueprint
from loadstone.blueprint.weights import match
from loadstone.facts import TensorSpec
from loadstone.wire.textproto import parse, parse_prefix


@pytest.mark.parametrize(
    "source",
    [
        "ssd_mobilenet_v2_fpnlite_320/checkpoint/ckpt-0",
        "ssd_mobilenet_v2_fpnlite_320/saved_model",
        "efficientdet_d0/saved_model",
    ],
)
def test_every_variable_of_an_export_is_found(source: str, shared: Path) -> None:
    path = shared / "exports" / source
    config = next(
        path.parents[up] / "pipeline.config" for up in range(2) if (path.parents[up] / "pipeline.config").exists()
    )
    found = match(read_blueprint(parse(config.read_bytes())).network, ls.inspect(path).tensors.specs)
    assert found.complete, str(found)
    assert len(set(found.matched.values())) == len(found.matched)


WILD = {
    "tf2od-ssdmnv2fpnlite-plasrov": "checkpoint/ckpt-0",
    "tf2od-ssdmnv2fpn-11s18069": "checkpoint/ckpt-0",
    "tf2od-effdet-d0-csgo": "checkpoint/ckpt-0",
    "tf2od-effdet-d1-hhr": "checkpoint/ckpt-0",
    "tf2od-ssdr50fpn-hhr": "checkpoint/ckpt-0",
    "tf2od-ssdmnv2fpnlite-trainckpts": "ckpt-13",
    "tf2od-fasterrcnn-r50-hhr": "checkpoint/ckpt-0",
    "tf2od-maskrcnn-incres-hhr": "checkpoint/ckpt-0",
}


@pytest.mark.parametrize("name", sorted(WILD))
def test_real_checkpoints_hold_what_their_configurations_imply(name: str, wild: Path) -> None:
    # One of these files is cut off behind its model.
    blueprint = read_any(parse_prefix((wild / name / "pipeline.config").read_bytes())[0])
    assert isinstance(blueprint, Blueprint | FasterRcnnBlueprint)
    model = ls.inspect(wild / name / WILD[name])
    found = match(blueprint, model.tensors.specs)
    assert found.complete, (str(found), found.unmatched[:3], found.misshapen[:3], found.ambiguous[:3])


PREDICTORS = {"_mask_rcnn_box_predictor", "_first_stage_box_predictor"}


@pytest.mark.parametrize("name", ["tf2od-fasterrcnn-r50-hhr", "tf2od-maskrcnn-incres-hhr"])
def test_saved_models_without_their_graph_go_by_their_keys(name: str, wild: Path) -> None:
    blueprint = read_any(parse_prefix((wild / name / "pipeline.config").read_bytes())[0])
    assert isinstance(blueprint, FasterRcnnBlueprint)
    found = match(blueprint, ls.inspect(wild / name / "saved_model").tensors.specs)
    # The predictors' variables have shorter ways there, as members of lists; their names stand in the lost graph.
    assert {variable.key.split("/")[1] for variable in found.unmatched} <= PREDICTORS
    assert all(tensor == f"_{key}/.ATTRIBUTES/VARIABLE_VALUE" for key, tensor in found.matched.items())


def _two_layers() -> Network:
    to = Writer()
    x = to.conv(to.picture(8, 8), Scope("model/a", "net/a"), 4, bias=True)
    to.output("x", to.conv(x, Scope("model/b", "net/b"), 2))
    return to.network()


def _spec(name: str, shape: tuple[int, ...], tensor_name: str = "") -> TensorSpec:
    return TensorSpec(name, "float32", shape, tensor_name=tensor_name)


def test_what_does_not_fit_is_listed_by_kind() -> None:
    found = match(
        _two_layers(),
        [
            _spec("model/a/kernel/.ATTRIBUTES/VARIABLE_VALUE", (1, 1, 3, 4)),
            _spec("variables/1", (5,), "net_7/a/bias"),
            _spec("variables/2", (1, 1, 4, 2), "net/b/kernel"),
            _spec("variables/3", (1, 1, 4, 2), "net/b/kernel"),
            _spec("variables/4", (9,), "elsewhere"),
        ],
    )
    assert found.matched == {"model/a/kernel": "model/a/kernel/.ATTRIBUTES/VARIABLE_VALUE"}
    assert [one.variable.name for one in found.misshapen] == ["net/a/bias"]
    assert [one.name for one in found.ambiguous] == ["net/b/kernel"]
    assert not found.complete
    assert "variables/4" in found.unused
    assert str(found) == "1 of 3 variables"


def test_a_name_that_keras_made_up_matches_nothing() -> None:
    to = Writer()
    to.output("x", to.conv(to.picture(8, 8), Scope("model/stem", "conv2d_7"), 4))
    tensor = _spec("variables/9", (1, 1, 3, 4), "conv2d_7/kernel")
    assert match(to.network(), [tensor]).matched == {}
    by_key = _spec("model/stem/kernel/.ATTRIBUTES/VARIABLE_VALUE", (1, 1, 3, 4), "conv2d_93/kernel")
    assert match(to.network(), [by_key]).complete
