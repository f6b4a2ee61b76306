"""`data_augmentation_options` as real configurations write them, and what is refused with its place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from loadstone.api.augment import augmentations
from loadstone.augmentation import crops, flips, labels, noise, pads, photometric, sizes, squares
from loadstone.augmentation.config import KINDS, NOT_BUILT, read_augmentations
from loadstone.augmentation.presets import PRESETS, preset
from loadstone.augmentation.step import Augmentation
from loadstone.augmentation.window import Rule
from loadstone.errors import FormatError, LoadstoneError, SourceError, UnsupportedModelError
from loadstone.wire.textproto import parse, parse_prefix


def read(options: str) -> tuple[Augmentation, ...]:
    return read_augmentations(parse(f"train_config {{ {options} }}".encode()))


def one(step: str) -> Augmentation:
    (found,) = read(f"data_augmentation_options {{ {step} }}")
    return found


def test_every_real_configuration_is_read_but_for_a_fork_s_step(shared: Path) -> None:
    refused: dict[str, str] = {}
    read_steps = 0
    for path in sorted((shared / "pipeline_configs").glob("*.config")):
        message, _ = parse_prefix(path.read_bytes())
        try:
            read_steps += len(read_augmentations(message))
        except LoadstoneError as error:
            refused[path.name] = str(error)
    assert read_steps == 414
    assert refused == {
        "tf2_ssd_efficientdet_d0_512x512_coco17_tpu-8.config": (
            "preprocessor.proto has no step random_imgaug — at line 155, column 5"
        )
    }


@pytest.mark.parametrize(
    ("name", "size", "config"),
    [
        ("ssd", 320, "tf2_ssd_mobilenet_v2_320x320_coco17_tpu-8.config"),
        ("retinanet", 640, "tf2_ssd_resnet50_v1_fpn_640x640_coco17_tpu-8.config"),
        ("efficientdet", 640, "tf2_ssd_efficientdet_d1_640x640_coco17_tpu-8.config"),
        ("faster-rcnn", 640, "tf2_faster_rcnn_resnet50_v1_640x640_coco17_tpu-8.config"),
        ("centernet", 512, "tf2_centernet_resnet101_v1_fpn_512x512_coco17_tpu-8.config"),
    ],
)
def test_a_preset_is_what_its_family_s_configuration_says(shared: Path, name: str, size: int, config: str) -> None:
    found = read_augmentations(parse((shared / "pipeline_configs" / config).read_bytes()))
    assert repr(preset(name, size)) == repr(found).replace("1.7000000476837158", "1.7")


def test_every_preset_has_a_list_and_another_name_is_refused() -> None:
    assert preset("none") == ()
    assert all(isinstance(step, Augmentation) for name in PRESETS for step in preset(name, 320))
    with pytest.raises(SourceError, match="expected none, ssd, retinanet"):
        preset("strong")


def test_defaults_are_the_proto_s() -> None:
    for name, kind in KINDS.items():
        assert one(f"{name} {{ }}") == kind()
    assert read("batch_size: 3") == ()
    assert read_augmentations(parse(b"")) == ()


def test_a_step_prints_as_what_it_is_and_can_be_sent_to_another_process() -> None:
    step = one("random_jitter_boxes { ratio: 0.1 jitter_mode: EXPAND }")
    assert repr(step) == "RandomJitterBoxes(ratio=0.1, jitter_mode='EXPAND')"
    assert pickle.loads(pickle.dumps(step)) == step
    assert len({step, one("random_jitter_boxes { ratio: 0.1 jitter_mode: EXPAND }")}) == 1


def test_fields_of_every_kind_are_read() -> None:
    assert one("random_horizontal_flip { keypoint_flip_permutation: [1, 0] probability: 0.25 }") == (
        flips.RandomHorizontalFlip((1, 0), 0.25)
    )
    assert one("random_pad_image { min_image_height: 3 min_image_width: 4 pad_color: 9 }") == (
        pads.RandomPadImage(3, 4, pad_color=(9.0,))
    )
    assert one("resize_image { new_height: 5 new_width: 6 method: AREA }") == sizes.ResizeImage(5, 6, "AREA")
    assert one("random_crop_image { clip_boxes: false min_area: 1 }") == (
        crops.RandomCropImage(clip_boxes=False, min_area=1.0)
    )
    assert one("random_jpeg_quality { min_jpeg_quality: 20 }") == noise.RandomJpegQuality(min_jpeg_quality=20)
    assert one("remap_labels { original_labels: 2 original_labels: 3 new_label: 1 }") == labels.RemapLabels((2, 3), 1)
    assert one("random_distort_color { color_ordering: 1 }") == photometric.RandomDistortColor(1)


def test_operations_of_an_ssd_crop_are_read() -> None:
    operation = "min_object_covered: 0.5 min_aspect_ratio: 0.5 max_aspect_ratio: 2 min_area: 0.2 max_area: 1"
    found = one(f"ssd_random_crop {{ operations {{ {operation} }} operations {{ {operation} clip_boxes: false }} }}")
    rule = Rule(0.5, 0.5, 2, 0.2, 1, 0.0, True, 0.0)
    assert found == crops.SsdRandomCrop((rule, Rule(0.5, 0.5, 2, 0.2, 1, 0.0, False, 0.0)))
    padded = f"{operation} min_padded_size_ratio: [1, 1.5] max_padded_size_ratio: [2, 2] pad_color_g: 7"
    assert one(f"ssd_random_crop_pad {{ operations {{ {padded} }} }}") == pads.SsdRandomCropPad(
        (pads.PadRule(0.5, 0.5, 2, 0.2, 1, 0.0, True, 0.0, (1.0, 1.5), (2.0, 2.0), (0.0, 7.0, 0.0)),)
    )
    fixed = one("ssd_random_crop_fixed_aspect_ratio { aspect_ratio: 2 operations { min_area: 0.5 max_area: 1 } }")
    assert isinstance(fixed, crops.SsdRandomCropFixedAspectRatio)
    assert (fixed.aspect_ratio, fixed.operations[0].min_object_covered) == (2.0, 0.0)


@pytest.mark.parametrize("name", NOT_BUILT)
def test_what_is_not_built_is_named_with_its_place(name: str) -> None:
    with pytest.raises(UnsupportedModelError, match=f"{name} is not built here: .* — at line 2, column 3"):
        read(f"data_augmentation_options {{\n  {name} {{ }} }}")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ("data_augmentation_options { }", FormatError, "holds one step — expected one; found none — at line 1"),
        (
            "data_augmentation_options { random_adjust_hue { } random_rotation90 { } }",
            FormatError,
            "expected one; found random_adjust_hue and random_rotation90",
        ),
        (
            "data_augmentation_options { random_adjust_hue { maximum: 1 } }",
            UnsupportedModelError,
            "random_adjust_hue has no field maximum that is known here — expected max_delta — at line 1, column 64",
        ),
        (
            "data_augmentation_options { random_adjust_hue { max_delta: 'much' } }",
            FormatError,
            "not a number — expected a number; found 'much' — at line 1, column 64 (max_delta)",
        ),
        (
            "data_augmentation_options { random_adjust_hue { max_delta: nan } }",
            FormatError,
            "max_delta is out of range — expected 0 to 1; found nan — at line 1, column 44",
        ),
        (
            "data_augmentation_options { random_adjust_contrast { min_delta: 2 } }",
            FormatError,
            "min_delta is above max_delta — expected at most 1.25; found 2",
        ),
        (
            "data_augmentation_options { random_crop_image { min_area: 0 } }",
            FormatError,
            "min_area is out of range — expected 1e-06 to 1; found 0",
        ),
        (
            "data_augmentation_options { random_scale_crop_and_pad_to_square { output_size: 999999 } }",
            FormatError,
            "output_size is out of range — expected 1 to 8192",
        ),
        (
            "data_augmentation_options { random_absolute_pad_image { pad_color: [1, 2] } }",
            FormatError,
            "pad_color is no colour — expected three numbers, or one; found 2 numbers",
        ),
        (
            "data_augmentation_options { random_pad_image { min_image_height: 3 } }",
            FormatError,
            "min_image_height and min_image_width come together",
        ),
        (
            "data_augmentation_options { random_jitter_boxes { jitter_mode: SIDEWAYS } }",
            FormatError,
            "jitter_mode is none that is known — expected DEFAULT or",
        ),
        ("data_augmentation_options { resize_image { method: BEST } }", FormatError, "method is none that is known"),
        (
            "data_augmentation_options { ssd_random_crop { operations { min_aspect_ratio: 0 } } }",
            FormatError,
            "min_aspect_ratio is out of range",
        ),
        (
            "data_augmentation_options { random_crop_pad_image { min_padded_size_ratio: 1 } }",
            FormatError,
            "a padded_size_ratio is not for height and width",
        ),
    ],
)
def test_a_wrong_value_is_named(options: str, error: type[LoadstoneError], message: str) -> None:
    with pytest.raises(error) as found:
        read(options)
    assert message in str(found.value)


def test_a_file_may_have_nothing_but_its_steps(tmp_path: Path) -> None:
    path = tmp_path / "steps.config"
    path.write_text("train_config { data_augmentation_options { random_horizontal_flip { } } }")
    assert augmentations(path) == (flips.RandomHorizontalFlip(),)


def test_zoo_squares_have_the_detector_s_size() -> None:
    assert one("random_scale_crop_and_pad_to_square { output_size: 896 scale_min: 0.1 scale_max: 2 }") == (
        squares.RandomScaleCropAndPadToSquare(896, 0.1, 2.0)
    )
