"""An evaluation as text, table and page: everything is in it, and nothing of it is taken for markup."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loadstone.errors import SourceError
from loadstone.evaluation.whole import About, evaluation_of
from loadstone.facts.evaluation import Evaluation, Mistake
from loadstone.report.draw import COVERING
from loadstone.report.evaluation_csv import csv_text
from loadstone.report.evaluation_gallery import FOUND, TRUE, drawn, window
from loadstone.report.evaluation_html import html_text
from loadstone.report.evaluation_text import evaluation_text
from tests.evaluation.pictures import drawn as drawn_pictures

NASTY = "<script>alert('x')</script>"
GREY = np.full((300, 400, 3), 90, np.uint8)


def _evaluation(classes: int = 3, pictures: int = 40) -> Evaluation:
    names = [NASTY, *(f"kind {number}" for number in range(1, classes))]
    judged = drawn_pictures(np.random.default_rng(5), classes=classes, pictures=pictures)
    about = About("models/a&b", "data", "val", ("a <note>",), ("bad.jpg: broken",), 2.0)
    done = evaluation_of(judged, names, about, families=("coco", "voc", "oid"))
    return replace(done, mistakes=tuple(replace(one, pixels=lambda: GREY) for one in done.mistakes))


@pytest.fixture(scope="module")
def done() -> Evaluation:
    return _evaluation()


def test_the_text_has_the_numbers_and_the_classes(done: Evaluation) -> None:
    text = evaluation_text(done)
    assert f"COCO box mAP@[.50:.95]                         {done.mean:.4f}" in text
    for line in (
        "40 pictures",
        "20.0 pictures/s",
        "split val",
        "note      a <note>",
        "kind 1",
        "mistakes  at the score",
    ):
        assert line in text, line
    assert "PerformanceByCategory" not in text
    assert all(len(line) <= 120 for line in text.splitlines())


def test_many_classes_are_shown_by_the_best_and_the_worst() -> None:
    done = _evaluation(60, 90)
    lines = evaluation_text(done).splitlines()
    assert sum(line.startswith("  kind ") for line in lines) in (23, 24)
    assert "the best and the worst of 60 classes" in evaluation_text(done)
    assert "The 30 classes with the most mistakes." in html_text(done)
    assert "The 40 classes with the most objects." in html_text(done)


def test_the_table_has_a_row_for_each_class_and_one_for_all(done: Evaluation, tmp_path: Path) -> None:
    done.save_csv(tmp_path / "new folder" / "out.csv")
    text = (tmp_path / "new folder" / "out.csv").read_text(encoding="utf-8")
    assert text == csv_text(done)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["class"] for row in rows] == [NASTY, "kind 1", "kind 2", "all classes"]
    assert float(rows[-1]["coco AP"]) == pytest.approx(done.mean, abs=1e-6)
    assert float(rows[1]["voc AP (11 points)"]) == pytest.approx(
        done.metrics[1].by_class["kind 1"]["AP (11 points)"], abs=1e-6
    )
    assert int(rows[0]["objects"]) == done.curves[0].objects


EMPTY = {"meta", "img", "br", "circle", "path", "polygon", "polyline"}


class _Page(HTMLParser):
    """Counts elements, and sees that each that is opened is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(done: Evaluation, tmp_path: Path) -> None:
    done.save_html(tmp_path / "out.html")
    page = _Page()
    page.feed((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "script" not in page.seen
    assert page.sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert page.seen.count("img") == len(done.mistakes) > 5
    assert page.seen.count("svg") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


def test_a_picture_that_is_gone_leaves_its_words(done: Evaluation) -> None:
    gone = replace(done, mistakes=tuple(replace(one, pixels=None) for one in done.mistakes))
    text = html_text(gone)
    assert text.count("the picture cannot be read again") == len(done.mistakes)
    assert "<img" not in text


def test_nothing_right_is_a_report_too() -> None:
    pictures = drawn_pictures(np.random.default_rng(5), classes=1, pictures=6)
    empty = [
        replace(one, boxes=np.zeros((0, 4)), scores=np.zeros(0), classes=np.zeros(0, np.int64)) for one in pictures
    ]
    done = evaluation_of(empty, ["a"], About("m", "d"))
    assert "nothing is right" in evaluation_text(done)
    assert "nothing right" in html_text(done)
    assert csv_text(done).splitlines()[-1].endswith(",,,,")


def test_a_report_that_cannot_be_written_leaves_nothing(done: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match="cannot be written"):
        done.save_html(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_mistake_is_drawn_where_it_lies() -> None:
    one = Mistake("badly placed", "k", "a", (100, 100, 140, 140), "a", (120, 100, 160, 140), pixels=lambda: GREY)
    image = np.asarray(drawn(one)).astype(int)
    left, top, right, bottom = window(one, (400, 300))
    assert (left, right) == (40, 220)
    assert (bottom - top) == 120
    scale = image.shape[1] / (right - left)
    for colour, x in ((TRUE, 100), (FOUND, 160)):
        column = image[round((120 - top) * scale), round((x - left) * scale) - 3 : round((x - left) * scale) + 4]
        assert (np.abs(column - colour).sum(axis=1) == 0).any()


def test_a_mistakes_masks_are_tinted_in_their_colours() -> None:
    there, said = np.zeros((300, 400), bool), np.zeros((300, 400), bool)
    there[110:130, 105:120] = True
    said[110:130, 130:150] = True
    one = Mistake("badly placed", "k", "a", (100, 100, 140, 140), "a", (120, 100, 160, 140), pixels=lambda: GREY)
    plain = np.asarray(drawn(one)).astype(int)
    image = np.asarray(drawn(replace(one, truth_mask=lambda: there, found_mask=lambda: said))).astype(int)
    left, top, right, _ = window(one, (400, 300))
    scale = image.shape[1] / (right - left)
    for colour, x in ((TRUE, 112), (FOUND, 145)):
        at = round((120 - top) * scale), round((x - left) * scale)
        wanted = plain[at] * (1 - COVERING) + np.multiply(colour, COVERING)
        assert np.abs(image[at] - wanted).max() <= 1
    outside = round((105 - top) * scale), round((112 - left) * scale)
    assert (image[outside] == plain[outside]).all()
    assert (np.asarray(drawn(replace(one, found_mask=lambda: said[:9]))) == plain).all()


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 4, 4), (0, 0, 96, 96)),
        ((396, 296, 400, 300), (304, 204, 400, 300)),
        ((0, 0, 400, 300), (0, 0, 400, 300)),
    ],
)
def test_what_is_shown_stays_within_the_picture(
    box: tuple[float, float, float, float], expected: tuple[float, float, float, float]
) -> None:
    assert window(Mistake("missed", "k", "a", box), (400, 300)) == expected


def test_a_box_beyond_the_picture_is_drawn_without_failing() -> None:
    outside = Mistake("missed", "k", "a", (900.0, 900.0, 950.0, 950.0), pixels=lambda: GREY)
    assert isinstance(drawn(outside), Image.Image)
    reversed_ = Mistake("missed", "k", "a", (50.0, 50.0, 20.0, 20.0), pixels=lambda: GREY)
    assert isinstance(drawn(reversed_), Image.Image)
