"""Everyday objects drawn by code: the things that the demo detector and the practice pictures are made of.

Each `draw_*` function takes a random generator and a `Sketch`, and paints one object in the unit square.
What this is not: a data set from anywhere else. Every pixel comes from the functions below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sketch:
    """A transparent square canvas that is drawn on in unit coordinates, (0, 0) being the upper left corner."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def ellipse(self, centre: Point, radii: Point, colour: Colour | None) -> None:
        """Paint an ellipse; no colour cuts a hole."""
        (x, y), (rx, ry) = centre, radii
        self._draw.ellipse(self._scaled((x - rx, y - ry), (x + rx, y + ry)), fill=_opaque(colour))

    def ring(self, centre: Point, radii: Point, *, width: float, colour: Colour) -> None:
        """Paint the outline of an ellipse, `width` wide, inside its radii."""
        (x, y), (rx, ry) = centre, radii
        box = self._scaled((x - rx, y - ry), (x + rx, y + ry))
        self._draw.ellipse(box, outline=_opaque(colour), width=max(1, round(width * self.size)))

    def box(self, corner: Point, opposite: Point, colour: Colour | None, *, round_by: float = 0.0) -> None:
        """Paint a box, with rounded corners where `round_by` is above zero."""
        self._draw.rounded_rectangle(self._scaled(corner, opposite), round_by * self.size, fill=_opaque(colour))

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Paint a filled polygon."""
        self._draw.polygon(self._scaled(*points), fill=_opaque(colour))

    def line(self, start: Point, end: Point, *, width: float, colour: Colour) -> None:
        """Paint a straight line."""
        self._draw.line(self._scaled(start, end), fill=_opaque(colour), width=max(1, round(width * self.size)))

    def arc(self, centre: Point, radii: Point, *, degrees: tuple[float, float], width: float, colour: Colour) -> None:
        """Paint a part of the outline of an ellipse, clockwise from `degrees[0]`, 0 being to the right."""
        (x, y), (rx, ry) = centre, radii
        box = self._scaled((x - rx, y - ry), (x + rx, y + ry))
        self._draw.arc(box, *degrees, fill=_opaque(colour), width=max(1, round(width * self.size)))

    def sector(self, centre: Point, radius: float, *, degrees: tuple[float, float], colour: Colour) -> None:
        """Paint a slice of a disc."""
        x, y = centre
        box = self._scaled((x - radius, y - radius), (x + radius, y + radius))
        self._draw.pieslice(box, *degrees, fill=_opaque(colour))

    def shade(self, rng: np.random.Generator, *, round_body: bool) -> None:
        """Light the object from one side: a highlight for a sphere, a soft gradient for anything else."""
        pixels = np.asarray(self.image, np.float32).copy()
        axis = np.linspace(-1.0, 1.0, self.size, dtype=np.float32)
        angle = rng.uniform(-math.pi, 0.0)
        lx, ly = math.cos(angle) * 0.5, math.sin(angle) * 0.5
        if round_body:
            light = 1.25 - 0.55 * ((axis[None, :] - lx) ** 2 + (axis[:, None] - ly) ** 2)
        else:
            light = 1.0 + rng.uniform(0.1, 0.45) * (axis[None, :] * lx + axis[:, None] * ly)
        pixels[..., :3] = np.clip(pixels[..., :3] * light[..., None], 0, 255)
        self.image = Image.fromarray(pixels.astype(np.uint8))
        self._draw = ImageDraw.Draw(self.image)

    def _scaled(self, *points: Point) -> list[tuple[float, float]]:
        return [(x * self.size, y * self.size) for x, y in points]


def _opaque(colour: Colour | None) -> tuple[int, int, int, int]:
    return (0, 0, 0, 0) if colour is None else (*colour, 255)


def any_colour(rng: np.random.Generator, low: int = 20, high: int = 245) -> Colour:
    """Draw a colour evenly from the cube."""
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def _metal(rng: np.random.Generator) -> Colour:
    tones: tuple[Colour, ...] = ((190, 190, 198), (205, 170, 80), (150, 110, 70), (110, 112, 120))
    base = tones[int(rng.integers(len(tones)))]
    shift = int(rng.integers(-30, 30))
    red, green, blue = (min(255, max(0, value + shift)) for value in base)
    return red, green, blue


def _darker(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(value * factor)) for value in colour)
    return red, green, blue


def draw_ball(rng: np.random.Generator, sketch: Sketch) -> None:
    """A ball: plain, striped, or with the slices of a beach ball."""
    first, second = any_colour(rng, 60), any_colour(rng, 60)
    centre = (0.5, 0.5)
    sketch.ellipse(centre, (0.46, 0.46), first)
    style = rng.integers(3)
    if style == 1:
        for start in range(0, 360, 120):
            sketch.sector(centre, 0.46, degrees=(start, start + 60), colour=second)
        sketch.ellipse(centre, (0.08, 0.08), (240, 240, 240))
    elif style == 2:
        sketch.ellipse(centre, (0.46, 0.16), second)
    sketch.shade(rng, round_body=True)


def draw_mug(rng: np.random.Generator, sketch: Sketch) -> None:
    """A mug with one handle, seen from slightly above."""
    colour = any_colour(rng, 50)
    dark = _darker(colour, 0.45)
    sketch.ring((0.72, 0.54), (0.22, 0.22), width=0.075, colour=_darker(colour, 0.85))
    sketch.box((0.08, 0.2), (0.72, 0.88), colour, round_by=0.08)
    if rng.random() < 0.5:
        top = rng.uniform(0.4, 0.6)
        sketch.box((0.08, top), (0.72, top + rng.uniform(0.06, 0.2)), any_colour(rng))
    sketch.shade(rng, round_body=False)
    sketch.ellipse((0.4, 0.2), (0.32, 0.09), _darker(colour, 1.1))
    sketch.ellipse((0.4, 0.2), (0.28, 0.07), dark)


def draw_key(rng: np.random.Generator, sketch: Sketch) -> None:
    """A key: a bow with a hole, a shaft, and two to four teeth."""
    colour = _metal(rng)
    half = rng.uniform(0.14, 0.19)
    if rng.random() < 0.3:
        sketch.box((0.5 - half, 0.03), (0.5 + half, 0.03 + 2 * half), colour, round_by=0.06)
    else:
        sketch.ellipse((0.5, 0.03 + half), (half, half), colour)
    sketch.box((0.455, 0.3), (0.545, 0.97), colour, round_by=0.03)
    for step in range(int(rng.integers(2, 5))):
        top = 0.9 - 0.1 * step
        sketch.box((0.5, top - 0.055), (0.5 + rng.uniform(0.1, 0.2), top), colour)
    sketch.shade(rng, round_body=False)
    sketch.ellipse((0.5, 0.03 + half * 0.8), (half * 0.5, half * 0.5), None)


def draw_clock(rng: np.random.Generator, sketch: Sketch) -> None:
    """A clock: a rim, a pale face with twelve marks, two hands."""
    centre = (0.5, 0.5)
    rim = any_colour(rng, 10, 200)
    face = any_colour(rng, 205, 255)
    ink = any_colour(rng, 0, 70)
    sketch.ellipse(centre, (0.47, 0.47), rim)
    sketch.ellipse(centre, (0.4, 0.4), face)
    sketch.shade(rng, round_body=False)
    for hour in range(12):
        inner = 0.29 if hour % 3 == 0 else 0.33
        sketch.line(_on_circle(hour / 12, inner), _on_circle(hour / 12, 0.37), width=0.025, colour=ink)
    sketch.line(centre, _on_circle(rng.random(), 0.19), width=0.045, colour=ink)
    sketch.line(centre, _on_circle(rng.random(), 0.3), width=0.03, colour=ink)
    sketch.ellipse(centre, (0.035, 0.035), rim)


def draw_sign(rng: np.random.Generator, sketch: Sketch) -> None:
    """A road sign: a warning triangle, an octagon, or a disc with a bar."""
    red = (int(rng.integers(165, 235)), int(rng.integers(10, 60)), int(rng.integers(10, 60)))
    pale = any_colour(rng, 215, 255)
    ink = any_colour(rng, 0, 60)
    style = rng.integers(3)
    if style == 0:
        sketch.polygon([(0.5, 0.06), (0.97, 0.88), (0.03, 0.88)], red)
        sketch.polygon([(0.5, 0.24), (0.81, 0.79), (0.19, 0.79)], pale)
        sketch.box((0.46, 0.42), (0.54, 0.64), ink)
        sketch.ellipse((0.5, 0.71), (0.045, 0.045), ink)
    elif style == 1:
        sketch.polygon([_on_circle((step + 0.5) / 8, 0.48) for step in range(8)], pale)
        sketch.polygon([_on_circle((step + 0.5) / 8, 0.43) for step in range(8)], red)
        for left in (0.2, 0.36, 0.52, 0.68):
            sketch.box((left, 0.41), (left + 0.1, 0.59), pale, round_by=0.02)
    else:
        sketch.ellipse((0.5, 0.5), (0.47, 0.47), red)
        sketch.box((0.17, 0.42), (0.83, 0.58), pale)
    sketch.shade(rng, round_body=False)


def draw_bottle(rng: np.random.Generator, sketch: Sketch) -> None:
    """A bottle: cap, neck, shoulders, body, and most often a label."""
    colour = any_colour(rng, 30, 220)
    half = rng.uniform(0.15, 0.2)
    sketch.box((0.5 - half, 0.36), (0.5 + half, 0.97), colour, round_by=0.05)
    sketch.polygon([(0.43, 0.2), (0.57, 0.2), (0.5 + half, 0.42), (0.5 - half, 0.42)], colour)
    sketch.box((0.44, 0.08), (0.56, 0.3), colour)
    sketch.box((0.425, 0.03), (0.575, 0.11), any_colour(rng), round_by=0.02)
    if rng.random() < 0.75:
        top = rng.uniform(0.48, 0.6)
        sketch.box((0.5 - half, top), (0.5 + half, top + rng.uniform(0.14, 0.28)), any_colour(rng, 150, 255))
    sketch.line((0.5 - half * 0.6, 0.4), (0.5 - half * 0.6, 0.92), width=0.02, colour=_darker(colour, 1.6))
    sketch.shade(rng, round_body=False)


def _skin(rng: np.random.Generator) -> Colour:
    tones: tuple[Colour, ...] = ((255, 219, 172), (241, 194, 125), (198, 134, 66), (141, 85, 36), (92, 58, 30))
    base = tones[int(rng.integers(len(tones)))]
    return _darker(base, rng.uniform(0.85, 1.1))


def draw_face(rng: np.random.Generator, sketch: Sketch) -> None:
    """A face: a head with ears and hair, two eyes that look somewhere, a nose, a mouth, now and then glasses."""
    skin = any_colour(rng, 60) if rng.random() < 0.1 else _skin(rng)
    hair, ink = any_colour(rng, 10, 190), any_colour(rng, 0, 60)
    wide = rng.uniform(0.32, 0.41)
    if rng.random() < 0.35:
        sketch.box((0.5 - wide - 0.04, 0.3), (0.5 + wide + 0.04, rng.uniform(0.65, 0.95)), hair, round_by=0.08)
    for side in (-1, 1):
        sketch.ellipse((0.5 + side * wide, 0.54), (0.07, 0.1), _darker(skin, 0.9))
    sketch.ellipse((0.5, 0.53), (wide, 0.44), skin)
    sketch.shade(rng, round_body=False)
    if rng.random() < 0.85:
        _hair(rng, sketch, wide, hair)
    _eyes(rng, sketch, wide, ink)
    sketch.line((0.5, 0.52), (0.5 + rng.uniform(-0.05, 0.05), 0.63), width=0.03, colour=_darker(skin, 0.7))
    _mouth(rng, sketch)


def _hair(rng: np.random.Generator, sketch: Sketch, wide: float, colour: Colour) -> None:
    """Paint a cap of hair down to the forehead, now and then with a fringe."""
    sketch.arc((0.5, 0.53), (wide + 0.03, 0.47), degrees=(195, 345), width=rng.uniform(0.08, 0.17), colour=colour)
    if rng.random() < 0.4:
        start = rng.uniform(0.3, 0.6)
        sketch.polygon([(start, 0.12), (start + 0.2, 0.12), (start + rng.uniform(-0.1, 0.3), 0.34)], colour)


def _eyes(rng: np.random.Generator, sketch: Sketch, wide: float, ink: Colour) -> None:
    """Paint two eyes that look the same way, brows, and now and then glasses."""
    apart, height = wide * rng.uniform(0.42, 0.52), rng.uniform(0.44, 0.5)
    look, open_by = rng.uniform(-0.025, 0.025), rng.uniform(0.02, 0.055)
    frame = any_colour(rng, 0, 160) if rng.random() < 0.25 else None
    for side in (-1, 1):
        x = 0.5 + side * apart
        sketch.ellipse((x, height), (0.075, open_by), (245, 245, 245))
        sketch.ellipse((x + look, height), (0.035, min(0.035, open_by)), ink)
        sketch.line((x - 0.07, height - 0.1), (x + 0.07, height - 0.1 + look), width=0.025, colour=ink)
        if frame:
            sketch.ring((x, height), (0.12, 0.1), width=0.025, colour=frame)
    if frame:
        sketch.line((0.5 - apart + 0.12, height), (0.5 + apart - 0.12, height), width=0.025, colour=frame)


def _mouth(rng: np.random.Generator, sketch: Sketch) -> None:
    """Paint a smile, a frown, an open mouth or a straight one."""
    lips = (int(rng.integers(110, 210)), int(rng.integers(30, 80)), int(rng.integers(30, 80)))
    reach, style = rng.uniform(0.09, 0.17), rng.integers(4)
    if style == 0:
        sketch.arc((0.5, 0.7), (reach, 0.1), degrees=(20, 160), width=0.035, colour=lips)
    elif style == 1:
        sketch.arc((0.5, 0.82), (reach, 0.1), degrees=(200, 340), width=0.035, colour=lips)
    elif style == 2:
        sketch.ellipse((0.5, 0.77), (reach * 0.7, 0.06), lips)
    else:
        sketch.line((0.5 - reach, 0.77), (0.5 + reach, 0.77), width=0.035, colour=lips)


def draw_egg(rng: np.random.Generator, sketch: Sketch) -> None:
    """A head without a face: the oval and the colour of one, and nothing in it."""
    sketch.ellipse((0.5, 0.5), (rng.uniform(0.3, 0.4), 0.46), _skin(rng))
    sketch.shade(rng, round_body=False)  # a highlight is what a plain ball is known by


def draw_button(rng: np.random.Generator, sketch: Sketch) -> None:
    """A button: a disc with a rim and two or four holes, which are no eyes."""
    colour = any_colour(rng, 60)
    sketch.ellipse((0.5, 0.5), (0.45, 0.45), colour)
    sketch.ring((0.5, 0.5), (0.4, 0.4), width=0.05, colour=_darker(colour, 0.75))
    sketch.shade(rng, round_body=False)
    turn, holes = rng.random(), int(rng.choice([2, 4]))
    for hole in range(holes):
        sketch.ellipse(_on_circle(turn + hole / holes, 0.15), (0.06, 0.06), None)


def _on_circle(turn: float, radius: float) -> Point:
    return 0.5 + radius * math.sin(2 * math.pi * turn), 0.5 - radius * math.cos(2 * math.pi * turn)


#: Name → painter of the demo's classes, in the order of their ids; the first is class 1, as label maps count.
PAINTERS: dict[str, Callable[[np.random.Generator, Sketch], None]] = {
    "ball": draw_ball,
    "mug": draw_mug,
    "key": draw_key,
    "clock": draw_clock,
    "road sign": draw_sign,
    "bottle": draw_bottle,
}
NAMES = tuple(PAINTERS)

#: What else can be drawn; the last two resemble faces and balls, and are there to be told from them.
MORE_PAINTERS: dict[str, Callable[[np.random.Generator, Sketch], None]] = {
    **PAINTERS,
    "face": draw_face,
    "egg": draw_egg,
    "button": draw_button,
}
