"""Masks as files write them: outlines and run lengths against pycocotools, records as PNG and as numbers, and on."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from loadstone.datasets.convert import convert
from loadstone.datasets.decoded import sample_of
from loadstone.datasets.find import open_dataset
from loadstone.datasets.masks import as_png, mask_pixels, picture_mask, run_mask, runs_of
from loadstone.datasets.outlines import outlined
from loadstone.datasets.samples import Samples
from loadstone.errors import FormatError, LimitError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.masks import Mask, PixelMask
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.run_lengths import parse_run_lengths, write_run_lengths
from loadstone.wire.schemas.example import EXAMPLE
from loadstone.wire.tfrecord import frame
from tests.datasets.laid_out import lay_out
from tests.datasets.made import dataset, example, picture
from tests.support.hostile import bit_flips, survives

TRIANGLE = (8.25, 4, 40, 10.5, 20, 44.75)
SIZE = (48, 64)


def ellipse(seed: int = 0) -> np.ndarray[Any, np.dtype[np.bool_]]:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    centre = np.random.default_rng(seed).uniform(15, 35, 2)
    inside: np.ndarray[Any, np.dtype[np.bool_]] = ((rows - centre[0]) / 9) ** 2 + ((columns - centre[1]) / 14) ** 2 < 1
    return inside


def pixels_of(mask: Mask | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    assert mask is not None
    return mask_pixels(mask, *SIZE)


def test_outlines_and_run_lengths_are_those_of_pycocotools() -> None:
    theirs = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    for number in range(300):
        height, width = (int(side) for side in rng.integers(1, 40, 2))
        corners = rng.uniform(-8, 48, (int(rng.integers(3, 9)), 2))
        flat = (np.round(corners * 2) / 2 if number % 2 else corners).ravel().tolist()
        drawn = outlined((tuple(flat),), height, width)
        runs = theirs.frPyObjects([flat], height, width)[0]
        assert write_run_lengths(runs_of(drawn)).encode() == runs["counts"]
        np.testing.assert_array_equal(mask_pixels(run_mask(runs["counts"], height, width), height, width), drawn)


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"zz", "no run lengths"), (b"PPPP", "end within"), (b"PPPPPPPPPPP0", "too large"), (b"1", "add")],
)
def test_broken_run_lengths_are_said(text: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        pixels_of(run_mask(text, *SIZE))


def test_no_text_breaks_the_reader() -> None:
    text = write_run_lengths(runs_of(ellipse())).encode()
    for broken in bit_flips(text, 100):
        survives(parse_run_lengths, broken)


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(LimitError, match="too long"):
        outlined(((0, 0, 1e9, 0, 0, 1e9),), 4, 4)
    with pytest.raises(FormatError, match="finite"):
        outlined(((0, 0, float("nan"), 0, 0, 1),), 4, 4)
    with pytest.raises(LimitError, match="too large"):
        pixels_of(run_mask(b"1", 1 << 20, 1 << 20))
    with pytest.raises(FormatError, match=r"another size .* at here") as caught:
        mask_pixels(run_mask(np.array([12]), 3, 4), 5, 6, "here")
    assert (caught.value.expected, caught.value.found) == ("6 × 5", "4 × 3")


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "I;16"])
def test_a_mask_is_what_lies_above_0(mode: str) -> None:
    image = Image.fromarray(ellipse().astype(np.uint8) * 255)
    if mode == "P":
        image = Image.fromarray(ellipse().astype(np.uint8))
        image.putpalette([0, 0, 0, 128, 0, 0])
    elif mode == "I;16":
        image = Image.fromarray(ellipse().astype(np.uint16) * 65535)
    else:
        image = image.convert(mode)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    np.testing.assert_array_equal(pixels_of(picture_mask(stream.getvalue)), ellipse())


def masked() -> Dataset:
    """Return two pictures, the first with an outline, a mask of pixels and an object without; the other with none."""
    boxes = [(0, (8, 4, 40, 44)), (0, (10, 10, 50, 40)), (0, (1, 1, 9, 9))]
    first = example("a.png", boxes)
    masks = ((TRIANGLE,), PixelMask(ellipse), None)
    objects = replace(first.objects, masks=masks, crowd=np.array([False, True, False]))
    return dataset(replace(first, objects=objects), example("b.png"))


def test_coco_and_back(tmp_path: Path) -> None:
    made = convert(masked(), to="coco", output=tmp_path / "coco")
    assert made.notes == ()
    document = json.loads((tmp_path / "coco" / "annotations" / "instances.json").read_text())
    said = [entry.get("segmentation") for entry in document["annotations"]]
    assert said[0] == [list(TRIANGLE)]
    assert said[1]["size"] == list(SIZE)
    assert said[2:] == [None, None]
    found = open_dataset(tmp_path / "coco").examples[0].objects.masks
    assert found is not None
    assert (found[0], found[2]) == ((TRIANGLE,), None)
    np.testing.assert_array_equal(pixels_of(found[1]), ellipse())


def test_records_and_back(tmp_path: Path) -> None:
    made = convert(masked(), to="tfrecord", output=tmp_path / "records")
    assert made.notes == ("1 objects without a mask get an empty one, as records have one for each",)
    found = [one.objects.masks for one in open_dataset(tmp_path / "records").examples]
    assert found[0] is not None
    assert found[1] is None
    wanted = [outlined((TRIANGLE,), *SIZE), ellipse(), np.zeros(SIZE, bool)]
    for mask, pixels in zip(found[0], wanted, strict=True):
        np.testing.assert_array_equal(pixels_of(mask), pixels)


@pytest.mark.parametrize("name", ["voc", "csv"])
def test_formats_without_masks_say_so(name: str, tmp_path: Path) -> None:
    assert "2 objects lose their masks" in "\n".join(convert(masked(), to=name, output=tmp_path / "out").notes)


def record(masks: dict[str, Any]) -> bytes:
    """Return a framed record of one picture with two objects."""
    floats = {f"image/object/bbox/{side}": [0.25, 0.5] for side in ("xmin", "ymin")}
    floats |= {f"image/object/bbox/{side}": [0.5, 0.75] for side in ("xmax", "ymax")}
    features: dict[str, Any] = {name: {"float_list": {"value": values}} for name, values in floats.items()}
    features |= {
        "image/encoded": {"bytes_list": {"value": [picture()]}},
        "image/width": {"int64_list": {"value": [SIZE[1]]}},
        "image/height": {"int64_list": {"value": [SIZE[0]]}},
        "image/object/class/label": {"int64_list": {"value": [1, 1]}},
        "image/object/mask": masks,
    }
    return frame(encode(EXAMPLE, {"features": {"feature": features}}))


def test_numbers_of_a_record_are_masks_too(tmp_path: Path) -> None:
    numbers = np.stack([ellipse(1), ellipse(2)]).astype(np.float32) * 0.5
    whole, short = ({"float_list": {"value": values.ravel().tolist()}} for values in (numbers, numbers[:1]))
    one = {"bytes_list": {"value": [as_png(ellipse())]}}
    lay_out(tmp_path, {"x.record": record(whole) + record(short) + record(one)})
    found = open_dataset(tmp_path)
    masks = found.examples[0].objects.masks
    assert masks is not None
    for seed, mask in enumerate(masks, 1):
        np.testing.assert_array_equal(pixels_of(mask), ellipse(seed))
    assert [other.objects.masks for other in found.examples[1:]] == [None, None]
    assert "the masks of 2 pictures (image/object/mask) are neither a PNG for each object" in found.notes[-1]


def test_a_sample_draws_its_masks_when_they_are_asked_for() -> None:
    drawn: list[int] = []

    def draw() -> np.ndarray[Any, np.dtype[np.bool_]]:
        drawn.append(1)
        return ellipse()

    first = masked().examples[0]
    crooked = np.array([[np.nan, 4, 40, 44], [10, 10, 50, 40], [1, 1, 9, 9]])
    masks = ((TRIANGLE,), PixelMask(draw), None)
    one: Example = replace(first, objects=replace(first.objects, boxes=crooked, masks=masks))
    assert Samples([one]).one(0).masks is None
    found = Samples([one], masks=True).one(0).masks
    assert found is not None
    # Once, to see whether it can be drawn at all.
    assert (len(found), found[1], drawn) == (2, None, [1])
    assert found[0] is not None
    np.testing.assert_array_equal(found[0].pixels(), ellipse())
    # Half the size, as a large JPEG may come.
    half = sample_of(one, np.zeros((24, 32, 3), np.uint8), masks=True).masks
    assert half is not None
    assert half[0] is not None
    np.testing.assert_array_equal(half[0].pixels(), ellipse()[1::2, 1::2])
    broken = replace(one, objects=replace(one.objects, masks=(None, run_mask(b"1", *SIZE), None)))
    samples = Samples([broken], masks=True)
    with pytest.raises(LoadstoneError, match=r"run lengths .* at annotations.json: mask 2"):
        samples.one(0)
    assert list(samples.bad) == ["a.png"]
