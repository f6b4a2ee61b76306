"""How many classes two shapes of a head mean: the arithmetic of every usual head.

What it is: 8 of 12 box outputs are 2 of 3 classes; 255 outputs of YOLO are 80 classes, 3 · (80 + 5).
What it is not: the reading of messages (`shape_errors`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COUNTS = (80, 90, 20, 91, 81, 21, 1000, 37, 601)
"""Classes of the usual data sets, with and without background: of two readings the one with these is likelier."""


@dataclass(frozen=True, slots=True)
class Classes:
    """`model` and `file` classes (without background), and the arithmetic in words: `4 values for each class`.

    `unit` is `outputs` where nothing names the head: how many outputs a class has is then not known.
    """

    model: int
    file: int
    rule: str
    unit: str = "classes"


@dataclass(frozen=True, slots=True)
class _Head:
    name: re.Pattern[str]
    rule: str
    count: Callable[[int], Iterator[int]]


def _exact(factor: int, offset: int = 0, before: int = 0) -> Callable[[int], Iterator[int]]:
    """`outputs = factor · (classes + before + offset)`."""

    def classes(outputs: int) -> Iterator[int]:
        if outputs % factor == 0 and outputs // factor - before - offset >= 1:
            yield outputs // factor - before - offset

    return classes


_HEADS = (
    _Head(
        re.compile(r"SecondStageBoxPredictor/(?:BoxEncodingPredictor|BoxEncoding)|_box_prediction_head/_box_encoder|"
                   r"mask_rcnn_box_head/BoxEncodingPredictor"),
        "4 values for each class",
        _exact(4),
    ),
    _Head(re.compile(r"mrcnn_bbox_fc|(?:^|/)bbox_pred|dense_regress"), "4 values for each class and the background",
          _exact(4, 1)),
    _Head(re.compile(r"mrcnn_class_logits|(?:^|/)cls_score|dense_class_"), "a value for each class and the background",
          _exact(1, 1)),
    _Head(re.compile(r"mrcnn_mask(?:/|$)"), "a mask for each class and the background", _exact(1, 1)),
    _Head(
        re.compile(r"SecondStageBoxPredictor/ClassPredictor|_mask_rcnn_box_predictor/.*class|mask_rcnn_class_head"),
        "a value for each class and the background",
        _exact(1, 1),
    ),
    _Head(re.compile(r"object_center"), "a map for each class", _exact(1)),
    _Head(re.compile(r"class_net|class-predict|retinanet.*class|classification_submodel|pyramid_classification"),
          "9 anchors, a value for each class", _exact(9)),
)  # fmt: skip

ANCHORED = re.compile(
    r"BoxPredictor(?:_\d+)?/(?:[^/]+/)*ClassPredictor|class_predictions_with_background|ClassPredictor"
    r"|conv_cls|(?:^|/)\w*_mbox_conf|cls_pred|classes\d"
)
"""Heads with a value for each anchor, each class and (nearly always) the background."""

FULL = re.compile(
    r"(?:^|/)(?:predictions?|logits|fc\d*|classifier|softmax|output\w*|dense_out\w*|head|probs|fc1000|top\w*|classification"
    r"|class(?:es)?(?:_output)?)(?:/|$)",
    re.IGNORECASE,
)
AUTOMATIC = re.compile(
    r"^(?:conv2d|conv1d|dense|batch_normalization|depthwise_conv2d|separable_conv2d|conv2d_transpose|convolution2d|lstm|gru"
    r"|embedding|conv_\w+|bn_?)(?:_?\d+)?(?:/|$|_)"
)
"""Names that Keras makes up by counting."""


def classes_of(name: str, model: tuple[int, ...], file: tuple[int, ...]) -> Classes | None:
    """Return what two shapes of a head mean; None where they differ in more than outputs, or in no known head."""
    if not model or len(model) != len(file) or model[:-1] != file[:-1] or model == file:
        return None
    wanted, stored = model[-1], file[-1]
    for head in _HEADS:
        if head.name.search(name):
            for ours in head.count(wanted):
                for theirs in head.count(stored):
                    return Classes(ours, theirs, head.rule)
    if ANCHORED.search(name) and (found := _anchored(name, wanted, stored)):
        return found
    if _is_yolo(name, model) and (found := _yolo(wanted, stored)):
        return found
    if FULL.search(name):
        return Classes(wanted, stored, "a value for each class")
    return _unnamed(model, wanted, stored)


def _unnamed(model: tuple[int, ...], wanted: int, stored: int) -> Classes | None:
    """Read a layer of a name that tells nothing: outputs that no designer chooses as a width are those of a head.

    Widths of inner layers are multiples of 16 in nearly every network; a network's first convolution, which has
    multiples of 8 too, is told by the 1 to 4 channels that go in.
    """
    if len(model) < 2 or (len(model) > 2 and model[-2] <= 4) or (wanted % 16 == 0 and stored % 16 == 0):
        return None
    if len(model) == 2:
        return Classes(wanted, stored, "a value for each class")
    return Classes(wanted, stored, "outputs that are no inner layer's usual width", "outputs")


def _anchored(name: str, wanted: int, stored: int) -> Classes | None:
    first = re.search(r"BoxPredictor_0/|block4_box|conv4_3|class_predictions_with_background/0/", name) is not None
    found: list[tuple[int, int, Classes]] = []
    for anchors in (3, 6, 4, 9, 5, 2, 1) if first else (6, 4, 9, 3, 5, 2, 1):
        if wanted % anchors == 0 and stored % anchors == 0 and min(wanted, stored) // anchors >= 2:
            ours, theirs = wanted // anchors - 1, stored // anchors - 1
            usual = (theirs in COUNTS) + (ours in COUNTS)
            found.append((-usual, len(found), Classes(ours, theirs, f"{anchors} anchors · (classes + background)")))
    return min(found, key=lambda one: one[:2])[2] if found else None


def _is_yolo(name: str, model: tuple[int, ...]) -> bool:
    outermost = re.search(r"yolo|conv2d_(?:59|67|75|58|66|74|93|101|109|92|100|108|10|13|9|12|20|17|23)(?:/|$)", name)
    return outermost is not None or (
        len(model) == 4 and model[:2] == (1, 1) and (not name or AUTOMATIC.search(name) is not None)
    )


def _yolo(wanted: int, stored: int) -> Classes | None:
    for anchors in (3, 5):
        ours, theirs = wanted / anchors - 5, stored / anchors - 5
        if ours.is_integer() and theirs.is_integer() and min(ours, theirs) >= 1:
            return Classes(int(ours), int(theirs), f"{anchors} · (classes + 5)")
    return None
