"""The public surface: the short list is the whole list, and it works as the README shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone import demo

pytest.importorskip("openvino")


def test_the_public_names_are_these_and_all_exist() -> None:
    assert set(ls.__all__) == set(ls._HOMES)
    assert all(getattr(ls, name) is not None for name in ls.__all__)
    assert set(ls.__all__) <= set(dir(ls))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ls.nothing


def test_what_is_raised_is_caught_by_a_name_of_the_top(tmp_path: Path) -> None:
    (tmp_path / "page.pb").write_text("<!DOCTYPE html><p>not found</p>")
    for path, kind in (("nowhere.pb", ls.SourceError), ("page.pb", ls.NotAModelError)):
        with pytest.raises(kind) as caught:
            ls.load(tmp_path / path)
        assert isinstance(caught.value, ls.LoadstoneError)
    own = {name for name, one in vars(ls.errors).items() if isinstance(one, type)}
    # What else there is tells what is wrong with a format, and is caught as FormatError.
    assert own - set(ls.__all__) == {"TruncatedError", "LimitError", "ChecksumError"}


def test_inspect_gives_facts_and_arrays() -> None:
    model = ls.inspect(demo.MODEL)
    assert model.complete
    name = next(iter(model.tensors))
    assert isinstance(model.tensors[name], np.ndarray)


def test_a_notebook_shows_the_report_and_nothing_of_the_file_as_markup() -> None:
    shown = ls.ModelFile("<b>x</b>", "unknown", notes=("<script>alert(1)</script>",))._repr_html_()
    assert shown.startswith("<pre>")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "438,189 parameters" in str(ls.inspect(demo.MODEL))


def test_one_picture_gives_one_result_and_a_list_a_list() -> None:
    model = ls.load(str(demo.MODEL))
    one = model.detect(demo.PICTURE)
    assert isinstance(one, ls.Detections)
    assert len(one) >= 1
    assert one.boxes.shape == (len(one), 4)
    several = model.detect([demo.PICTURE, demo.PICTURE], conf=0.5)
    assert [len(found) for found in several] == [sum(one.scores >= 0.5)] * 2


def test_labels_given_as_a_list_name_the_first_class() -> None:
    model = ls.load(demo.MODEL, labels=["first", "second", "third", "fourth", "fifth", "sixth"])
    found = model.detect(demo.PICTURE)
    assert set(found.names) <= {"first", "second", "third", "fourth", "fifth", "sixth"}


def test_drawing_is_the_readme_s_line(tmp_path: Path) -> None:
    for number, found in enumerate(ls.load(demo.MODEL).detect([demo.PICTURE])):
        found.draw().save(tmp_path / f"{number}.png")
    assert (tmp_path / "0.png").stat().st_size > 0


def test_an_archive_and_an_address_lead_to_the_model_in_them(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "export.tar.gz", "w:gz") as archive:
        archive.add(demo.MODEL, "export/frozen_inference_graph.pb")
        archive.add(demo.LABELS, f"export/{Path(demo.LABELS).name}")
    direct = ls.load(demo.MODEL).detect(demo.PICTURE)
    packed = ls.load(tmp_path / "export.tar.gz").detect(demo.PICTURE)
    np.testing.assert_array_equal(packed.boxes, direct.boxes)
    assert ls.inspect((tmp_path / "export.tar.gz").as_uri()).format in ("archive", "frozen-graph")


def test_a_missing_source_says_so() -> None:
    with pytest.raises(ls.errors.SourceError):
        ls.inspect("no/such/model.h5")


def test_help_and_version_need_nothing_heavy() -> None:
    for words in (["--help"], ["--version"], ["inspect", "--help"], ["detect", "--help"]):
        done = subprocess.run([sys.executable, "-m", "loadstone", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert done.stdout
        assert done.stderr == ""


def test_an_unknown_command_suggests_the_near_one() -> None:
    done = subprocess.run([sys.executable, "-m", "loadstone", "inspct"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "inspect" in done.stderr
