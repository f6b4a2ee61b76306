"""Fewer bits and several streams: what is lost is bounded on a trained detector, and results keep their order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import loadstone as ls
from loadstone import cli, demo
from loadstone.errors import SourceError
from loadstone.runtime.quantise import Range, check_precision

openvino = pytest.importorskip("openvino")

from loadstone.runtime import open_detector  # noqa: E402 - needs the optional engine
from loadstone.runtime.raw import RawDetections  # noqa: E402

Picture = npt.NDArray[np.uint8]


def sample() -> Picture:
    with Image.open(demo.PICTURE) as opened:
        return np.asarray(opened.convert("RGB"))


def pictures() -> list[Picture]:
    """The sample as it is, turned about, narrowed, and a few others of other sizes."""
    whole = sample()
    return [whole, whole[:, ::-1].copy(), whole[: len(whole) // 2].copy(), whole[::-1].copy(), whole[:, 100:].copy()]


def detect(picture: Picture, precision: str) -> RawDetections:
    raw = open_detector(str(demo.MODEL), precision=precision).run([picture])[0]
    assert isinstance(raw, RawDetections)
    return raw


@pytest.mark.parametrize(("precision", "bound"), [("float16", 0.005), ("int8", 0.15)])
def test_what_is_found_is_still_found(precision: str, bound: float) -> None:
    exact, rounded = detect(sample(), "float32"), detect(sample(), precision)
    assert not np.array_equal(exact.scores, rounded.scores)
    sure = exact.scores > 0.5
    assert sure.sum() >= 3
    for box, score, number in zip(exact.boxes[sure], exact.scores[sure], exact.class_ids[sure], strict=True):
        near = np.abs(rounded.boxes - box).max(axis=1) < 0.03 * max(sample().shape)
        alike = near & (rounded.class_ids == number)
        assert alike.any()
        assert np.abs(rounded.scores[alike] - score).min() < bound


def test_a_note_says_so() -> None:
    assert any("8 bits" in note for note in open_detector(str(demo.MODEL), precision="int8").notes)
    assert not any("8 bits" in note for note in open_detector(str(demo.MODEL)).notes)


def test_other_words_are_refused() -> None:
    with pytest.raises(SourceError, match="no such precision"):
        check_precision("int4")
    with pytest.raises(SourceError, match="no such precision"):
        ls.load(demo.MODEL, precision="half")


def test_what_an_environment_of_its_own_would_pass_over_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["detect", str(demo.MODEL), str(demo.PICTURE), "--isolated", "--precision", "int8"]
    assert cli.main(words) == SourceError.exit_code
    assert "precision int8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "grid"),
    [(0, 6, (0.0, 6.0)), (2, 6, (0.0, 6.0)), (-1, 3, (-3.0, 3 * 127 / 128)), (0, 0, (0.0, 1e-6))],
)
def test_zero_is_always_a_step(low: float, high: float, grid: tuple[float, float]) -> None:
    first, last = Range(low, high).grid()
    assert (first, last) == pytest.approx(grid)
    step = (last - first) / 255
    assert abs(first / step - round(first / step)) < 1e-6


def test_streams_give_the_same_boxes_in_the_order_of_the_pictures() -> None:
    one, several = open_detector(str(demo.MODEL)), open_detector(str(demo.MODEL), streams=3)
    given = pictures()
    for alone, together in zip(one.run(given), several.run(given), strict=True):
        assert isinstance(alone, RawDetections)
        assert isinstance(together, RawDetections)
        np.testing.assert_allclose(alone.boxes, together.boxes, atol=1e-2)
        np.testing.assert_array_equal(alone.class_ids, together.class_ids)


def test_a_bad_picture_among_many_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, picture in enumerate(pictures()):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").write_bytes(b"no picture")
    words = ["detect", str(demo.MODEL), str(tmp_path), "--json", "--streams", "2", "--precision", "int8"]
    assert cli.main(words) == 1
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kept = [record for record in records if "detections" in record]
    assert [Path(record["image"]).name for record in kept] == ["0.png", "1.png", "3.png", "4.png"]
    model = ls.load(demo.MODEL, precision="int8")
    for record, picture in zip(kept, [pictures()[at] for at in (0, 1, 3, 4)], strict=True):
        assert len(record["detections"]) == len(model.detect(picture).boxes)


def test_no_stream_at_all_is_refused() -> None:
    from loadstone.errors import SourceError
    from loadstone.runtime import open_detector

    with pytest.raises(SourceError, match="too few streams"):
        open_detector("any", streams=0)
