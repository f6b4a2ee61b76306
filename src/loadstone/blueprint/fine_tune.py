"""`fine_tune_checkpoint_type`: which of a detector's variables the original takes from a checkpoint to train on.

What it is: keys. What it is not: the reading of a checkpoint, or values for the variables that it leaves.
Source: `restore_from_objects` of the meta-architectures, object_detection/utils/variables_helper.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.network import Variable
from loadstone.blueprint.reader import AnyBlueprint
from loadstone.errors import UnsupportedModelError

TYPES = ("classification", "detection", "full")
"""What a configuration may ask for; `fine_tune` was an error everywhere, which the message explains."""

TWO_STAGE = (
    "model/_feature_extractor_for_proposal_features/",
    "model/_feature_extractor_for_box_classifier_features/",
    "FirstStageFeatureExtractor/",
    "SecondStageFeatureExtractor/",
)
"""Where a Faster R-CNN's extractors lie: Keras's keys, and slim's."""

ONE_STAGE = ("model/_feature_extractor/", "FeatureExtractor/")

CLASSIFIERS = (
    "model/_feature_extractor/classification_backbone/",
    # EfficientNet's backbone is reached by this attribute first.
    "model/_feature_extractor/_efficientnet/",
    "model/_feature_extractor/_base_model/",
    "model/_feature_extractor_for_proposal_features/classification_backbone/",
)
"""Where the classifier is an object of its own within the extractor."""

ADDED = re.compile(r"/fpn/|_\d_Conv2d_\d+_\dx\d|/bottom_up_|/smoothing_|/projection_", re.I)
"""What slim's detectors put behind their classifier, in its own scope."""


def taken_variables(blueprint: AnyBlueprint, kind: str) -> dict[str, Variable]:
    """Return the variables, by key, that a checkpoint of this type fills; the others keep their initial values.

    `classification`: the classifier under the extractor; `detection`: the whole extractor with its pyramid, not the
    heads, proposals included; `full`: everything, so that the number of classes must be the same.
    Raises `UnsupportedModelError` for a type that the original refuses for this architecture.
    """
    if kind not in TYPES:
        advice = "use detection" if isinstance(blueprint, CenterNetBlueprint) else "use detection or full"
        raise UnsupportedModelError(
            f"fine_tune_checkpoint_type {kind!r} is none that {blueprint.meta_architecture} takes",
            expected=", ".join(TYPES),
            found=kind,
            help=advice,
        )
    if kind == "full":
        return dict(blueprint.variables)
    if kind == "classification" and "hourglass" in blueprint.feature_extractor:
        raise UnsupportedModelError(
            "an hourglass has no classifier under it", found=blueprint.feature_extractor, help="use detection or full"
        )
    chosen = _in_extractor(blueprint) if kind == "detection" else _in_backbone(blueprint)
    return {key: variable for key, variable in blueprint.variables.items() if chosen(key)}


def _in_extractor(blueprint: AnyBlueprint) -> Callable[[str], bool]:
    """Return whether a key is one of the feature extractor's: backbone, pyramid and added maps, but no head."""
    scopes = TWO_STAGE if isinstance(blueprint, FasterRcnnBlueprint) else ONE_STAGE
    return lambda key: key.startswith(scopes)


def _in_backbone(blueprint: AnyBlueprint) -> Callable[[str], bool]:
    """Return whether a key is one of the classifier's; where it is no object of its own, it is the whole extractor."""
    if any(key.startswith(CLASSIFIERS) for key in blueprint.variables):
        return lambda key: key.startswith(CLASSIFIERS)
    within = _in_extractor(blueprint)
    return lambda key: within(key) and not ADDED.search(key)
