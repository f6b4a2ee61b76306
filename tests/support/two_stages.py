"""A tiny Faster R-CNN, with one map or a pyramid of two, for tests."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.faster_rcnn_heads import MaskHead, ProposalHead, write_box_head
from loadstone.blueprint.faster_rcnn_parts import Crops, FasterRcnnBlueprint, GridAnchors, Masks, Proposals
from loadstone.blueprint.network import Network, Scope, Tensor, Writer
from loadstone.blueprint.parts import BoxCoder, MultiscaleAnchors, Normalisation, Resizer, Suppression

SIDE = 64
SCALED = Normalisation((127.5,) * 3, (127.5,) * 3, before_resizing=False)
FIRST = "model/_feature_extractor_for_proposal_features"
SECOND = "model/_feature_extractor_for_box_classifier_features"


def tiny_two_stages(
    *,
    classes: int = 3,
    pyramid: bool = False,
    shared: bool = True,
    clip: bool = True,
    proposals: int = 20,
    masks: Masks | None = None,
) -> FasterRcnnBlueprint:
    """Return a detector for pictures of 64 × 64 pixels at most, padded; its first map has a stride of 8."""
    anchors: GridAnchors | MultiscaleAnchors = GridAnchors((0.5, 1.0), (0.5, 1.0, 2.0), (32, 32), (8, 8))
    if pyramid:
        anchors = MultiscaleAnchors(3, 4, 3.0, (1.0, 2.0, 0.5), 1, normalise=False)
    crops = Crops(size=6, pool_window=2, pool_stride=2)
    return FasterRcnnBlueprint(
        meta_architecture="faster_rcnn",
        feature_extractor="tiny",
        num_classes=classes,
        resizer=Resizer("keep-aspect", (SIDE, SIDE), pad=True),
        normalisation=SCALED,
        first_stage=_first(anchors.per_place, pyramid),
        second_stage=_second(crops.side, classes, shared),
        third_stage=_third(crops.side, masks, 1 if masks.agnostic else classes) if masks else None,
        anchors=anchors,
        proposals=Proposals(0.0, 0.7, proposals, clip),
        crops=crops,
        shared_boxes=shared,
        masks=masks,
        suppression=Suppression(0.0, 0.6, 10, 10, "SOFTMAX"),
        box_coder=BoxCoder(),
    )


def _first(anchors: int, pyramid: bool) -> Network:
    to = Writer()
    x, maps = to.picture(SIDE, SIDE), []
    for number in range(4 if pyramid else 3):
        x = _unit(to, x, f"{FIRST}/conv_{number}", 8, stride=2)
        maps.append(x)
    maps = maps[2:]
    for number, one in enumerate(maps):
        to.output(f"features_{number}", one)
    boxes, scores = ProposalHead(depth=8, window=3, anchors=anchors).write(to, maps)
    to.output("box_encodings", boxes)
    to.output("objectness", scores)
    return to.network()


def _second(side: int, classes: int, shared: bool) -> Network:
    to = Writer()
    features = _unit(to, to.input("crops", (side, side, 8)), f"{SECOND}/conv", 8, stride=1)
    to.output("features", features)
    boxes, scores = write_box_head(to, features, classes, shared=shared)
    to.output("box_encodings", boxes)
    to.output("class_predictions_with_background", scores)
    return to.network()


def _third(side: int, masks: Masks, channels: int) -> Network:
    to = Writer()
    features = to.input("features", (side, side, 8))
    to.output("masks", MaskHead(masks.size, layers=2, depth=4, masks=channels).write(to, features))
    return to.network()


def _unit(to: Writer, x: Tensor, key: str, depth: int, *, stride: int) -> Tensor:
    name = key.removeprefix("model/_")
    x = to.conv(x, Scope(f"{key}/conv", f"{name}/conv"), depth, 3, stride=stride)
    x = to.batch_norm(x, Scope(f"{key}/norm", f"{name}/norm"), epsilon=1e-3)
    return to.activation(x, "relu")


def values_of(blueprint: FasterRcnnBlueprint, *, spread: float = 0.1) -> dict[str, npt.NDArray[np.float32]]:
    """Return a value for every variable, from its key alone."""
    found = {}
    for key, variable in blueprint.variables.items():
        drawn = np.random.default_rng(crc32(key.encode())).standard_normal(variable.shape)
        attribute = key.rpartition("/")[2]
        if attribute in ("gamma", "moving_variance"):
            drawn = 1 + 0.1 * np.abs(drawn)
        elif attribute == "kernel":
            drawn = drawn * np.sqrt(2 / np.prod(variable.shape[:-1]))
        else:
            drawn = spread * drawn
        # Small encodings leave the proposals near their anchors, where the ground truth can be put.
        found[key] = (drawn * (0.1 if "box_encodings" in key else 1)).astype(np.float32)
    return found
