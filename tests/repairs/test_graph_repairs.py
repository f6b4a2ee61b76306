"""SavedModel ↔ frozen graph, tags and layout: what is written opens in TensorFlow and computes the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment
from loadstone.repairs import fix, plans
from tests.graphs.tensorflow_runs import run

ENVIRONMENT = Environment()


def test_a_frozen_graph_is_wrapped_and_loads_with_its_tag(wild: Path, tmp_path: Path) -> None:
    import numpy as np

    tf = pytest.importorskip("tensorflow")
    source = wild / "tf1-ssdmnv1-0125-trafficsign" / "frozen_inference_graph.pb"
    fixed = fix(source, tmp_path / "wrapped", environment=ENVIRONMENT, only=["wrap-graph"])
    assert fixed.output == str(tmp_path / "wrapped")
    signature = tf.saved_model.load(fixed.output, tags=["serve"]).signatures["serving_default"]
    picture = np.zeros((1, 64, 64, 3), np.uint8)
    found = signature(image_tensor=tf.constant(picture))
    expected = run(source.read_bytes(), {"image_tensor": picture}, ["detection_scores"])
    np.testing.assert_array_equal(found["detection_scores"].numpy(), expected[0])


def test_a_saved_model_is_frozen_and_computes_the_same(wild: Path, tmp_path: Path) -> None:
    import numpy as np

    tf = pytest.importorskip("tensorflow")
    source = wild / "keras-savedmodel-kws"
    fixed = fix(source, tmp_path / "kws.pb", environment=ENVIRONMENT, only=["freeze-saved-model"])
    values = np.linspace(-1, 1, 490, dtype=np.float32).reshape(1, 49, 10, 1)
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
        # tf.saved_model.load of TensorFlow 2.21 fails on this model's optimizer; the loader of TensorFlow 1 opens it.
        tf.compat.v1.saved_model.load(session, ["serve"], str(source))
        expected = session.run("StatefulPartitionedCall:0", {"serving_default_input_1:0": values})
    found = run(Path(fixed.output or "").read_bytes(), {"serving_default_input_1": values}, ["dense"])
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_a_graph_under_another_name_is_laid_out(wild: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(wild / "keras-savedmodel-kws", folder)
    (folder / "saved_model.pb").rename(folder / "kws_1.pb")
    (folder / "keras_metadata.pb").write_bytes(b"")
    assert "savedmodel-mount-or-layout" in {finding.fault for finding in check(folder, ENVIRONMENT).findings}
    fixed = fix(folder, tmp_path / "mended", environment=ENVIRONMENT)
    assert [plan.repair for plan in fixed.applied] == ["lay-out-saved-model"]
    written = {str(path.relative_to(tmp_path / "mended")) for path in (tmp_path / "mended").rglob("*.*")}
    assert {"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"} <= written
    assert (tmp_path / "mended" / "saved_model.pb").read_bytes() == (folder / "kws_1.pb").read_bytes()
    assert not {"savedmodel-mount-or-layout"} & {
        found.fault for found in check(tmp_path / "mended", ENVIRONMENT).findings
    }


def test_letters_as_tags_become_serve(wild: Path, tmp_path: Path) -> None:
    from loadstone.repairs.graphs._saved import fields, joined

    folder = tmp_path / "model"
    shutil.copytree(wild / "savedmodel-tfserving-tf2-cpu", folder)
    graph = folder / "saved_model.pb"
    top = fields(graph.read_bytes())
    meta = dict(top)[2]
    assert isinstance(meta, bytes)
    parts = fields(meta)
    info = next(value for number, value in parts if number == 1)
    assert isinstance(info, bytes)
    letters = sorted(
        [one for one in fields(info) if one[0] != 4] + [(4, bytes((one,))) for one in b"serve"], key=lambda one: one[0]
    )
    graph.write_bytes(joined([(1, 1), (2, joined([(1, joined(letters)), *(one for one in parts if one[0] != 1)]))]))
    found = {finding.fault: finding for finding in check(folder, ENVIRONMENT).findings}
    assert "single letters" in found["savedmodel-bad-tags"].fact
    fixed = fix(folder, tmp_path / "mended", environment=ENVIRONMENT, only=["set-tags"])
    assert "savedmodel-bad-tags" not in {one.fault for one in fixed.remaining}
    tf = pytest.importorskip("tensorflow")
    loaded = tf.saved_model.load(str(tmp_path / "mended"), tags=["serve"])
    assert float(loaded.signatures["serving_default"](x=tf.constant([[4.0]]))["y"][0, 0]) == 4.0


def test_a_healthy_model_has_no_repair(wild: Path) -> None:
    for name in ("savedmodel-tfserving-tf2-cpu", "tf1-opencv-face-uint8/opencv_face_detector_uint8.pb"):
        assert plans(wild / name, ENVIRONMENT) == ()


OLDER = Environment(name="TF 1.11", packages={"tensorflow": "1.11.0"}, complete=False)


def _convolution(path: Path) -> Path:
    """Write a graph as TensorFlow 2.21 states it: with `explicit_paddings` and `Truncate`, both at their default."""
    tf = pytest.importorskip("tensorflow")
    graph = tf.Graph()
    with graph.as_default():
        given = tf.compat.v1.placeholder(tf.float32, (1, 8, 8, 3), name="x")
        kernel = tf.constant([number / 54 - 0.5 for number in range(54)], tf.float32, (3, 3, 3, 2))
        tf.cast(tf.nn.conv2d(given, kernel, 1, "SAME"), tf.float16, name="y")
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def test_default_attributes_go_for_an_older_tensorflow_and_the_graph_means_the_same(tmp_path: Path) -> None:
    import numpy as np

    source = _convolution(tmp_path / "graph.pb")
    assert "graph-newer-than-runtime" in {one.fault for one in check(source, OLDER).findings}
    fixed = fix(source, tmp_path / "older.pb", environment=OLDER)
    assert [plan.repair for plan in fixed.applied] == ["strip-default-attributes"]
    assert "graph-newer-than-runtime" not in {one.fault for one in fixed.remaining}
    written = (tmp_path / "older.pb").read_bytes()
    assert b"explicit_paddings" in source.read_bytes()
    assert b"explicit_paddings" not in written
    values = {"x": np.linspace(-1, 1, 192, dtype=np.float32).reshape(1, 8, 8, 3)}
    np.testing.assert_array_equal(run(written, values, ["y"])[0], run(source.read_bytes(), values, ["y"])[0])
    assert plans(source, Environment(packages={"tensorflow": "2.21.0"})) == ()


@pytest.mark.parametrize(
    ("raw", "default", "same"),
    [
        (b"\x28\x00", False, True),
        (b"\x28\x01", False, False),
        (b"\x18\x07", 7, True),
        (b"\x12\x00", "", True),
        (b"\x12\x01x", "", False),
        (b"\x0a\x00", [], True),
        (b"\x0a\x06\x1a\x04\x01\x01\x01\x01", [1, 1, 1, 1], True),
        (b"\x0a\x06\x1a\x04\x01\x02\x02\x01", [1, 1, 1, 1], False),
        (b"\x30\x01", {"type": "DT_FLOAT"}, True),
        (b"\x30\x09", {"type": "DT_INT64"}, True),
        (b"\x30\x03", {"type": "DT_INT64"}, False),
        (b"\x28\x00", None, False),
    ],
)
def test_a_default_is_told_from_another_value(raw: bytes, default: object, same: bool) -> None:
    from loadstone.repairs.graphs.strip_default_attributes import is_default

    assert is_default(raw, default) is same
