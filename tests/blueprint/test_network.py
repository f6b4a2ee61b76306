"""A network written from parts lists exactly the variables that the original's checkpoint holds."""

from __future__ import annotations

from pathlib import Path

from loadstone.blueprint.backbones.functional import FunctionalScopes
from loadstone.blueprint.backbones.mobilenet_v2 import MobileNetV2
from loadstone.blueprint.fpn import FeaturePyramid
from loadstone.blueprint.network import Network, Writer
from loadstone.blueprint.weight_shared_head import WeightSharedHead
from tests.detectors.goldens import variables


def mobilenet_v2_fpnlite(side: int) -> Network:
    """SSD MobileNetV2 FPNLite from its parts."""
    to = Writer()
    key = "model/_feature_extractor"
    scopes = FunctionalScopes(f"{key}/classification_backbone")
    taps = MobileNetV2().write(to, to.picture(side, side), scopes)
    pyramid = FeaturePyramid(
        min_level=3,
        max_level=7,
        tap_level=5,
        depth=128,
        separable=True,
        epsilon=0.001,
        activation="relu6",
        scope="ssd_mobile_net_v2_fpn_keras_feature_extractor",
        coarse_names={6: "bottom_up_Conv2d_20", 7: "bottom_up_Conv2d_21"},
    )
    levels = pyramid.write(to, {3: taps["block_5_add"], 4: taps["block_12_add"], 5: taps["out_relu"]}, key)
    head = WeightSharedHead(
        layers=4,
        depth=128,
        anchors=6,
        slots=91,
        separable=True,
        share_tower=True,
        epsilon=0.001,
        activation="relu6",
    )
    boxes, classes = head.write(to, list(levels.values()))
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", classes)
    return to.network()


def test_variables_of_ssd_mobilenet_v2_fpnlite(shared: Path) -> None:
    network = mobilenet_v2_fpnlite(320)
    ours = {key: (variable.name, variable.shape) for key, variable in network.variables.items()}
    golden = variables(shared, "ssd_mobilenet_v2_fpnlite_320")
    assert ours == {key: (name, shape) for key, (name, shape, _) in golden.items()}
    assert network.nodes[network.outputs["box_encodings"]].shape == (12804, 4)
    assert network.nodes[network.outputs["class_predictions_with_background"]].shape == (12804, 91)
