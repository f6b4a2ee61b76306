"""The numbers of a dataset, and the page that shows them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from loadstone.datasets.check import examine, report, table
from loadstone.datasets.check.sizes import at_input, best_overlap
from loadstone.datasets.check.statistics import histogram, statistics
from loadstone.datasets.check.subject import Shapes
from loadstone.errors import SourceError
from loadstone.report.dataset_html import dataset_html, write_html
from tests.datasets.check.told import sound, with_boxes
from tests.datasets.made import dataset, example

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-check.md"


def test_the_docs_list_every_check_in_its_words() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(check.name, check.severity, check.sees) for check, _ in table()]


def test_what_lies_beyond_the_edges_is_counted_at_the_ends() -> None:
    found = histogram(np.array([-1.0, 0.5, 1.5, 2.0, 99.0]), np.array([0.0, 1.0, 2.0]))
    assert found.counts == (2, 3)


def test_the_numbers_are_those_of_the_boxes() -> None:
    given = with_boxes((0, (0, 0, 32, 24)), (0, (math.nan, 0, 1, 1)), (1, (5, 5, 5, 9)))
    found = statistics(examine(given, shapes=Shapes(32, 24)))
    assert found.pictures == {"train": 7, "val": 2}
    assert found.boxes == {"train": (14, 13), "val": (4, 4)}
    assert sum(found.relative.counts) == sum(found.sides.counts) == sum(map(sum, found.centres)) == 33
    assert sum(found.each_picture.counts) == 9
    # The box of a quarter of its picture has the root of that, 0.5, as have (0.54) the eight that every picture shows;
    # its centre lies at a quarter of each side.
    assert found.relative.counts[10] == 9
    assert found.centres[6][6] == 1
    assert found.at_input is not None
    assert sum(found.at_input.counts) == 33


def test_boxes_at_the_input_are_stretched_or_keep_their_shape() -> None:
    subject = examine(dataset(example("a.png", [(0, (0, 0, 32, 24))], size=(64, 48))), pictures=False)
    stretched, rows = at_input(subject, Shapes(320, 320))
    assert rows.tolist() == [0]
    np.testing.assert_allclose(stretched, [[160, 160]])
    kept, _ = at_input(subject, Shapes(1333, 480, keeps_aspect=True))
    np.testing.assert_allclose(kept, [[320, 240]])


def test_an_anchor_overlaps_by_its_shape() -> None:
    anchors = np.array([[32.0, 32.0], [64.0, 32.0]])
    np.testing.assert_allclose(
        best_overlap(np.array([[32.0, 32.0], [16.0, 16.0], [64.0, 16.0]]), anchors), [1, 0.25, 0.5]
    )


def test_the_page_shows_findings_and_plots_and_is_well_formed() -> None:
    given = replace(with_boxes((0, (50, 1, 70, 9))), source="<b>photos</b>", skipped=("x.xml: broken",))
    subject = examine(given, shapes=Shapes(320, 320))
    page = dataset_html(report(subject), statistics(subject))
    assert "data-box-outside" in page
    assert "x.xml: broken" in page
    assert "<b>photos" not in page
    drawings = re.findall(r"<svg.*?</svg>", page)
    assert len(drawings) == 7
    bars = [ElementTree.fromstring(drawing).findall("rect") for drawing in drawings]
    assert all(len(rows) > 1 for rows in bars)
    # Two classes in two splits, of 33 boxes: bars as long as the counts.
    widths = [float(bar.attrib["width"]) for bar in bars[0]]
    assert widths[0] / widths[2] == pytest.approx(13 / 12, rel=1e-2)


def test_the_page_of_an_empty_dataset_is_a_page() -> None:
    subject = examine(dataset())
    assert "the dataset has no picture" in dataset_html(report(subject), statistics(subject))


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    subject = examine(sound(), pictures=False)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match="cannot be written"):
        write_html(tmp_path / "file" / "page.html", report(subject), statistics(subject))
    write_html(tmp_path / "page.html", report(subject), statistics(subject))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "page.html"]
