"""A checkpoint with its configuration, as the original API restores it: our reader, TensorFlow, the original's keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import loadstone as ls
from loadstone import cli
from loadstone.blueprint.reader import AnyBlueprint, read_any
from loadstone.blueprint.weights import KEY_SUFFIX
from loadstone.errors import UnsupportedModelError
from loadstone.facts.filling import WeightReport
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_graph_edit import EditableGraph
from loadstone.formats.checkpoint.object_paths import ObjectPaths
from loadstone.formats.registry import open_source
from loadstone.runtime.rebuilt import Rebuilt, rebuild_source
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse
from tests.blueprint.any_golden import any_config
from tests.detectors.goldens import variables
from tests.export import narrow

pytest.importorskip("openvino")

from loadstone.export.checkpoint import tensors_of, write
from loadstone.export.run import export

if TYPE_CHECKING:
    import numpy.typing as npt

COUNTER = "save_counter" + KEY_SUFFIX
KEYPOINTS = narrow.CENTERNET.replace("POINTS", narrow.POINTS.replace("RANKING", "")).replace("classes: 2", "classes: 1")
OWN_CLASSES = narrow.EFFICIENTDET.replace("num_classes: 5", "num_classes: 5 add_background_class: false")
DETECTORS = {"fpnlite": narrow.FPNLITE, "efficientdet": OWN_CLASSES, "keypoints": KEYPOINTS}
REAL = (
    *("tf2od-ssdmnv2fpnlite-plasrov", "tf2od-ssdmnv2fpn-11s18069", "tf2od-ssdr50fpn-hhr", "tf2od-effdet-d0-csgo"),
    *("tf2od-effdet-d1-trained-hhr", "tf2od-fasterrcnn-r50-hhr"),
)
GOLDENS = (
    *("ssd_mobilenet_v2_fpnlite_320", "ssd_mobilenet_v2_320", "ssd_resnet50_v1_fpn_640", "efficientdet_d0"),
    *("faster_rcnn_resnet50_v1_640", "faster_rcnn_resnet50_v1_fpn_640", "mask_rcnn_inception_resnet_v2_1024"),
    *("centernet_resnet50_v2_512", "centernet_mobilenetv2_fpn_kpts", "centernet_hourglass104_512"),
    *("tf1_ssd_mobilenet_v1_coco", "tf1_faster_rcnn_inception_v2_coco"),
)


def _rebuilt(blueprint: AnyBlueprint, config: TextMessage) -> Rebuilt:
    """Return a detector whose values are zeros that take no memory."""
    values = {key: np.broadcast_to(np.float32(0), one.shape) for key, one in blueprint.variables.items()}
    return Rebuilt("made", "checkpoint-v2", blueprint, config, values, {}, WeightReport("made", {}), "a test")


@pytest.fixture(scope="module", params=DETECTORS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rebuilt, Path]:
    """A small detector, and the folder of its checkpoint."""
    folder = tmp_path_factory.mktemp(request.param)
    found = rebuild_source(str(narrow.checkpoint(folder / "source", DETECTORS[request.param])))
    found = replace(found, labels={number: f"kind {number}" for number in range(1, found.blueprint.num_classes + 1)})
    write(found, folder / "made")
    return found, folder / "made"


def test_the_checkpoint_opens_as_the_detector_that_it_was(made: tuple[Rebuilt, Path]) -> None:
    found, folder = made
    again = rebuild_source(str(folder))
    assert again.origin == "its pipeline.config"
    assert again.labels == found.labels
    assert again.values.keys() == found.values.keys()
    assert all(np.array_equal(array, again.values[key]) for key, array in found.values.items())
    assert not again.report.unused
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    state, data, index = "checkpoint/checkpoint", "checkpoint/ckpt-0.data-00000-of-00001", "checkpoint/ckpt-0.index"
    assert names == [state, data, index, "label_map.pbtxt", "pipeline.config"]


def test_check_finds_no_mismatch(made: tuple[Rebuilt, Path]) -> None:
    _, folder = made
    report = ls.check(folder / "checkpoint" / "ckpt-0", config=folder / "pipeline.config")
    assert [finding for finding in report.findings if finding.severity in ("error", "warning")] == []
    assert report.errors == ()


def test_the_export_is_compared_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = narrow.checkpoint(tmp_path / "source", narrow.FPNLITE)
    out = tmp_path / "out"
    assert cli.main(["export", str(source), "--to", "checkpoint", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert "ckpt-0.index" in said
    assert "pipeline.config" in said
    before = ls.load(source).detect(np.full((90, 120, 3), 99, np.uint8), conf=0.0)
    after = ls.load(out).detect(np.full((90, 120, 3), 99, np.uint8), conf=0.0)
    assert len(before) > 10
    np.testing.assert_array_equal(before.boxes, after.boxes)


def test_names_that_were_given_go_along(tmp_path: Path) -> None:
    source = narrow.checkpoint(tmp_path / "source", narrow.FPNLITE)
    model = ls.load(source, labels=["cat", "dog", "owl"])
    assert model.rebuilt.labels == {1: "cat", 2: "dog", 3: "owl"}
    write(model.rebuilt, tmp_path / "made")
    assert rebuild_source(str(tmp_path / "made")).labels == model.labels
    (tmp_path / "names.txt").write_text("ant\nbee\ncow\n", encoding="utf-8")
    words = ["export", str(source), "--to", "checkpoint", "-o", str(tmp_path / "named"), "--labels"]
    assert cli.main([*words, str(tmp_path / "names.txt")]) == 0
    assert "ant" in (tmp_path / "named" / "label_map.pbtxt").read_text(encoding="utf-8")


def test_a_checkpoint_that_reads_otherwise_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_bit_off(prefix: Path, tensors: Any) -> None:
        changed = (
            (key, array + np.float32(1e-7) if key.endswith(f"gamma{KEY_SUFFIX}") else array) for key, array in tensors
        )
        write_bundle(prefix, changed)

    found = rebuild_source(str(narrow.checkpoint(tmp_path / "source", narrow.FPNLITE)))
    monkeypatch.setattr("loadstone.export.checkpoint.write_bundle", one_bit_off)
    with pytest.raises(UnsupportedModelError, match="does not read as it was written"):
        export(found, "checkpoint", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_detector_that_the_original_does_not_know_is_refused(tmp_path: Path) -> None:
    found = rebuild_source(str(narrow.checkpoint(tmp_path / "source", narrow.FPNLITE)))
    text = narrow.FPNLITE.replace("HYPER6", narrow.HYPERPARAMETERS % "RELU_6")
    other = parse(text.replace("ssd_mobilenet_v2_fpn_keras", "densenet121").encode())
    with pytest.raises(UnsupportedModelError, match="the original API has no configuration"):
        write(replace(found, config=other), tmp_path / "out")
    fewer = parse(text.replace("num_classes: 3", "num_classes: 4").encode())
    with pytest.raises(UnsupportedModelError, match="no configuration") as caught:
        write(replace(found, config=fewer), tmp_path / "out")
    assert "other variables" in caught.value.found
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", GOLDENS)
def test_the_keys_are_those_of_the_original(name: str, shared: Path) -> None:
    config = parse(any_config(shared, name))
    ours = dict(tensors_of(_rebuilt(read_any(config), config)))
    tf1 = name.startswith("tf1_")
    own = {"global_step"} if tf1 else {OBJECT_GRAPH_KEY, COUNTER}
    suffix = "" if tf1 else KEY_SUFFIX
    theirs = {key + suffix: shape for key, (_, shape, _) in variables(shared, name).items() if key != "global_step"}
    assert {key: array.shape for key, array in ours.items() if key not in own} == theirs
    assert own <= ours.keys()
    if not tf1:
        paths = ObjectPaths(ours[OBJECT_GRAPH_KEY].item())
        assert all(paths.key_at(key.removesuffix(KEY_SUFFIX)) == key for key in ours if key != OBJECT_GRAPH_KEY)


@pytest.mark.parametrize("name", REAL)
def test_the_keys_are_those_of_a_real_index(name: str, wild: Path) -> None:
    """The `ckpt-0.index` of somebody's own export: every key with its dtype and shape."""
    real = open_source(str(wild / name / "checkpoint" / "ckpt-0.index")).tensors.specs
    text = parse((wild / name / "pipeline.config").read_bytes())
    ours = dict(tensors_of(_rebuilt(read_any(text), text)))
    said = {key: (array.dtype.name, array.shape) for key, array in ours.items() if key != OBJECT_GRAPH_KEY}
    assert said == {spec.name: (spec.dtype, spec.shape) for spec in real if spec.name != OBJECT_GRAPH_KEY}


@pytest.mark.slow
def test_every_way_is_one_of_the_originals_own_graph(shared: Path) -> None:
    """The original's export holds the graph of its Python objects: our ways lead there to the same variables."""
    real = open_source(str(shared / "exports/ssd_mobilenet_v2_fpnlite_320/checkpoint/ckpt-0.index"))
    theirs = ObjectPaths(real.tensors[OBJECT_GRAPH_KEY].item())
    found = rebuild_source(real.source)
    keys = [key for key, _ in tensors_of(found) if key != OBJECT_GRAPH_KEY]
    assert len(keys) == 385
    assert [theirs.key_at(key.removesuffix(KEY_SUFFIX)) for key in keys] == keys


def _objects(tf: Any, data: bytes, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, dict[str, Any]]:
    """Return TensorFlow objects with the attributes of an object graph, and the variables among them by key."""
    graph = EditableGraph(data)
    found: dict[str, Any] = {}
    objects = []
    for node in graph.nodes:
        if node.attributes:
            ((_, _, key),) = node.attributes
            found[key] = tf.Variable(tf.zeros(shapes[key], tf.int64 if key == COUNTER else tf.float32))
            objects.append(found[key])
        else:
            objects.append(tf.Module())
    for node, one in zip(graph.nodes, objects, strict=True):
        for name, child in node.children:
            one._track_trackable(objects[child], name)
    return objects[0], found


def _restored(tf: Any, prefix: Path, data: bytes, expect: Callable[[Any], object]) -> dict[str, Any]:
    """Restore a checkpoint into objects that a graph describes; return the variables by key."""
    shapes = dict(tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map())
    root, found = _objects(tf, data, {key: tuple(shape) for key, shape in shapes.items()})
    model = dict(root._trackable_children())["model"]
    checkpoint = tf.train.Checkpoint(model=model)
    status = checkpoint.restore(str(prefix))
    expect(status)
    return found


@pytest.mark.tensorflow
def test_tensorflow_restores_every_variable(made: tuple[Rebuilt, Path]) -> None:
    import tensorflow as tf

    found, folder = made
    prefix = Path(tf.train.latest_checkpoint(str(folder / "checkpoint")))
    assert prefix == folder / "checkpoint" / "ckpt-0"
    reader = tf.train.load_checkpoint(str(folder / "checkpoint"))
    graph = reader.get_tensor(OBJECT_GRAPH_KEY)
    restored = _restored(tf, prefix, graph, lambda status: status.assert_consumed())
    assert len(restored) == len(found.blueprint.variables) + 1
    for key, array in found.values.items():
        assert restored[key + KEY_SUFFIX].numpy().tobytes() == array.tobytes(), key


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_originals_own_objects_are_all_restored(shared: Path, tmp_path: Path) -> None:
    """Objects as the original's own checkpoint describes them, those without a variable and second ways among them.

    `assert_existing_objects_matched` is what the original asks before it trains (model_lib_v2.py).
    """
    import tensorflow as tf

    source = shared / "exports" / "ssd_mobilenet_v2_fpnlite_320"
    found = rebuild_source(str(source / "checkpoint"))
    write(found, tmp_path / "made")
    real: npt.NDArray[Any] = open_source(str(source / "checkpoint" / "ckpt-0.index")).tensors[OBJECT_GRAPH_KEY]
    prefix = tmp_path / "made" / "checkpoint" / "ckpt-0"
    restored = _restored(tf, prefix, real.item(), lambda status: status.assert_existing_objects_matched())
    for key, array in found.values.items():
        assert restored[key + KEY_SUFFIX].numpy().tobytes() == array.tobytes(), key


def test_a_graph_that_clips_first_is_told_that_its_checkpoint_does_not(shared: Path, tmp_path: Path) -> None:
    graph = next((shared / "wild" / "tf1-ssd-person-cat-dog").glob("*.pb"))
    done = ls.load(graph).export("checkpoint", tmp_path / "made")
    assert "clip" in done.differs
    assert done.as_json()["differs"] == done.differs
    assert done.detections > 20
    later = ls.load(narrow.checkpoint(tmp_path / "source", narrow.FPNLITE)).export("checkpoint", tmp_path / "later")
    assert later.differs == ""
