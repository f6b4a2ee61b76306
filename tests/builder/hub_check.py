"""Run as a child: how far KerasHub's backbones are from what was built of them; small ones with random weights.

    KERAS_BACKEND=tensorflow python -m tests.builder.hub_check [NAME …]

prints {name: {tap: {engine: largest difference over the largest value}}}, or {name: why it has no form here}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras
import keras_hub
import numpy as np

from loadstone.builder.backbone import backbone_of
from loadstone.detectors.keras_model import build, fill
from loadstone.errors import UnsupportedModelError
from tests.builder.backbone_check import Array, disturb, on_openvino

models = keras_hub.models
SIDE = 64
SHAPE = (SIDE, SIDE, 3)
FILTERS = [16, 24, 32, 48]


def _resnet(block: str, *, pre: bool = False, stem: int = 1) -> Any:
    return models.ResNetBackbone(
        input_conv_filters=[64] * stem,
        input_conv_kernel_sizes=[7] if stem == 1 else [3] * stem,
        stackwise_num_filters=[64, *FILTERS[1:]],
        stackwise_num_blocks=[1, 2, 1, 1],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type=block,
        use_pre_activation=pre,
        image_shape=SHAPE,
    )


def _efficientnet(kinds: Sequence[str]) -> Any:
    return models.EfficientNetBackbone(
        stackwise_width_coefficients=[0.5] * 6,
        stackwise_depth_coefficients=[0.5] * 6,
        stackwise_kernel_sizes=[3] * 6,
        stackwise_num_repeats=[1, 2, 2, 2, 2, 2],
        stackwise_input_filters=[32, 16, 32, 48, 96, 112],
        stackwise_output_filters=[16, 32, 48, 96, 112, 192],
        stackwise_expansion_ratios=[1, 4, 4, 4, 6, 6],
        stackwise_squeeze_and_excite_ratios=[0, 0, 0, 0.25, 0.25, 0.25],
        stackwise_strides=[1, 2, 2, 2, 1, 2],
        stackwise_block_types=list(kinds),
        image_shape=SHAPE,
    )


def _cspnet(stage: str) -> Any:
    return models.CSPNetBackbone(
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 1, 2, 1, 1],
        stackwise_strides=[2] * 5,
        stackwise_num_filters=[8, *FILTERS],
        bottle_ratio=[0.5] + [1.0] * 4,
        block_ratio=[1.0] + [0.5] * 4 if stage == "csp" else [1.0],
        expand_ratio=[2.0] + [1.0] * 4,
        block_type="dark_block",
        stage_type=stage,
        down_growth=True,
        image_shape=SHAPE,
    )


def _mobilenet() -> Any:
    return models.MobileNetBackbone(
        stackwise_expansion=[[24], [24, 24], [32, 48]],
        stackwise_num_blocks=[1, 2, 2],
        stackwise_num_filters=[[16], [16, 16], [24, 24]],
        stackwise_kernel_size=[[3], [3, 3], [5, 5]],
        stackwise_num_strides=[[2], [2, 1], [2, 1]],
        stackwise_se_ratio=[[0.25], [None, None], [0.25, 0.25]],
        stackwise_activation=[["relu"], ["relu", "relu"], ["hard_swish", "hard_swish"]],
        stackwise_padding=[[1], [1, 1], [2, 2]],
        output_num_filters=32,
        depthwise_filters=8,
        depthwise_stride=2,
        depthwise_residual=False,
        squeeze_and_excite=0.5,
        last_layer_filter=48,
        input_num_filters=8,
        input_activation="hard_swish",
        output_activation="hard_swish",
        image_shape=SHAPE,
    )


def _hgnet() -> Any:
    return models.HGNetV2Backbone(
        depths=[1, 2, 1, 1],
        embedding_size=16,
        hidden_sizes=FILTERS,
        stem_channels=[3, 8, 16],
        hidden_act="relu",
        use_learnable_affine_block=True,
        stackwise_stage_filters=[
            (16, 8, 16, 1, 2, 3),
            (16, 8, 24, 1, 2, 3),
            (24, 8, 32, 1, 2, 3),
            (32, 8, 48, 1, 2, 5),
        ],
        apply_downsample=[False, True, True, True],
        use_lightweight_conv_block=[False, False, True, True],
        image_shape=SHAPE,
    )


def _xception() -> Any:
    return models.XceptionBackbone(
        stackwise_conv_filters=[[8, 16], [24, 24], [32, 32], [40, 40], [48, 48, 56]],
        stackwise_pooling=[False, True, True, True, False],
        image_shape=(71, 71, 3),
    )


def _mit() -> Any:
    return models.MiTBackbone(
        layerwise_depths=[1, 1, 1, 1],
        num_layers=4,
        layerwise_num_heads=[1, 2, 2, 4],
        layerwise_sr_ratios=[8, 4, 2, 1],
        max_drop_path_rate=0.1,
        layerwise_patch_sizes=[7, 3, 3, 3],
        layerwise_strides=[4, 2, 2, 2],
        hidden_dims=[8, 16, 16, 32],
        image_shape=SHAPE,
    )


MADE: dict[str, Callable[[], Any]] = {
    "ResNetBackbone, basic": lambda: _resnet("basic_block"),
    "ResNetBackbone, bottleneck with pre-activation (V2)": lambda: _resnet("bottleneck_block", pre=True),
    "ResNetBackbone, vd": lambda: _resnet("bottleneck_block_vd", stem=3),
    "DenseNetBackbone": lambda: models.DenseNetBackbone([2, 2, 2, 2], growth_rate=8, image_shape=SHAPE),
    "VGGBackbone": lambda: models.VGGBackbone([1, 1, 2, 2, 2], [8, 16, 16, 24, 24], image_shape=SHAPE),
    "XceptionBackbone": _xception,
    "EfficientNetBackbone, V2": lambda: _efficientnet(["fused"] * 3 + ["unfused"] * 3),
    "EfficientNetBackbone, V1 and cba": lambda: _efficientnet(["cba", *["v1"] * 5]),
    "CSPNetBackbone, cross stages": lambda: _cspnet("csp"),
    "CSPNetBackbone, DarkNet": lambda: _cspnet("dark"),
    "MobileNetBackbone, V3": _mobilenet,
    "HGNetV2Backbone": _hgnet,
    "MiTBackbone": _mit,
}


def captured(model: Any, names: Sequence[str], pictures: Array) -> list[Array]:
    """Return what layers give, those within other layers (`outer/inner`) included, as the model itself runs.

    A layer that is called several times gives its first result, and the others as `name_call2`, …
    """
    found: dict[str, list[Array]] = {}

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            output = call(*arguments, **named)
            found.setdefault(name, []).append(keras.ops.convert_to_numpy(output))
            return output

        return run

    for name in {name.partition("_call")[0] for name in names}:
        first, *others = name.split("/")
        part = next(one for one in model.operations if one.name == first)
        for other in others:
            part = next(one for one in part._flatten_layers(recursive=False, include_self=False) if one.name == other)
        part.__dict__["call"] = watched(name, part.call)
    model(pictures, training=False)
    return [found[name][int(number or 1) - 1] for name, _, number in (name.partition("_call") for name in names)]


def checked(name: str) -> dict[str, dict[str, float]] | str:
    """Return the differences of one backbone; a sentence where it has no form here."""
    model = MADE[name]()
    disturb(model)
    side = model.input_shape[1] or SIDE
    try:
        backbone = backbone_of(model, (side, side))
    except UnsupportedModelError as error:
        return str(error)
    picture = np.random.default_rng(5).uniform(0, 2, (1, side, side, 3)).astype(np.float32)
    own = backbone.normalisation
    ours = ((picture - np.array(own.mean)) / np.array(own.deviation)).astype(np.float32)
    rebuilt = build(backbone.network)
    fill(rebuilt, backbone.network, backbone.values)
    engines = {"keras": rebuilt.predict_on_batch(ours), "openvino": on_openvino(backbone, ours)}
    wanted = captured(model, [tap.layer for tap in backbone.taps.values()], picture)
    return {
        tap.layer: {
            engine: float(np.abs(np.asarray(found[f"C{level}"]) - array).max() / np.abs(array).max())
            for engine, found in engines.items()
        }
        for (level, tap), array in zip(backbone.taps.items(), wanted, strict=True)
    }


if __name__ == "__main__":
    print(json.dumps({name: checked(name) for name in sys.argv[1:] or MADE}))
