"""CenterNets: the variables of every golden exactly, and heads and normalisation from the configuration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.blueprint.center_net import after, read_center_net
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.fields import Fields
from loadstone.blueprint.parts import Normalisation
from loadstone.errors import UnsupportedModelError
from loadstone.wire.textproto import parse
from tests.detectors.goldens import variables

GOLDENS = (
    "centernet_hourglass104_1024",
    "centernet_hourglass104_512",
    "centernet_hourglass104_512_kpts",
    "centernet_mobilenetv2_fpn_kpts",
    "centernet_mobilenetv2_fpn_od",
    "centernet_resnet50_v1_fpn_512",
    "centernet_resnet50_v1_fpn_512_kpts",
    "centernet_resnet50_v1_fpn_512_kpts_1class",
    "centernet_resnet50_v2_512",
)


def read(text: bytes) -> CenterNetBlueprint:
    return read_center_net(Fields(parse(text).message("model").message("center_net"), "model.center_net."))


def golden(shared: Path, name: str) -> CenterNetBlueprint:
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    return read((shared / "goldens" / config).read_bytes())


@pytest.mark.parametrize("name", GOLDENS)
def test_variables_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden(shared, name)
    ours = {key: (variable.name, variable.shape) for key, variable in blueprint.network.variables.items()}
    theirs = {key: (variable, shape) for key, (variable, shape, _) in variables(shared, name).items()}
    assert set(ours) ^ set(theirs) == set()
    assert {key: (value, theirs[key]) for key, value in ours.items() if value != theirs[key]} == {}
    assert blueprint.unsupported == ()


def test_heads_and_their_maps(shared: Path) -> None:
    network = golden(shared, "centernet_hourglass104_512_kpts").network
    assert {name: network.nodes[position].shape for name, position in network.outputs.items()} == {
        "object_center": (128, 128, 90),
        "box/scale": (128, 128, 2),
        "box/offset": (128, 128, 2),
        "human_pose/keypoint/heatmap": (128, 128, 17),
        "human_pose/keypoint/regression": (128, 128, 34),
        "human_pose/keypoint/offset": (128, 128, 34),
    }


def test_every_real_center_net_is_read(shared: Path) -> None:
    found = [path for path in (shared / "pipeline_configs").glob("*.config") if b"center_net {" in path.read_bytes()]
    assert len(found) == 14
    for path in found:
        blueprint = read(path.read_bytes())
        assert blueprint.num_classes in (1, 90)
        assert blueprint.unsupported == (), path


SMALL = """model {{ center_net {{ num_classes: 3 {more}
  feature_extractor {{ type: "{kind}" {own} }}
  image_resizer {{ keep_aspect_ratio_resizer {{ min_dimension: 64 max_dimension: 64 pad_to_max_dimension: true }} }}
  object_detection_task {{ }} }} }}"""


def small(kind: str, more: str = "", own: str = "") -> CenterNetBlueprint:
    return read(SMALL.format(kind=kind, more=more, own=own).encode())


def test_what_is_not_built_is_refused_or_named() -> None:
    with pytest.raises(UnsupportedModelError, match="hourglass_52 is not rebuilt here") as caught:
        small("hourglass_52")
    assert caught.value.where == "line 2, column 23"
    with pytest.raises(UnsupportedModelError, match="three values each"):
        small("hourglass_104", own="channel_stds: [1, 0, 1]")
    with pytest.raises(UnsupportedModelError, match="only in the label map"):
        small("hourglass_104", "keypoint_estimation_task { task_name: 'a' }")
    named = small("resnet_v1_50_fpn", "mask_estimation_task { } object_center_params { center_head_params { } }")
    assert named.unsupported == (
        "model.center_net.mask_estimation_task",
        "model.center_net.object_center_params.center_head_params",
    )


def test_the_mobilenet_s_kernels_are_believed() -> None:
    """The second type is separable with and without the flag, the first only with it."""
    plain, flagged = small("mobilenet_v2_fpn"), small("mobilenet_v2_fpn", own="use_separable_conv: true")
    named = small("mobilenet_v2_fpn_sep_conv")
    assert plain.network.variables.keys() != named.network.variables.keys()
    assert flagged.network.variables == named.network.variables


CHANNELS = st.tuples(*[st.floats(-200, 200) for _ in range(3)])
DEVIATIONS = st.tuples(*[st.floats(0.5, 100) for _ in range(3)])
NORMALISATIONS = st.builds(Normalisation, CHANNELS, DEVIATIONS, st.just(False), st.booleans())


Array = npt.NDArray[np.float64]


def applied(normalisation: Normalisation, picture: Array) -> Array:
    turned = picture[..., ::-1] if normalisation.bgr else picture
    return np.asarray((turned - np.array(normalisation.mean)) / np.array(normalisation.deviation))


@given(NORMALISATIONS, NORMALISATIONS)
def test_two_normalisations_are_one(first: Normalisation, second: Normalisation) -> None:
    picture = np.linspace(0, 255, 12).reshape(2, 2, 3)
    np.testing.assert_allclose(
        applied(after(first, second), picture), applied(second, applied(first, picture)), rtol=1e-9, atol=1e-9
    )
