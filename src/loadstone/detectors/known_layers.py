"""Layers of well-known detection packages, computed here so that their models load without those packages.

Written from what the packages' layers compute; registered under `loadstone>`. Which classes of a file are taken for
these is decided in `dialects/known.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Pair = Sequence[float] | float | None


@keras.saving.register_keras_serializable("loadstone")
class AnchorBoxes(keras.layers.Layer):
    """The default boxes of a map of ssd_keras's SSD300, SSD512 and SSD7, beside their variances.

    In: the localization head's map (batch, height, width, channels); only its size counts. Out: float32 (batch, height,
    width, shapes, 8), four coordinates and four variances a box, in pixels of the picture or, with
    `normalize_coords`, as fractions of it. `coords`: `centroids` is cx, cy, w, h; `corners` xmin, ymin, xmax, ymax;
    `minmax` xmin, xmax, ymin, ymax. Scales are fractions of the picture's shorter side; of the ratio 1 there is a
    second box, of the geometric mean of both scales (Liu et al., SSD, 2016, section 2.2). `limit_boxes` and
    `clip_boxes` are two releases' names of one thing: coordinates are kept inside the picture.
    """

    def __init__(
        self,
        img_height: int,
        img_width: int,
        this_scale: float,
        next_scale: float,
        aspect_ratios: Sequence[float] = (0.5, 1.0, 2.0),
        two_boxes_for_ar1: bool = True,
        this_steps: Pair = None,
        this_offsets: Pair = None,
        clip_boxes: bool = False,
        variances: Sequence[float] = (1.0, 1.0, 1.0, 1.0),
        coords: str = "centroids",
        normalize_coords: bool = False,
        limit_boxes: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if coords not in _FORMS:
            raise ValueError(f"AnchorBoxes: coords has to be one of {', '.join(_FORMS)}, and is {coords!r}")
        self.arguments: dict[str, Any] = {
            "img_height": img_height,
            "img_width": img_width,
            "this_scale": this_scale,
            "next_scale": next_scale,
            "aspect_ratios": list(aspect_ratios),
            "two_boxes_for_ar1": two_boxes_for_ar1,
            "this_steps": this_steps,
            "this_offsets": this_offsets,
            "clip_boxes": clip_boxes if limit_boxes is None else limit_boxes,
            "variances": list(variances),
            "coords": coords,
            "normalize_coords": normalize_coords,
        }

    def call(self, maps: Any) -> Any:
        """Return the same boxes for every picture of the batch."""
        made = keras.ops.convert_to_tensor(self.boxes(maps.shape[1], maps.shape[2])[None])
        # A sum with zeros of the batch's length repeats the constant where the length is not known beforehand.
        return made + keras.ops.zeros_like(maps[:, :1, :1, :1, None]) * 0.0

    def compute_output_shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """Return the shape of the result."""
        return (*shape[:3], len(self._sides()), 8)

    def boxes(self, height: int, width: int) -> npt.NDArray[np.float32]:
        """Return the boxes and variances of a map of this size: float32 (height, width, shapes, 8)."""
        own = self.arguments
        sides = np.array(self._sides())
        centres_y = _centres(height, own["img_height"], own["this_steps"], own["this_offsets"], 0)
        centres_x = _centres(width, own["img_width"], own["this_steps"], own["this_offsets"], 1)
        corners = np.empty((height, width, len(sides), 4))
        for column, (centres, span) in enumerate(((centres_x[None, :], 0), (centres_y[:, None], 1))):
            corners[..., column] = centres[..., None] - sides[:, span] / 2
            corners[..., column + 2] = centres[..., None] + sides[:, span] / 2
        extent = np.array([own["img_width"], own["img_height"]] * 2, np.float64)
        if own["clip_boxes"]:
            corners = np.where(corners >= extent, extent - 1, np.maximum(corners, 0.0))
        if own["normalize_coords"]:
            corners /= extent
        coordinates = corners @ _FORMS[own["coords"]]
        variances = np.broadcast_to(np.asarray(own["variances"], np.float64), coordinates.shape)
        return np.concatenate((coordinates, variances), axis=-1).astype(np.float32)

    def _sides(self) -> list[tuple[float, float]]:
        """Return (width, height) of each shape in pixels."""
        own = self.arguments
        shorter = min(own["img_height"], own["img_width"])
        side, between = own["this_scale"] * shorter, np.sqrt(own["this_scale"] * own["next_scale"]) * shorter
        found: list[tuple[float, float]] = []
        for ratio in own["aspect_ratios"]:
            found.append((side * np.sqrt(ratio), side / np.sqrt(ratio)))
            if ratio == 1 and own["two_boxes_for_ar1"]:
                found.append((between, between))
        return found

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), **self.arguments}


_FORMS = {
    "corners": np.eye(4),
    "minmax": np.eye(4)[:, [0, 2, 1, 3]],
    "centroids": np.array([[0.5, 0, -1, 0], [0, 0.5, 0, -1], [0.5, 0, 1, 0], [0, 0.5, 0, 1]]),
}
"""Form → what the corners xmin, ymin, xmax, ymax are multiplied by to become it."""


def _centres(cells: int, side: int, steps: Pair, offsets: Pair, axis: int) -> npt.NDArray[np.float64]:
    """Return the centres of a map's cells along one axis, in pixels; steps and offsets are (height, width) or both."""
    step = side / cells if steps is None else _of(steps, axis)
    offset = 0.5 if offsets is None else _of(offsets, axis)
    centres: npt.NDArray[np.float64] = (np.arange(cells, dtype=np.float64) + offset) * np.float64(step)
    return centres


def _of(value: Sequence[float] | float, axis: int) -> float:
    return float(value[axis] if isinstance(value, Sequence) else value)


@keras.saving.register_keras_serializable("loadstone")
class L2Normalization(keras.layers.Layer):
    """Each place's channels to length 1, times a trained scale a channel: ssd_keras's layer behind conv4_3.

    Source: Liu et al., ParseNet, 2015, section 3.3. Weights: gamma (channels,), `gamma_init` at first.
    """

    def __init__(self, gamma_init: float = 20, **options: Any) -> None:
        super().__init__(**options)
        self.gamma_init = gamma_init

    def build(self, shape: Sequence[Any]) -> None:
        """Make one scale a channel."""
        initial = keras.initializers.Constant(self.gamma_init)
        self.gamma = self.add_weight(shape=(shape[-1],), initializer=initial, name="gamma")
        self.built = True

    def call(self, maps: Any) -> Any:
        """Normalise maps (batch, height, width, channels)."""
        return keras.ops.normalize(maps, axis=-1, order=2, epsilon=1e-6) * self.gamma

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "gamma_init": self.gamma_init}


@keras.saving.register_keras_serializable("loadstone")
class UpsampleLike(keras.layers.Layer):
    """Resize a map to another's height and width, nearest neighbour: keras_retinanet's layer of the pyramid.

    In: a list of two maps (batch, h, w, channels); out: the first in the size of the second.
    """

    def call(self, maps: Sequence[Any]) -> Any:
        """Repeat the first map's pixels; sides are whole multiples or one short of that, as a pyramid's are."""
        source, like = maps
        return keras.ops.image.resize(source, keras.ops.shape(like)[1:3], interpolation="nearest")

    def compute_output_shape(self, shapes: Sequence[Any]) -> tuple[Any, ...]:
        """Return the shape of the result."""
        return (shapes[0][0], *shapes[1][1:3], shapes[0][-1])
