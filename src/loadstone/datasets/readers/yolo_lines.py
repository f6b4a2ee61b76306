"""The lines of a YOLO label file, one an object: a class and a box, an outline or keypoints, as fractions.

What it is: text → numbers. What it is not: knowledge of pictures or class names. Forms, all beginning with the class:
`cx cy w h` (a box by its centre); `cx cy w h` and x, y (, visibility) for each keypoint, where the settings state
`kpt_shape`; else an even count of six or more numbers, x, y of an outline's corners, whose box is what surrounds it.
Specification: docs.ultralytics.com, the pages on detection, pose and segmentation datasets.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from loadstone.datasets.objects import SEEN
from loadstone.errors import FormatError
from loadstone.wire.limits import PICTURE_OBJECTS

_LINE = re.compile(rb"\s*+\d{1,6}(?:\.0+)?(?>(?:[ \t]++[-+]?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?){4,})[ \t\r]*+")


@dataclass(frozen=True, slots=True)
class YoloLine:
    """One object. `box` is x1, y1, x2, y2 as fractions, `outline` x, y of corners, `keypoints` x, y, visibility."""

    number: int
    box: tuple[float, float, float, float]
    outline: tuple[float, ...] = ()
    keypoints: tuple[float, ...] = ()


def looks_like_labels(head: bytes) -> bool:
    """Whether the first lines of a text are all objects; an empty text says nothing."""
    lines = [line for line in head.split(b"\n") if line.strip()]
    # The last line may be cut by the end of what was read.
    whole = lines[:-1] if len(lines) > 1 else lines
    return bool(whole) and all(_LINE.fullmatch(line) for line in whole[:20])


def parse_lines(data: bytes, shape: tuple[int, int] | None = None) -> tuple[list[YoloLine], list[str]]:
    """Return the objects of a label file, and a sentence for each line that is none.

    `shape` is (keypoints, numbers for each: 2 or 3), as the settings state it.
    """
    found: list[YoloLine] = []
    faults: list[str] = []
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(found) >= PICTURE_OBJECTS:
            faults.append(f"more than {PICTURE_OBJECTS:,} objects")
            break
        try:
            found.append(parse_line(words, shape))
        except FormatError as error:
            faults.append(f"line {number}: {error.fact}, but {line[:60].strip()!r}")
    return found, faults


def parse_line(words: list[str], shape: tuple[int, int] | None = None) -> YoloLine:
    """Return the object that a line's words say. Raises `FormatError`."""
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise FormatError("a line is a class and numbers") from error
    if not numbers[0].is_integer() or not 0 <= numbers[0] < 1 << 31:
        raise FormatError("a line begins with a whole number, its class")
    label, rest = int(numbers[0]), numbers[1:]
    if len(rest) == 4:
        return YoloLine(label, _around_centre(rest))
    if shape is not None and len(rest) == 4 + shape[0] * shape[1]:
        return YoloLine(label, _around_centre(rest), keypoints=_keypoints(rest[4:], shape))
    if len(rest) >= 6 and len(rest) % 2 == 0:
        return YoloLine(label, _around(rest), outline=tuple(rest))
    raise FormatError("a line is a class and 4 numbers, an outline's pairs, or as many keypoints as are declared")


def _around_centre(numbers: list[float]) -> tuple[float, float, float, float]:
    x, y, width, height = numbers[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _around(corners: list[float]) -> tuple[float, float, float, float]:
    xs, ys = corners[::2], corners[1::2]
    if any(math.isnan(corner) for corner in corners):
        return math.nan, math.nan, math.nan, math.nan
    return min(xs), min(ys), max(xs), max(ys)


def _keypoints(numbers: list[float], shape: tuple[int, int]) -> tuple[float, ...]:
    """Return x, y, visibility of each; without a visibility, a point at 0, 0 is one that is not there."""
    if shape[1] == 3:
        return tuple(numbers)
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple(value for x, y in pairs for value in (x, y, float(SEEN) if x or y else 0.0))
