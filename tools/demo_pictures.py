"""Scenes of drawn objects on drawn backgrounds, with the boxes they fill: for the demo detector and for practice.

`scene(rng, width, height)` gives one picture and its truth. Light, blur, noise, clutter, scale, turn and overlap
are drawn anew for every scene; the same seed always gives the same pixels. A `Recipe` says what is drawn and how hard
it is to find; `DEMO` is the demo detector's, and `make_practice_pictures.py` has harder ones.
Run as a script it writes a contact sheet, to look at: `python tools/demo_pictures.py sheet.png`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from demo_objects import MORE_PAINTERS, NAMES, Sketch, any_colour
from PIL import Image, ImageDraw, ImageFilter

#: An object is kept in the truth while at least this part of it is in sight.
LEAST_VISIBLE = 0.4
#: Objects are drawn at this many times their final size, so that edges come out smooth.
OVERSAMPLING = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a scene holds.

    `names` are the classes, the first being class 1; `decoys` are drawn as well and belong to none.
    `objects` and `most_decoys` are how many there are at most (and at least). `smallest` and `largest` are the side of
    an object as a part of the picture's shorter side, `least_side` its least in pixels. `past_edge` is how much of an
    object's side may lie outside the picture, `occluders` how many bars and blots may lie in front of the objects,
    `dimmest` how much light there is at least.
    """

    names: tuple[str, ...]
    decoys: tuple[str, ...] = ()
    objects: tuple[int, int] = (1, 6)
    most_decoys: int = 0
    smallest: float = 0.16
    largest: float = 0.72
    least_side: int = 24
    past_edge: float = 0.0
    occluders: int = 0
    dimmest: float = 1.0


#: The recipe of the demo detector's pictures.
DEMO = Recipe(NAMES)


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture, uint8 (height, width, 3); boxes (N, 4) xyxy in pixels; class ids (N,) from 1."""

    picture: np.ndarray
    boxes: np.ndarray
    class_ids: np.ndarray


@dataclass(slots=True)
class _Stage:
    """A scene while it is drawn: `owner` int32 (height, width) is which object each pixel shows, 0 for none.

    `placed` holds class id (0 for a decoy), box and area in pixels, of object 1, 2, …
    """

    rng: np.random.Generator
    recipe: Recipe
    canvas: Image.Image
    owner: np.ndarray
    placed: list[tuple[int, np.ndarray, int]] = field(default_factory=list)

    def truth(self) -> list[tuple[np.ndarray, int]]:
        """Return box and class id of every object of a class that is in sight."""
        return [
            (box, class_id)
            for number, (class_id, box, area) in enumerate(self.placed, 1)
            if class_id and int((self.owner == number).sum()) >= LEAST_VISIBLE * area
        ]


def scene(
    rng: np.random.Generator, width: int, height: int, *, tidy: bool = False, recipe: Recipe | None = None
) -> Scene:
    """Draw one scene; a `tidy` one shows each class once, with little clutter and no noise."""
    made = recipe or DEMO
    canvas = _background(rng, width, height)
    _clutter(rng, canvas, int(rng.integers(0, 3 if tidy else 9)))
    stage = _Stage(rng, made, canvas, np.zeros((height, width), np.int32))
    # A generator, so that classes and places are drawn in turn: the seeds of the trained detector depend on it.
    classes = range(1, len(made.names) + 1) if tidy else _any_classes(rng, made)
    for class_id in classes:
        _place(stage, made.names[class_id - 1], class_id=class_id, most_overlap=0.0 if tidy else 0.35)
    for _ in range(int(rng.integers(0, made.most_decoys + 1)) if made.most_decoys else 0):
        _place(stage, str(rng.choice(made.decoys)), class_id=0, most_overlap=0.15)
    for _ in range(int(rng.integers(0, made.occluders + 1)) if made.occluders else 0):
        _occlude(stage)
    picture = _light(rng, stage.canvas, tidy=tidy, dimmest=made.dimmest)
    seen = stage.truth()
    boxes = np.array([box for box, _ in seen], np.float32).reshape(-1, 4)
    return Scene(picture, boxes, np.array([class_id for _, class_id in seen], np.int64))


def _any_classes(rng: np.random.Generator, recipe: Recipe) -> Iterator[int]:
    least, most = recipe.objects
    for _ in range(int(rng.integers(least, most + 1))):
        yield int(rng.integers(1, len(recipe.names) + 1))


def _place(stage: _Stage, name: str, *, class_id: int, most_overlap: float) -> None:
    """Paste one object where it does not hide too much."""
    rng, canvas, recipe = stage.rng, stage.canvas, stage.recipe
    side = int(min(canvas.size) * np.exp(rng.uniform(np.log(recipe.smallest), np.log(recipe.largest))))
    sprite = _sprite(rng, name, max(recipe.least_side, side))
    mask = np.asarray(sprite)[..., 3] > 127
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    sprite = sprite.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    mask = np.asarray(sprite)[..., 3] > 127
    for _ in range(8):
        left = _corner(rng, canvas.width, sprite.width, recipe.past_edge)
        top = _corner(rng, canvas.height, sprite.height, recipe.past_edge)
        box = max(0, left), max(0, top), min(canvas.width, left + sprite.width), min(canvas.height, top + sprite.height)
        window = stage.owner[box[1] : box[3], box[0] : box[2]]
        inside = mask[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
        if (window[inside] > 0).mean() <= most_overlap:
            break
    else:
        stage.placed.append((class_id, np.zeros(4), 1))
        return
    _shadow(rng, canvas, sprite, (left, top))
    canvas.paste(sprite, (left, top), sprite)
    stage.placed.append((class_id, np.array(box, np.float32), int(mask.sum())))
    window[inside] = len(stage.placed)


def _corner(rng: np.random.Generator, room: int, side: int, past_edge: float) -> int:
    past = int(side * past_edge)
    return int(rng.integers(-past, max(1 - past, room - side + past)))


def _occlude(stage: _Stage) -> None:
    """Lay a bar or a blot over the scene, unless it would take an object out of sight."""
    rng, size = stage.rng, stage.canvas.size
    shape = Image.new("L", size)
    draw = ImageDraw.Draw(shape)
    x, y, reach = rng.uniform(0, size[0]), rng.uniform(0, size[1]), min(size) * rng.uniform(0.03, 0.12)
    if rng.random() < 0.5:
        turn = rng.uniform(0, np.pi)
        far = np.array([np.cos(turn), np.sin(turn)]) * max(size) * rng.uniform(0.2, 1.0)
        draw.line([(x - far[0], y - far[1]), (x + far[0], y + far[1])], fill=255, width=max(2, int(reach * 0.7)))
    else:
        draw.ellipse([x - reach, y - reach * rng.uniform(0.5, 2), x + reach, y + reach], fill=255)
    owner = np.where(np.asarray(shape) > 0, 0, stage.owner)
    if len(_Stage(rng, stage.recipe, stage.canvas, owner, stage.placed).truth()) == len(stage.truth()):
        stage.canvas.paste(any_colour(rng), (0, 0, *size), shape)
        stage.owner = owner


def _sprite(rng: np.random.Generator, name: str, side: int) -> Image.Image:
    """Draw one object, turn it and squeeze it a little."""
    sketch = Sketch(side * OVERSAMPLING)
    MORE_PAINTERS[name](rng, sketch)
    image = sketch.image
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turn = rng.uniform(-180, 180) if name == "key" else rng.normal(0, 12)
    image = image.rotate(turn, Image.Resampling.BILINEAR, expand=True)
    scale = side / sketch.size
    squeeze = rng.uniform(0.85, 1.15)
    size = max(8, round(image.width * scale * squeeze)), max(8, round(image.height * scale / squeeze))
    return image.resize(size, Image.Resampling.BOX)


def _shadow(rng: np.random.Generator, canvas: Image.Image, sprite: Image.Image, corner: tuple[int, int]) -> None:
    """Darken the ground beside the object."""
    shift = max(1, round(sprite.height * rng.uniform(0.01, 0.06)))
    alpha = sprite.getchannel("A").filter(ImageFilter.BoxBlur(shift)).point(lambda value: value * 0.4)
    dark = Image.new("RGB", sprite.size, (0, 0, 0))
    canvas.paste(dark, (corner[0] + shift, corner[1] + shift), alpha)


def _background(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """One of five grounds: plain gradient, cloud, wood, tiles, cloth."""
    low, high = np.array(any_colour(rng), np.float32), np.array(any_colour(rng), np.float32)
    high = low + (high - low) * rng.uniform(0.15, 0.7)
    kind = rng.integers(5)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / min(width, height)
    if kind == 0:
        blend = x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)
    elif kind == 1:
        blend = _cloud(rng, width, height)
    elif kind == 2:
        blend = 0.5 + 0.5 * np.sin((y * rng.uniform(8, 30) + 1.5 * _cloud(rng, width, height)) * 3)
    elif kind == 3:
        pitch = rng.uniform(3, 9)
        blend = ((np.floor(x * pitch) + np.floor(y * pitch)) % 2) * 0.8 + 0.2 * _cloud(rng, width, height)
    else:
        blend = 0.5 + 0.25 * np.sin(x * rng.uniform(20, 60)) + 0.25 * np.sin(y * rng.uniform(20, 60))
    blend = np.clip(blend, 0, 1)[..., None]
    return Image.fromarray(np.clip(low + (high - low) * blend, 0, 255).astype(np.uint8))


def _cloud(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Smooth noise in 0..1: three coarse grids, each finer and weaker than the one before."""
    total = np.zeros((height, width), np.float32)
    for octave, weight in ((4, 0.55), (12, 0.3), (36, 0.15)):
        grid = (rng.random((octave, octave)) * 255).astype(np.uint8)
        smooth = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        total += weight * np.asarray(smooth, np.float32) / 255
    return total


def _clutter(rng: np.random.Generator, canvas: Image.Image, count: int) -> None:
    """Paint shapes that belong to no class, so that colour and edges alone do not make an object."""
    draw = ImageDraw.Draw(canvas)
    for _ in range(count):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        reach = min(canvas.size) * rng.uniform(0.04, 0.3)
        colour = any_colour(rng)
        kind = rng.integers(4)
        if kind == 0:
            points = [(x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for _ in range(4)]
            draw.polygon(points, fill=colour)
        elif kind == 1:
            end = (x + rng.uniform(-2, 2) * reach, y + rng.uniform(-2, 2) * reach)
            draw.line([(x, y), end], fill=colour, width=max(1, int(reach / 8)))
        elif kind == 2:
            draw.rectangle([x, y, x + reach, y + reach * rng.uniform(0.2, 2)], fill=colour)
        else:
            draw.arc([x, y, x + reach, y + reach], 0, rng.uniform(60, 300), fill=colour, width=max(1, int(reach / 10)))


def _light(rng: np.random.Generator, canvas: Image.Image, *, tidy: bool, dimmest: float = 1.0) -> np.ndarray:
    """Put the scene under one light, then through one lens: gradient, gamma, blur, noise."""
    if not tidy and rng.random() < 0.3:
        canvas = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6)))
    pixels = np.asarray(canvas, np.float32) / 255
    height, width = pixels.shape[:2]
    slope = rng.uniform(-0.25, 0.25, 2)
    across, down = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    light = 1.0 + slope[0] * across[None, :] + slope[1] * down[:, None]
    pixels = np.clip(pixels * light[..., None] * rng.uniform(0.92, 1.08, 3), 0, 1) ** rng.uniform(0.75, 1.35)
    if dimmest < 1:
        pixels = pixels * rng.uniform(dimmest, 1.0)
    if not tidy:
        pixels = pixels + rng.normal(0, rng.uniform(0.0, 0.05), pixels.shape)
    return np.asarray(np.clip(pixels * 255, 0, 255), np.uint8)


def _sheet(path: str) -> None:
    """Write sixteen scenes side by side."""
    side = 240
    sheet = Image.new("RGB", (4 * side, 4 * side))
    for number in range(16):
        one = scene(np.random.default_rng([1, number]), side, side)
        image = Image.fromarray(one.picture)
        for box in one.boxes:
            ImageDraw.Draw(image).rectangle(box.tolist(), outline=(255, 0, 255))
        sheet.paste(image, (number % 4 * side, number // 4 * side))
    sheet.save(path)


if __name__ == "__main__":
    _sheet(sys.argv[1])
