"""What was asked for: the head, the neck, classes, size and width, each checked where it is born."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.builder.anchors import AnchorWish
from loadstone.errors import SourceError

HEADS = ("ssd", "retinanet", "faster-rcnn", "yolo", "centernet")
NECKS = ("none", "fpn", "bifpn")

NECKS_OF = {
    "ssd": ("none", "fpn", "bifpn"),
    "retinanet": ("fpn", "bifpn", "none"),
    "faster-rcnn": ("fpn", "none"),
    "yolo": ("pan", "none"),
    "centernet": ("fpn",),
}
"""Head → the necks that go with it, its usual one first. `pan` is a YOLO's own: down, and up again."""

LARGEST_SIDE = 4096
MOST_CLASSES = 100_000
WIDEST = 1024

ONE_STAGE = ("ssd", "retinanet", "yolo")
"""The heads whose boxes are suppressed once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A request. `size` is (height, width) in pixels; `width` the channels of neck and head.

    `light`: convolutions of neck and head wider than a place are separable, as MobileNets' own are.
    `class_agnostic`: boxes of all classes suppress each other. `taps_by_hand`: the backbone's maps were named.
    """

    head: str
    neck: str
    num_classes: int
    size: tuple[int, int]
    width: int
    light: bool
    anchors: AnchorWish
    class_agnostic: bool = False
    taps_by_hand: bool = False


def size_of(input_size: int | tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of a side or a pair; `SourceError` where a side is below 32 or above `LARGEST_SIDE`."""
    pair = tuple(input_size) if isinstance(input_size, Sequence) else (input_size, input_size)
    sides = [side for side in pair if isinstance(side, int) and 32 <= side <= LARGEST_SIDE]
    if len(pair) != 2 or len(sides) != 2:
        expected = f"one side, or (height, width), each from 32 to {LARGEST_SIDE:,} pixels"
        raise SourceError("the input size is no size of pictures", expected=expected, found=str(input_size))
    return sides[0], sides[1]


def neck_of(head: str, neck: str | None) -> str:
    """Return the neck, the head's usual one where none is named; `SourceError` for words that are not known."""
    if head not in NECKS_OF:
        raise SourceError("there is no such head", expected=", ".join(HEADS), found=head)
    if neck is None:
        return NECKS_OF[head][0]
    if neck not in NECKS_OF[head]:
        raise SourceError(f"{head} has no such neck", expected=" or ".join(NECKS_OF[head]), found=neck)
    return neck


def classes_of(num_classes: int) -> int:
    """Return the number of classes; `SourceError` where it is none."""
    if isinstance(num_classes, bool) or not hasattr(num_classes, "__index__"):
        raise SourceError("the number of classes is no whole number", expected="1 to 100,000", found=repr(num_classes))
    if not 1 <= num_classes <= MOST_CLASSES:
        raise SourceError("the number of classes is out of range", expected="1 to 100,000", found=f"{num_classes:,}")
    return num_classes


def agnostic_of(head: str, class_agnostic: bool) -> bool:
    """Return whether classes suppress each other; `SourceError` for a head that has no such suppression."""
    if class_agnostic and head not in ONE_STAGE:
        reason = "suppresses each class by itself" if head == "faster-rcnn" else "takes peaks and suppresses no boxes"
        help_ = f"leave class_agnostic out, or take {' or '.join(ONE_STAGE)}"
        raise SourceError(f"a {head} {reason}", found="class_agnostic", help=help_)
    return class_agnostic
