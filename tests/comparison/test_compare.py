"""Comparisons find what differs and tolerate what does not count: order among equals, and the cut."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import loadstone as ls
from loadstone import cli
from loadstone.cli import compare as compare_command
from loadstone.comparison.engines import AGAINST
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated
from loadstone.errors import RefusedError, SourceError, UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.facts.comparison import Comparison
from loadstone.formats.rebuilt_member import ATTRIBUTE
from loadstone.report.comparison import comparison_text
from loadstone.runtime.raw import RawClassification, RawDetections
from tests.export import narrow


def found(boxes: npt.ArrayLike, scores: npt.ArrayLike, classes: npt.ArrayLike) -> RawDetections:
    return RawDetections(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(classes, np.int64))


def compared(ours: RawDetections, theirs: RawDetections) -> Comparison:
    return compare(ours, theirs, size=(100, 200), image="x", tolerance=Tolerance())


BOXES = [[10, 10, 50, 50], [20, 20, 90, 60], [100, 0, 180, 80], [5, 50, 60, 99]]


def test_order_among_equal_scores_does_not_count() -> None:
    ours = found(BOXES, [0.9, 0.5, 0.5, 0.2], [1, 2, 2, 1])
    order = [0, 2, 1, 3]
    theirs = found(np.array(BOXES)[order], [0.9, 0.5, 0.5, 0.2], [1, 2, 2, 1])
    result = compared(ours, theirs)
    assert result.agree
    assert result.paired == 4
    assert {one.output: one.largest for one in result.differences} == {"boxes": 0, "scores": 0}


@pytest.mark.parametrize(
    ("change", "output"),
    [
        (lambda one: found(one.boxes + 0.3, one.scores, one.class_ids), "boxes"),
        (lambda one: found(one.boxes, one.scores - 0.002, one.class_ids), "scores"),
        (lambda one: found(one.boxes * np.nan, one.scores, one.class_ids), ""),
        (lambda one: found(one.boxes, one.scores, one.class_ids + 1), ""),
        (lambda one: found(one.boxes[1:], one.scores[1:], one.class_ids[1:]), ""),
        (lambda one: found(np.zeros((0, 4)), [], []), ""),
    ],
)
def test_what_differs_is_found(change: object, output: str) -> None:
    ours = found(BOXES, [0.9, 0.7, 0.5, 0.2], [1, 2, 2, 1])
    assert callable(change)
    for result in (compared(ours, change(ours)), compared(change(ours), ours)):
        assert not result.agree
        beyond = [one.output for one in result.differences if not one.within]
        assert beyond == ([output] if output else [])
        assert output or result.lonely or not result.paired


def test_of_equal_scores_at_the_cut_each_may_keep_another() -> None:
    ours = found(BOXES[:3], [0.9, 0.5, 0.2], [1, 2, 2])
    theirs = found([*BOXES[:2], BOXES[3]], [0.9, 0.5, 0.2], [1, 2, 2])
    result = compared(ours, theirs)
    assert result.agree
    assert (result.paired, result.at_the_cut) == (2, 2)
    assert not compared(ours, found([*BOXES[:2], BOXES[3]], [0.9, 0.5, 0.4], [1, 2, 2])).agree


def test_all_at_the_cut_and_none_alike_is_a_difference() -> None:
    assert not compared(found(BOXES[:2], [1, 1], [1, 1]), found(BOXES[2:], [1, 1], [1, 1])).agree


def test_classifications_and_other_kinds() -> None:
    ours = RawClassification(np.array([0.2, 0.8], np.float32))
    theirs = RawClassification(np.array([0.2, 0.7], np.float32))
    assert compare(ours, ours, size=(1, 1), image="", tolerance=Tolerance()).agree
    assert not compare(ours, theirs, size=(1, 1), image="", tolerance=Tolerance()).agree
    with pytest.raises(UnsupportedModelError, match="cannot be compared"):
        compare(ours, found(BOXES, [1] * 4, [1] * 4), size=(1, 1), image="", tolerance=Tolerance())


@pytest.mark.parametrize(
    ("mine", "its", "words"),
    [
        ((7, 7), None, "masks: only ours"),
        (None, (7, 7), "masks: only theirs"),
        ((7, 7), (5, 9), "masks: 7×7 ours, 5×9 theirs"),
    ],
)
def test_what_one_side_does_not_give_is_told(
    mine: tuple[int, int] | None, its: tuple[int, int] | None, words: str
) -> None:
    plain = found(BOXES, [0.9, 0.7, 0.5, 0.2], [1, 2, 2, 1])
    ours, theirs = (
        plain if side is None else replace(plain, masks=np.zeros((4, *side), np.float32)) for side in (mine, its)
    )
    result = compared(ours, theirs)
    assert result.uncompared == (words,)
    assert result.as_json()["not_compared"] == [words]
    assert words in comparison_text("one", "other", [result])
    assert compared(ours, ours).uncompared == ()


def test_generated_pictures_never_change() -> None:
    picture = generated()
    assert picture.shape == (480, 640, 3)
    assert int(picture.astype(np.int64).sum()) == SUM
    np.testing.assert_array_equal(picture, generated(0))


SUM = 111_365_990


def test_tensorflow_is_not_asked_to_run_what_touches_files() -> None:
    from loadstone.comparison.tensorflow import refuse_reach

    with pytest.raises(RefusedError, match="can write files"):
        refuse_reach(ModelFile("x", "frozen-graph", ops={"Conv2D": 3, "WriteFile": 1}))
    refuse_reach(ModelFile("x", "frozen-graph", ops={"Conv2D": 3}))


def test_the_command_compares_a_checkpoint_with_keras(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    source = str(narrow.checkpoint(tmp_path / "model", narrow.FPNLITE))
    assert cli.main(["compare", source]) == 0
    said = capsys.readouterr()
    assert "Keras" in said.out
    assert said.out.rstrip().endswith("the same")
    drawn = sorted((tmp_path / "comparison").iterdir())
    assert len(drawn) == 2
    with Image.open(drawn[0]) as image:
        assert image.size == (640, 480)
    assert cli.main(["compare", source, str(drawn[0]), "--score", "0", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["agree"] is False
    assert report["largest_differences"]["boxes"] <= 1e-3
    assert cli.main(["compare", source, "--against", "graph"]) == UnsupportedModelError.exit_code
    assert "--against keras" in capsys.readouterr().err
    assert cli.main(["compare", source, "--against", "torch"]) == 2
    said_of_it = capsys.readouterr().err
    assert all(name in said_of_it for name in AGAINST)


def test_a_model_that_is_open_is_no_file_to_compare(tmp_path: Path) -> None:
    model = ls.load(narrow.checkpoint(tmp_path, narrow.FPNLITE))
    with pytest.raises(SourceError, match="opens a file itself"):
        ls.compare(model)  # type: ignore[arg-type]


def test_the_command_knows_every_engine() -> None:
    assert compare_command.ENGINES == AGAINST


def test_a_picture_of_another_s_making_is_not_drawn_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("keras")
    source = str(narrow.checkpoint(tmp_path / "model", narrow.FPNLITE))
    foreign = tmp_path / "drawn" / "000-generated 640×480.png"
    foreign.parent.mkdir()
    foreign.write_bytes(b"mine")
    assert cli.main(["compare", source, "--output", str(foreign.parent)]) == 3
    said = capsys.readouterr()
    assert said.out.rstrip().endswith("the same")
    assert "--no-pictures" in said.err
    assert foreign.read_bytes() == b"mine"


@pytest.mark.tensorflow
@pytest.mark.parametrize("against", ["graph", "openvino", "tensorflow"])
def test_a_rebuilt_detector_is_its_graph(against: str, wild: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("tensorflow")
    done = ls.compare(wild / TRAFFIC, against=None if against == "graph" else against)
    assert done.against == against
    assert done.agree, done.as_json()
    assert sum(pair.comparison.paired for pair in done.pairs) > 20
    assert "rebuilt natively" in done.ours


@pytest.mark.tensorflow
def test_a_text_graph_is_run_in_tensorflow(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    tensorflow = pytest.importorskip("tensorflow")
    binary = ls.load(narrow.checkpoint(tmp_path / "model", narrow.FPNLITE)).export("frozen-graph", tmp_path / "made")
    text = tmp_path / "made.pbtxt"
    graph = tensorflow.compat.v1.GraphDef.FromString(binary.path.read_bytes())
    for node in graph.node:
        # Without the description it is not rebuilt.
        node.attr.pop(ATTRIBUTE, None)
    text.write_text(str(graph))
    done = ls.compare(text, against="tensorflow")
    assert done.agree, done.as_json()
    # Its graph would be compared with itself.
    assert ls.compare(text).against == "openvino"
    assert sum(pair.comparison.paired for pair in done.pairs) > 20


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("dtype", "shape", "message", "found"),
    [
        (None, None, "does not take one picture", "no input"),
        ("string", [None], "does not take one picture", "string"),
        ("float32", [1, None, None, 3], "does not run the model on the picture", ""),
    ],
)
def test_what_tensorflow_cannot_be_asked_is_told(
    dtype: str | None, shape: list[int | None] | None, message: str, found: str, tmp_path: Path
) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    from loadstone.comparison.tensorflow import run_saved_model

    spec = [] if dtype is None else [tensorflow.TensorSpec(shape, dtype, "picture")]
    module = tensorflow.Module()
    module.serve = tensorflow.function(lambda picture=(): {"x": tensorflow.reshape(picture, [-1, 7])}, spec)
    tensorflow.saved_model.save(module, str(tmp_path), signatures=module.serve)
    with pytest.raises(UnsupportedModelError, match=message) as caught:
        run_saved_model(ls.inspect(tmp_path))(generated())
    assert found in caught.value.found
    assert caught.value.help == "compare with --against graph"


TRAFFIC = "tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb"
