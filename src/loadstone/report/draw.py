"""Draw boxes, masks, names, scores and keypoints on a picture; the same input always gives the same pixels.

A class keeps its colour in every picture. A label stays inside the picture, and off other labels where there is room.
"""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    from loadstone.facts.detections import Classification, Detection, Detections, ReadPixels

    Rectangle = tuple[int, int, int, int]
    Font = PIL.ImageFont.ImageFont | PIL.ImageFont.FreeTypeFont
    Colour = tuple[int, int, int]

MARK = "drawn by loadstone"
"""Stands near the start of every picture written here, so that no other picture is ever overwritten."""

MARK_WITHIN = 4096
"""Bytes at a file's start that are searched for the mark; both JPEG and PNG keep comments before the pixels."""

GOLDEN_TURN = 0.618034
"""Steps round the colour circle that never meet an earlier colour closely."""

SHORTEST_NAME = 4
"""A name is cut to no fewer letters than this when it is wider than the picture."""

TOP_CLASSES = 3

COVERING = 0.45
"""How much of its colour a mask puts over the picture: enough to tell it on any ground, and to see what is under it."""


def colour_of(class_id: int) -> Colour:
    """Return the colour of a class: bright, and far from its neighbours'."""
    hue = (0.02 + class_id * GOLDEN_TURN) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.85, (0.95, 0.8)[class_id % 2])
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_detections(found: Detections) -> PIL.Image.Image:
    """Return the picture with each box, its name and its score, and its mask where it has one."""
    from PIL import ImageDraw

    image = _masked(_picture(found.pixels, found.image), found)
    draw = ImageDraw.Draw(image)
    font, line = _font(image), max(2, round(min(image.size) / 240))
    rows = list(found)
    # The best detection is drawn last, so that its frame lies on top.
    for one, points in zip(reversed(rows), reversed(found.points()), strict=True):
        draw.rectangle(_framed(one, image.size), outline=colour_of(one.class_id), width=line)
        for x, y, _ in filter(None, points):
            _dot(draw, x, y, radius=line, colour=colour_of(one.class_id))
    taken: list[Rectangle] = []
    for one in rows:
        text = _fitting(f"{_drawable(one)} {one.score:.2f}", font, image.width)
        plate = _place(_framed(one, image.size), _extent(font, text), size=image.size, taken=taken)
        taken.append(plate)
        _label(draw, plate, text, font=font, colour=colour_of(one.class_id))
    return image


def draw_classification(found: Classification) -> PIL.Image.Image:
    """Return the picture with its most probable classes in the upper left corner."""
    from PIL import ImageDraw

    image = _picture(found.pixels, found.image)
    draw = ImageDraw.Draw(image)
    font = _font(image)
    top = 0
    for one in found.classes[:TOP_CLASSES]:
        text = _fitting(f"{_latin(one.name, one.class_id)} {one.probability:.2f}", font, image.width)
        width, height = _extent(font, text)
        _label(draw, (0, top, width, top + height), text, font=font, colour=colour_of(one.class_id))
        top += height
    return image


def write_picture(image: PIL.Image.Image, path: str | os.PathLike[str]) -> None:
    """Write a picture in the format that the ending names, marked as ours where the format allows a comment."""
    from PIL import Image, PngImagePlugin

    suffix = Path(path).suffix.lower()
    kind = Image.registered_extensions().get(suffix)
    if kind not in Image.SAVE:
        raise SourceError(
            f"pictures cannot be written as {suffix or 'a file without an ending'}",
            where=str(path),
            help="end the name in .jpg, .png, .webp, .bmp or .tif",
        )
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARK)
    options: dict[str, dict[str, Any]] = {"JPEG": {"quality": 92, "comment": MARK}, "PNG": {"pnginfo": text}}
    try:
        image.save(path, format=kind, **options.get(kind or "", {}))
    except OSError as error:
        raise SourceError(f"the picture cannot be written: {error.strerror or error}", where=str(path)) from error


def is_ours(path: Path) -> bool:
    """Whether a picture on disk carries the mark of `write_picture`."""
    try:
        with path.open("rb") as stream:
            return MARK.encode() in stream.read(MARK_WITHIN)
    except OSError:
        return False


def _picture(pixels: ReadPixels | None, name: str) -> PIL.Image.Image:
    from PIL import Image

    if pixels is None:
        raise SourceError("the picture's pixels are not at hand", where=name, help="detect from a file or an array")
    # Image.fromarray shares the array's memory; drawing must not change the caller's picture.
    return Image.fromarray(pixels()).copy()


def _masked(image: PIL.Image.Image, found: Detections) -> PIL.Image.Image:
    """Return the picture with each mask in its class's colour, half seen through; the best detection's on top."""
    if found.masks is None:
        return image
    import numpy as np
    from PIL import Image

    from loadstone.facts.masks import pasted_part

    pixels = np.array(image)
    for one, mask in zip(reversed(list(found)), reversed(found.masks), strict=True):
        rows, columns, inside = pasted_part(mask, one.box, *pixels.shape[:2])
        tint(pixels[rows, columns], inside, colour_of(one.class_id))
    return Image.fromarray(pixels)


def tint(ground: npt.NDArray[np.uint8], inside: npt.NDArray[np.bool_], colour: Colour) -> None:
    """Put a colour, half seen through, over those of the pixels (H, W, 3) that are `inside` (H, W), in place."""
    import numpy as np

    ground[inside] = np.rint(ground[inside] * (1 - COVERING) + np.multiply(colour, COVERING))


def _font(image: PIL.Image.Image) -> Font:
    from PIL import ImageFont

    return ImageFont.load_default(max(11, round(min(image.size) / 34)))


def _framed(one: Detection, size: tuple[int, int]) -> Rectangle:
    """Return the box in whole pixels inside the picture, its corners in order."""
    width, height = size
    x1, y1, x2, y2 = one.box
    left, top = min(max(round(x1), 0), width - 1), min(max(round(y1), 0), height - 1)
    return left, top, min(max(round(x2), left), width - 1), min(max(round(y2), top), height - 1)


def _drawable(one: Detection) -> str:
    return _latin(one.name, one.class_id)


def _latin(name: str, class_id: int) -> str:
    """Return the name, or its class id where the one font that Pillow carries has no letters for it."""
    name = " ".join(name.split())
    return name if name.isprintable() and all(ord(letter) < 0x250 for letter in name) else f"class {class_id}"


def _extent(font: Font, text: str) -> tuple[int, int]:
    """Return width and height of the text's plate; the height is that of the font, so that plates line up."""
    left, _, right, _ = font.getbbox(text)
    _, _, _, bottom = font.getbbox("Ág")
    margin = max(2, round(bottom / 6))
    return round(right - left) + 2 * margin, round(bottom) + margin


def _fitting(text: str, font: Font, width: int) -> str:
    """Cut the name until the plate is no wider than the picture; the score stays."""
    name, _, score = text.rpartition(" ")
    while len(name) > SHORTEST_NAME and _extent(font, text)[0] > width:
        name = name[:-2].rstrip("…") + "…"
        text = f"{name} {score}"
    return text


def _place(box: Rectangle, extent: tuple[int, int], *, size: tuple[int, int], taken: list[Rectangle]) -> Rectangle:
    """Put the plate above the box, else inside it, below it, or at its right end; off the other plates if possible."""
    width, height = extent
    tops = (box[1] - height, box[1], box[3], box[3] - height)
    places = [(left, top) for top in tops for left in (box[0], box[2] - width)]
    plates = [_inside(left, top, extent=extent, size=size) for left, top in places]
    free = [plate for plate in plates if not any(_touch(plate, other) for other in taken)]
    fits = [plate for plate, (_, top) in zip(plates, places, strict=True) if plate[1] == top and plate in free]
    return (fits or free or plates)[0]


def _inside(left: int, top: int, *, extent: tuple[int, int], size: tuple[int, int]) -> Rectangle:
    left = max(0, min(left, size[0] - extent[0]))
    top = max(0, min(top, size[1] - extent[1]))
    return left, top, left + extent[0], top + extent[1]


def _touch(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _dot(draw: PIL.ImageDraw.ImageDraw, x: float, y: float, *, radius: int, colour: Colour) -> None:
    """Draw a keypoint; one that lies outside the picture draws nothing."""
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=(255, 255, 255))


def _label(draw: PIL.ImageDraw.ImageDraw, plate: Rectangle, text: str, *, font: Font, colour: Colour) -> None:
    draw.rectangle((plate[0], plate[1], plate[2] - 1, plate[3] - 1), fill=colour)
    luminance = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    ink = (0, 0, 0) if luminance > 140 else (255, 255, 255)
    left = font.getbbox(text)[0]
    margin = (plate[2] - plate[0] - round(font.getbbox(text)[2] - left)) // 2
    draw.text((plate[0] + margin - left, plate[1]), text, fill=ink, font=font)
