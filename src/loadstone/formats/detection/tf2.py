"""Detectors told from the object-graph keys and variable names of TensorFlow 2 checkpoints and SavedModels.

What it is: a visible table of names. Checkpoint keys name objects (`model/_feature_extractor/…`); SavedModel keys
number a part's variables (`_model/_feature_extractor/variables/3`), so there shapes decide; variable names
(`EfficientDet-D0/bifpn/…`) occur in object graphs, frozen graphs and TFLite files.
What it is not: TF1's slim names (`slim`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from loadstone.facts import DetectorFacts
from loadstone.facts.tensor import Shape
from loadstone.formats.detection.backbones import backbone_of
from loadstone.formats.detection.classes import outputs, slots_of, slots_of_sequence
from loadstone.formats.detection.keys import Names, scope

META_ARCHITECTURES = (
    ("center_net", scope("_prediction_head_dict", r"center_net_\w+_feature_extractor")),
    ("mask_rcnn", scope("_mask_rcnn_box_predictor/_third_stage_heads", "mask_rcnn_mask_head")),
    ("faster_rcnn", scope("_first_stage_box_predictor", "mask_rcnn_keras_box_predictor")),
    (
        "ssd",
        scope(
            "_box_predictor",
            r"WeightSharedConvolutionalBoxPredictor/WeightSharedConvolutional\w+Head",
            r"BoxPredictor/Convolutional(?:Box|Class)Head_\d+",
        ),
    ),
)
"""Meta-architecture and the names that only it has; the first that fits counts."""

EXTRACTORS = (
    (re.compile(r"(?m)(?:^|/)EfficientDet-D([0-6])(?:/|$)"), r"ssd_efficientnet-b\1_bifpn_keras"),
    (re.compile(r"(?m)(?:^|/)EfficientDet-D(?:6-D)?7(?:/|$)"), "ssd_efficientnet-b6_bifpn_keras"),
    (re.compile(r"(?m)(?:^|/)ResNet(50|101|152)V1_FPN(?:/|$)"), r"ssd_resnet\1_v1_fpn_keras"),
    (
        re.compile(r"(?m)(?:^|/)ssd_mobile_net_v([12])_(fpn_)?keras_feature_extractor(?:/|$)"),
        r"ssd_mobilenet_v\1_\2keras",
    ),
)
"""Names of the extractor object that variables carry → the Object Detection API's type."""

LAYERS = (
    ("resnet152", scope(r"conv4_block36_\d_conv")),
    ("resnet101", scope(r"conv4_block23_\d_conv")),
    ("resnet50", scope(r"conv4_block6_\d_conv")),
    ("inception_resnet_v2", scope("block17_20_conv")),
    ("mobilenet_v2", scope("block_16_project(?:_conv)?")),
    ("mobilenet_v1", scope("conv_pw_13")),
)
"""Keras' own names of a backbone's last blocks; a deeper network has a shallower one's too, so it is first."""

_PYRAMID = scope("_fpn_features_generator", "fpn_features_generator", "FeatureMaps/top_down")
_BIFPN = scope("_bifpn_stage", r"EfficientDet-D[\d-]+D?\d?/bifpn")
_HOURGLASS = scope("_network/downsample_input", r"center_net_hourglass_feature_extractor")
_SSD_BACKBONE = re.compile(r"(?:^|/)_feature_extractor/(?!_bifpn_stage/|_fpn_|_coarse)")
_PROPOSALS = re.compile(r"(?:^|/)_feature_extractor_for_proposal_features/")
_CENTER_BASE = re.compile(r"(?:^|/)_feature_extractor/")
_CENTER_NECK = re.compile(r"(?:^|/)_feature_extractor_model/")

_BOX_OUT = re.compile(r"(?:_box_encoder_layers/\d+|Box(?:Encoding)?Predictor)/(?:bias|BiasAdd(?:_\d+)?)$")
_CLASS_OUT = re.compile(r"(?:_class_predictor_layers/\d+|ClassPredictor)/(?:bias|BiasAdd(?:_\d+)?)$")
_SECOND_CLASS = re.compile(r"(?:_class_predictor_layers/\d+|mask_rcnn_class_head/ClassPredictor_dense)/bias$")
_NUMBERED = re.compile(r"(?:^|/)(_box_predictor|_mask_rcnn_box_predictor)/(?:trainable_)?variables/(\d+)$")
_CENTERS = re.compile(
    r"(?:^|/)_prediction_head_dict/object_center/\d+/(?:layer_with_weights-\d+|variables|trainable_variables)/"
)
_FIRST_STAGE = re.compile(r"(?:^|/)(?:_first_stage_box_predictor|FirstStageBoxPredictor)/")


def from_tf2(names: Names) -> DetectorFacts | None:
    """Return the detector that TF2 names describe, or None where they describe none."""
    meta = next((meta for meta, pattern in META_ARCHITECTURES if names.has(pattern)), None)
    if meta is None:
        return None
    if meta == "faster_rcnn" and any(len(shape) == 4 for shape in _numbered(names, "_mask_rcnn_box_predictor")):
        # Numbered variables: of the second stage's predictors only the one for masks is convolutional.
        meta = "mask_rcnn"
    extractor = {"ssd": _ssd_extractor, "center_net": _center_net_extractor}.get(meta, _faster_rcnn_extractor)(names)
    classes = {"ssd": _ssd_classes, "center_net": _center_net_classes}.get(meta, _faster_rcnn_classes)(names)
    return DetectorFacts(meta, extractor, classes)


def _written(names: Names) -> str | None:
    """The extractor's type where a variable name carries the extractor's own name."""
    for pattern, kind in EXTRACTORS:
        if found := pattern.search(names.stems):
            return found.expand(kind)
    return None


def _backbone(names: Names, part: re.Pattern[str]) -> str | None:
    """The network whose shapes the part's variables have, or whose layers' names occur."""
    known = backbone_of(names.under(part).values())
    return known or next((network for network, pattern in LAYERS if names.has(pattern)), None)


def _ssd_extractor(names: Names) -> str | None:
    if written := _written(names):
        return written
    backbone = _backbone(names, _SSD_BACKBONE)
    if backbone is None:
        return None
    if backbone.startswith("efficientnet"):
        return f"ssd_{backbone}_bifpn_keras"
    pyramid = names.has(_PYRAMID) or _has_tower(names)
    version = "_v1" if backbone.startswith("resnet") else ""
    return f"ssd_{backbone}{version}{'_fpn' if pyramid else ''}_keras"


def _has_tower(names: Names) -> bool:
    """Numbered variables: a predictor shared by the levels of a pyramid has batch norms, the convolutional one none."""
    numbered = _numbered(names)
    kernels = sum(len(shape) == 4 for shape in numbered)
    return bool(numbered) and len(numbered) > 2 * kernels


def _numbered(names: Names, part: str = "_box_predictor") -> list[Shape]:
    """Return a predictor's variables in the order made, from keys that number them.

    Exporters wrote `trainable_variables/n` and `variables/n` of one part mixed; the trainable ones hold every kernel.
    """
    found: dict[bool, list[tuple[int, Shape]]] = {}
    for name, shape in names.shapes.items():
        if shape is not None and (match := _NUMBERED.search(name)) and match[1] == part:
            found.setdefault("/trainable_" in name, []).append((int(match[2]), shape))
    best = found.get(True) or found.get(False) or []
    return [shape for _, shape in sorted(best, key=lambda pair: pair[0])]


def _ssd_classes(names: Names) -> int | None:
    boxes = sorted(_outputs(names, _BOX_OUT).items())
    classes = sorted(_outputs(names, _CLASS_OUT).items())
    if boxes and len(boxes) == len(classes):
        slots = slots_of((box, kind) for (_, box), (_, kind) in zip(boxes, classes, strict=True))
    else:
        slots = slots_of_sequence(_numbered(names))
    # EfficientDet's configurations have no background column; every other SSD of the zoo has one.
    background = 0 if names.has(_BIFPN) or (_ssd_extractor(names) or "").startswith("ssd_efficientnet") else 1
    return slots - background if slots is not None and slots > background else None


def _outputs(names: Names, pattern: re.Pattern[str]) -> Mapping[str, int]:
    found = {name: outputs(shape) for name, shape in names.under(pattern).items() if not _FIRST_STAGE.search(name)}
    return {name: count for name, count in found.items() if count}


def _faster_rcnn_extractor(names: Names) -> str | None:
    backbone = _backbone(names, _PROPOSALS)
    if backbone is None:
        return None
    return f"faster_rcnn_{backbone}{'_fpn' if names.has(_PYRAMID) else ''}_keras"


def _faster_rcnn_classes(names: Names) -> int | None:
    """The second stage's class scores have a background column, always."""
    counts = set(_outputs(names, _SECOND_CLASS).values())
    count = counts.pop() if len(counts) == 1 else _numbered_classes(_numbered(names, "_mask_rcnn_box_predictor"))
    return count - 1 if count is not None and count > 1 else None


def _numbered_classes(shapes: list[Shape]) -> int | None:
    dense = [shape[1] for shape in shapes if len(shape) == 2]
    if len(dense) < 2 or dense[0] is None or dense[1] is None:
        return None
    # Boxes come first: 4 channels where classes share them, else 4 for each class.
    return dense[1] if dense[0] in (4, 4 * (dense[1] - 1)) else None


def _center_net_extractor(names: Names) -> str | None:
    if names.has(_HOURGLASS):
        return _hourglass(names)
    backbone = _backbone(names, _CENTER_BASE)
    if backbone is None:
        return None
    neck = names.under(_CENTER_NECK)
    if backbone == "mobilenet_v2":
        separable = any(name.endswith("/depthwise_kernel") for name in neck)
        return "mobilenet_v2_fpn_sep_conv" if separable else "mobilenet_v2_fpn"
    depth = backbone.removeprefix("resnet")
    if depth == backbone:
        return backbone
    # The V2 neck has transposed convolutions, 256 to 256 first, and no 1×1 lateral ones.
    lateral = any(shape[:2] == (1, 1) for shape in neck.values() if len(shape) == 4)
    return f"resnet_v1_{depth}_fpn" if lateral else f"resnet_v2_{depth}"


_HOURGLASS_BLOCK = re.compile(r"_network/hourglass_network/(\d+)/")


def _hourglass(names: Names) -> str:
    """The API names its hourglasses for their number of layers; 104 is the only one with two stacks."""
    stacks = {found[1] for name in names.shapes if (found := _HOURGLASS_BLOCK.search(name))}
    return "hourglass_104" if len(stacks) == 2 else "hourglass"


def _center_net_classes(names: Names) -> int | None:
    last = max((name for name in names.under(_CENTERS) if name.endswith("bias")), default=None)
    return outputs(names.shapes[last] or ()) if last else None
