"""`data_augmentation_options` of a `pipeline.config` → steps, in the order written.

A field that is left out has the default of preprocessor.proto. What preprocessor.proto does not have, and what it has
and is not built here, is named with its line and column; nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

from loadstone.augmentation import autoaugment, crops, flips, labels, noise, pads, photometric, sizes, squares
from loadstone.augmentation.step import Augmentation
from loadstone.augmentation.window import Rule
from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

_Kind = TypeVar("_Kind")

KINDS: Mapping[str, type[Augmentation]] = {
    "random_horizontal_flip": flips.RandomHorizontalFlip,
    "random_vertical_flip": flips.RandomVerticalFlip,
    "random_rotation90": flips.RandomRotation90,
    "random_pixel_value_scale": photometric.RandomPixelValueScale,
    "random_rgb_to_gray": photometric.RandomRgbToGray,
    "random_adjust_brightness": photometric.RandomAdjustBrightness,
    "random_adjust_contrast": photometric.RandomAdjustContrast,
    "random_adjust_hue": photometric.RandomAdjustHue,
    "random_adjust_saturation": photometric.RandomAdjustSaturation,
    "random_distort_color": photometric.RandomDistortColor,
    "adjust_gamma": photometric.AdjustGamma,
    "random_image_scale": sizes.RandomImageScale,
    "random_downscale_to_target_pixels": sizes.RandomDownscaleToTargetPixels,
    "random_resize_method": sizes.RandomResizeMethod,
    "resize_image": sizes.ResizeImage,
    "random_crop_image": crops.RandomCropImage,
    "random_crop_to_aspect_ratio": crops.RandomCropToAspectRatio,
    "ssd_random_crop": crops.SsdRandomCrop,
    "ssd_random_crop_fixed_aspect_ratio": crops.SsdRandomCropFixedAspectRatio,
    "random_pad_image": pads.RandomPadImage,
    "random_absolute_pad_image": pads.RandomAbsolutePadImage,
    "random_crop_pad_image": pads.RandomCropPadImage,
    "ssd_random_crop_pad": pads.SsdRandomCropPad,
    "ssd_random_crop_pad_fixed_aspect_ratio": pads.SsdRandomCropPadFixedAspectRatio,
    "random_scale_crop_and_pad_to_square": squares.RandomScaleCropAndPadToSquare,
    "random_square_crop_by_scale": squares.RandomSquareCropByScale,
    "random_black_patches": noise.RandomBlackPatches,
    "random_jpeg_quality": noise.RandomJpegQuality,
    "random_patch_gaussian": noise.RandomPatchGaussian,
    "random_jitter_boxes": labels.RandomJitterBoxes,
    "drop_label_probabilistically": labels.DropLabelProbabilistically,
    "remap_labels": labels.RemapLabels,
    "random_self_concat_image": labels.RandomSelfConcatImage,
    "autoaugment_image": autoaugment.AutoAugmentImage,
}
"""Field of `PreprocessingStep` → the step; the step's fields have the proto's names and defaults."""

NOT_BUILT: Mapping[str, str] = {
    "normalize_image": "it leaves the range 0 to 255, and the model normalises its input itself",
    "subtract_channel_mean": "it leaves the range 0 to 255, and the model normalises its input itself",
    "scale_boxes_to_pixel_coordinates": "boxes are fractions until the model takes them",
    "rgb_to_gray": "it leaves one channel; random_rgb_to_gray with probability 1 keeps the three that models take",
    "convert_class_logits_to_softmax": "it is for annotations that are scores, which no dataset here has",
    "custom_augmentation": "its content is code of one fork",
}
"""What preprocessor.proto has besides, and why no training here can use it."""

PAD_COLOURS = ("pad_color_r", "pad_color_g", "pad_color_b")
ENUMS = ("method", "jitter_mode")


def read_augmentations(config: TextMessage) -> tuple[Augmentation, ...]:
    """Return the steps of a parsed configuration's `train_config`; none where it has none.

    Raises `UnsupportedModelError`, with line and column, for a step or a field that is not known here, and
    `FormatError` for a value of the wrong kind or out of its range.
    """
    train = config.message("train_config")
    return tuple(_read_option(option) for option in train.messages("data_augmentation_options"))


def _read_option(option: TextMessage) -> Augmentation:
    if len(option.entries) != 1:
        found = " and ".join(option.names) or "none"
        fact = "each data_augmentation_options holds one step"
        raise FormatError(fact, where=option.where, expected="one", found=found)
    name = option.names[0]
    if name in KINDS:
        return _read_step(option.message(name), KINDS[name])
    where = option.where_of(name)
    if name in NOT_BUILT:
        raise UnsupportedModelError(f"{name} is not built here: {NOT_BUILT[name]}", where=where, help="take it out")
    raise UnsupportedModelError(f"preprocessor.proto has no step {name}", where=where, help="take it out")


def _read_step(message: TextMessage, kind: type[Augmentation]) -> Augmentation:
    values: dict[str, Any] = {}
    known = get_type_hints(kind)
    for name in _known_names(message, [one.name for one in fields(kind)]):
        if name == "operations":
            rule = pads.PadRule if kind is pads.SsdRandomCropPad else Rule
            values[name] = tuple(_read_rule(inner, rule) for inner in message.messages(name))
        else:
            values[name] = _value(message, name, known[name])
    return _made(kind, values, message)


def _read_rule(message: TextMessage, kind: type[Rule]) -> Rule:
    """Read one operation of an SSD crop: other than the steps' own fields, its numbers default to 0."""
    names = [one.name for one in fields(kind) if one.name != "pad_color"]
    values: dict[str, Any] = {"min_object_covered": 0.0, "overlap_thresh": 0.0, "random_coef": 0.0}
    known = get_type_hints(kind)
    padding = kind is pads.PadRule
    for name in _known_names(message, [*names, *(PAD_COLOURS if padding else ())]):
        if name not in PAD_COLOURS:
            values[name] = _value(message, name, known[name])
    if padding:
        values["pad_color"] = tuple(float(message.number(name)) for name in PAD_COLOURS)
    return _made(kind, values, message)


def _known_names(message: TextMessage, names: list[str]) -> tuple[str, ...]:
    for name in message.names:
        if name not in names:
            fact = f"{message.name} has no field {name} that is known here"
            expected = ", ".join(names) or "none"
            raise UnsupportedModelError(fact, where=message.where_of(name), expected=expected)
    return message.names


def _value(message: TextMessage, name: str, kind: Any) -> Any:
    if kind == tuple[int, ...]:
        return tuple(message.integers(name))
    if kind in (tuple[float, ...], tuple[float, float]):
        return tuple(float(number) for number in message.numbers(name))
    if kind is bool:
        return message.flag(name)
    if kind is float:
        return float(message.number(name))
    if kind is str:
        return message.word(name) if name in ENUMS else message.text(name)
    return message.integer(name)


def _made(kind: Callable[..., _Kind], values: dict[str, Any], message: TextMessage) -> _Kind:
    try:
        return kind(**values)
    except FormatError as error:
        raise error.at(message.where) from None
