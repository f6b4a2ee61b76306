"""How a picture becomes a network's input, built into the network itself.

A prepared network takes uint8 RGB `(1, H, W, 3)` of any size: resizing (bilinear, pixel centres aligned, no smoothing,
as TensorFlow's own resizer does), colour order, scaling and layout are operations in front of it.
So one picture costs one call, and what was assumed about it stands in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from loadstone.errors import UnsupportedModelError
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from collections.abc import Sequence

Size = tuple[int, int]

SIDE_CAP = 8192
"""Pixels along a side of a network's input; the largest detector in the zoo takes 1536."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a network expects of a pixel: `(value - mean) / scale`, each one number or one a channel.

    `color` is the order of the channels. `size` is (height, width) where the network leaves it open and it is known.
    """

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    color: Literal["RGB", "BGR"] = "RGB"
    size: Size | None = None

    def __str__(self) -> str:
        if self.mean == (0.0,) and self.scale == (1.0,):
            return f"{self.color}, pixels as they are"
        mean, scale = (", ".join(f"{number:g}" for number in numbers) for numbers in (self.mean, self.scale))
        return f"{self.color}, (pixel - {_bracketed(mean)}) / {_bracketed(scale)}"


def _bracketed(numbers: str) -> str:
    return f"({numbers})" if "," in numbers else numbers


AS_IS = Scaling()
UNIT = Scaling(scale=(255.0,))
"""Pixels in [0, 1]."""
SYMMETRIC = Scaling(mean=(127.5,), scale=(127.5,))
"""Pixels in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The input of a network that takes pictures: its shape as (height, width, channels), None where open."""

    name: str
    dtype: str
    channels_first: bool
    height: int | None
    width: int | None
    channels: int


def picture_input(model: Any) -> PictureInput:
    """Look at the network's input; `UnsupportedModelError` where it is not one picture."""
    if len(model.inputs) != 1:
        names = ", ".join(sorted(_name(port) for port in model.inputs)) or "none"
        raise UnsupportedModelError(
            "the network does not take one picture", expected="one input", found=f"{len(model.inputs)} inputs ({names})"
        )
    port = model.inputs[0]
    shape = port.partial_shape
    dtype = str(port.element_type.get_type_name())
    sides = [_side(side) for side in shape] if shape.rank.is_static else []
    if len(sides) != 4 or dtype not in _PIXEL_TYPES:
        raise _not_a_picture(port, dtype)
    if sides[3] in (1, 3):
        return PictureInput(_name(port), dtype, False, sides[1], sides[2], sides[3] or 3)
    if sides[1] in (1, 3):
        return PictureInput(_name(port), dtype, True, sides[2], sides[3], sides[1] or 3)
    if sides[1:] == [None, None, None]:
        return PictureInput(_name(port), dtype, False, None, None, 3)
    raise _not_a_picture(port, dtype)


_PIXEL_TYPES = ("f32", "f16", "u8", "i8", "i32")


def _name(port: Any) -> str:
    return min(port.names, key=len, default="input") if port.names else "input"


def _side(side: Any) -> int | None:
    return int(side.get_length()) if side.is_static else None


def _not_a_picture(port: Any, dtype: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"the network's input `{_name(port)}` is not a picture",
        expected="four axes, the last or second of 1 or 3 channels",
        found=f"{dtype} {port.partial_shape}",
    )


def with_picture_input(model: Any, scaling: Scaling) -> tuple[Any, Size | None]:
    """Put the way from pixels to the network's input in front of it; returns the network and its own input size."""
    found = picture_input(model)
    size = _size(found, scaling)
    _fix_shape(model, found, size)
    if found.dtype == "u8" and size is None and not found.channels_first and found.channels == 3:
        return model, None
    ov = openvino()
    preprocess = ov.preprocess

    built = preprocess.PrePostProcessor(model)
    port = built.input()
    port.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(
        preprocess.ColorFormat.RGB
    )
    port.tensor().set_spatial_dynamic_shape()
    port.model().set_layout(ov.Layout("NCHW" if found.channels_first else "NHWC"))
    steps = port.preprocess().convert_element_type(ov.Type.f32)
    if size is not None:
        steps.resize(preprocess.ResizeAlgorithm.RESIZE_LINEAR, *size)
    if found.channels == 1:
        steps.convert_color(preprocess.ColorFormat.GRAY)
    elif scaling.color == "BGR":
        steps.convert_color(preprocess.ColorFormat.BGR)
    _scale(steps, scaling, found)
    return built.build(), size


def _scale(steps: Any, scaling: Scaling, found: PictureInput) -> None:
    if found.dtype not in ("f32", "f16"):
        # A whole-number input takes the pixel itself, moved into its range: quantisation maps one onto the other.
        steps.mean(128.0 if found.dtype == "i8" else 0.0)
        steps.custom(_rounded)
        steps.convert_element_type(getattr(openvino().Type, found.dtype))
        return
    for numbers, step in ((scaling.mean, steps.mean), (scaling.scale, steps.scale)):
        step(_one_or_each(numbers, found.channels))


def _one_or_each(numbers: Sequence[float], channels: int) -> float | list[float]:
    return list(numbers) if len(numbers) == channels > 1 else float(numbers[0])


def _rounded(port: Any) -> Any:
    opset13 = openvino().opset13

    return opset13.round(port, "half_to_even").output(0)


def _size(found: PictureInput, scaling: Scaling) -> Size | None:
    if found.height is None or found.width is None:
        return scaling.size
    if not (0 < found.height <= SIDE_CAP and 0 < found.width <= SIDE_CAP):
        raise UnsupportedModelError(
            "the network's input has a size that no picture has",
            expected=f"sides of 1 to {SIDE_CAP:,} pixels",
            found=f"{found.height:,} × {found.width:,}",
        )
    return found.height, found.width


def _fix_shape(model: Any, found: PictureInput, size: Size | None) -> None:
    """State what is known of the input's shape: one picture, and its size where the network has one."""
    sides = list(size or (-1, -1))
    shape = [1, found.channels, *sides] if found.channels_first else [1, *sides, found.channels]
    try:
        model.reshape({model.inputs[0]: shape})
    except RuntimeError as error:
        raise UnsupportedModelError(
            "OpenVINO cannot run the network on one picture at a time", found=str(error).strip().splitlines()[-1][:200]
        ) from error
