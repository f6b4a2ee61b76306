"""`build`: a detector on any backbone, as `load` would give it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loadstone.api.model import AnyDetector, Model
    from loadstone.builder.backbone import Taps
    from loadstone.builder.freeze import Freeze
    from loadstone.runtime.rebuilt import Rebuilt

FILES = (".keras", ".h5", ".hdf5")


def build(
    head: str,
    backbone: Any,
    num_classes: int,
    input_size: int | tuple[int, int],
    neck: str | None = None,
    *,
    taps: Taps = None,
    weights: str | None = "imagenet",
    preprocessing: str | None = None,
    freeze: Freeze = None,
    width: int | None = None,
    light: bool | None = None,
    labels: Mapping[int, str] | Sequence[str] | None = None,
    anchor_ratios: Iterable[float] | None = None,
    anchor_scales: Iterable[float] | None = None,
    scales_per_octave: int | None = None,
    class_agnostic: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
) -> Model:
    """Build a detector: a head on a backbone that was trained for something else. It is to be trained before use.

    `head`: `ssd`, `retinanet`, `faster-rcnn`, `yolo` or `centernet`. `backbone`: a name in `keras.applications`, a
    `keras.Model`, or the path of one (`.keras`, `.h5`). `input_size`: a side, or (height, width), in pixels.
    `neck`: `none`, `fpn` or `bifpn`, the head's usual one where it is None; a YOLO's is `pan` or `none`.
    `taps`: names of the backbone's layers, or stride → name; None takes the last map of each stride.
    `weights`, for a name: `imagenet` (fetched, verified and kept by Loadstone), None for random ones, or a file.
    `preprocessing` (`tf`, `torch`, `caffe`, `none`) says how the backbone's pictures were scaled, where neither its
    name nor layers of its own do. `freeze`: True for the whole backbone, a tap's stride or layer for what lies up to
    it. `width`: channels of neck and head; `light`: their convolutions are separable; None goes by the backbone.
    `labels`: the classes' names, in order, or class id (from 1) → name. `anchor_ratios`: width by height of a place's
    anchors. `anchor_scales`: their sides, for an `ssd` one a map, in the picture's shorter sides; for a pyramid one, in
    strides, with `scales_per_octave` of them to its double; for a `faster-rcnn` without a neck any, in 256 pixels.
    `class_agnostic`: boxes of all classes suppress each other; for `ssd`, `retinanet` and `yolo`.
    `custom_objects`: name → class or function of your own that a backbone's file needs, as `load_model` takes them.
    Raises `SourceError` for a word, layer or size that is not known, `UnsupportedModelError` naming the layer that has
    no form here, `EnvironmentLacksError` where Keras is not installed, and what fetching weights raises.
    """
    model, name = _backbone(backbone, input_size, weights, custom_objects)
    from loadstone.builder.build import build_detector

    rebuilt = build_detector(
        model,
        head,
        num_classes,
        input_size,
        neck,
        name=name,
        taps=taps,
        preprocessing=preprocessing,
        width=width,
        light=light,
        labels=labels,
        freeze=freeze,
        anchor_ratios=anchor_ratios,
        anchor_scales=anchor_scales,
        scales_per_octave=scales_per_octave,
        class_agnostic=class_agnostic,
    )
    return _model(rebuilt)


def _model(rebuilt: Rebuilt) -> Model:
    from loadstone.api.model import Model
    from loadstone.runtime.wish import AS_FOUND

    return Model(lambda: _opened(rebuilt), rebuilt.source, path="", wish=AS_FOUND, rebuilt=rebuilt)


def _opened(rebuilt: Rebuilt) -> AnyDetector:
    from loadstone.runtime.conversions.conversion import finish
    from loadstone.runtime.conversions.convert_rebuilt import conversion_of
    from loadstone.runtime.detector import Detector

    return Detector(finish(conversion_of(rebuilt), "CPU"))


def _backbone(
    backbone: Any,
    input_size: int | tuple[int, int],
    weights: str | None,
    custom_objects: Mapping[str, Any] | None,
) -> tuple[Any, str]:
    """Return the Keras model, and the name of its constructor where it has one in `keras.applications`."""
    from loadstone.runtime.keras.keras_here import keras_here

    keras = keras_here()
    if isinstance(backbone, keras.Model):
        return backbone, ""
    if not isinstance(backbone, str | os.PathLike):
        expected = "a name in keras.applications, a Keras model, or a file"
        raise SourceError("this is no backbone", expected=expected, found=type(backbone).__name__)
    path = os.fspath(backbone)
    if path.lower().endswith(FILES) or os.path.exists(path):
        from loadstone.api.load_model import load_model

        return load_model(path, custom_objects, compile=False), ""
    return _application(path, input_size, weights), path


def _application(name: str, input_size: int | tuple[int, int], weights: str | None) -> Any:
    from loadstone.builder.plan import size_of
    from loadstone.fetch import backbone

    height, width = size_of(input_size)
    try:
        return backbone(name, weights=weights, include_top=False, input_shape=(height, width, 3))
    except ValueError as error:
        # Keras asks for a larger picture where the last windows would not fit.
        raise SourceError(f"keras.applications.{name} is not built for this size", found=str(error)[:200]) from error


__all__ = ["build"]
