"""CenterNets: the originals' boxes and keypoints, and a decoding that agrees with its definition written out slowly."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.blueprint.center_net_parts import KeypointTask
from loadstone.blueprint.reader import readings_of
from loadstone.errors import UnsupportedModelError
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_paths import unescaped
from loadstone.runtime.families.center_net_points import RANKINGS, PointRule, points_of
from loadstone.runtime.families.center_net_reading import best_centers, center_net_detections
from loadstone.runtime.raw import RawDetections
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH
from loadstone.wire.textproto import parse
from tests.blueprint.test_center_net import GOLDENS, golden, small
from tests.detectors.goldens import picture, recipe, variables, weights

openvino = pytest.importorskip("openvino")

from loadstone.runtime import open_detector  # noqa: E402 - needs the optional engine
from loadstone.runtime.families.center_net_network import center_net_model  # noqa: E402
from loadstone.runtime.families.center_net_plan import class_of, ending_of  # noqa: E402
from loadstone.runtime.openvino.openvino_network import attach  # noqa: E402
from loadstone.runtime.pictures.picture_front import picture_front  # noqa: E402

Floats = npt.NDArray[np.float32]
EVERY_DAY = ("centernet_resnet50_v1_fpn_512_kpts_1class",)
SIZES = np.array([640, 426], np.float32)


def in_the_original_s_order(found: RawDetections, archive: Mapping[str, Any], count: int) -> RawDetections:
    """Return the detections with rows of equal scores (to 2e-5, the processor's rounding) in the original's order."""
    boxes, scores = archive["detections|detection_boxes"][0][:count], archive["detections|detection_scores"][0][:count]
    ours = np.divide(found.boxes, [640, 426, 640, 426])[:, [1, 0, 3, 2]]
    left = list(range(len(found.scores)))
    order = []
    for row in range(min(count, len(left))):
        alike = [at for at in left if abs(found.scores[at] - scores[row]) <= 2e-5] or left[:1]
        order.append(min(alike, key=lambda at: float(np.abs(ours[at] - boxes[row]).max())))
        left.remove(order[-1])
    rows = np.array([*order, *left], np.int64)
    picked: dict[str, Any] = {
        field.name: value[rows]
        for field in fields(found)
        if isinstance(value := getattr(found, field.name), np.ndarray) and len(value) == len(rows)
    }
    return replace(found, **picked)


def compare(found: RawDetections, shared: Path, name: str) -> None:
    """Assert that the same boxes were found in the same order, and the same points; equal scores may change places.

    One box in a hundred may be another: a peak is the highest of its window, which between two neighbours that are
    equal but for the processor's rounding is the one here and the other there, or both.
    """
    archive = np.load(shared / "goldens" / f"{name}.npz")
    count = int(archive["detections|num_detections"][0])
    found = in_the_original_s_order(found, archive, count)
    theirs_scores = archive["detections|detection_scores"][0][:count]
    assert len(found.scores) == count
    same = np.abs(found.scores - theirs_scores) <= 2e-5
    assert count - int(same.sum()) <= count // 100
    np.testing.assert_array_equal(found.class_ids[same] - 1, archive["detections|detection_classes"][0][:count][same])
    yxyx = np.divide(found.boxes, [640, 426, 640, 426])[:, [1, 0, 3, 2]]
    np.testing.assert_allclose(yxyx[same], archive["detections|detection_boxes"][0][:count][same], atol=1e-3)
    assert (found.keypoints is None) == ("detections|detection_keypoints" not in archive)
    if found.keypoints is None or found.keypoint_scores is None:
        return
    assert same.all()
    points = np.divide(found.keypoints, SIZES)[:, :, ::-1]
    for tensor, ours in (("detection_keypoints", points), ("detection_keypoint_scores", found.keypoint_scores)):
        theirs = archive[f"detections|{tensor}"].reshape(-1)
        whole = theirs.size == ours.size
        places = slice(None) if whole else recipe(shared).sample_indices(f"detections/{tensor}", ours.size)
        np.testing.assert_allclose(ours.reshape(-1)[places], theirs, atol=1e-3)


class Compiled:
    """A model compiled in this process, as the engine would run it."""

    def __init__(self, model: Any) -> None:
        self.compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def __call__(self, *inputs: npt.NDArray[Any]) -> list[Floats]:
        found = self.compiled(inputs)
        return [np.asarray(found[index]) for index in range(len(self.compiled.outputs))]


def run(shared: Path, name: str, pixels: npt.NDArray[np.uint8]) -> RawDetections:
    blueprint = golden(shared, name)
    outputs = Compiled(center_net_model(blueprint, weights(shared, name)))(pixels[None])
    return center_net_detections(ending_of(blueprint, {}).options)(outputs, *pixels.shape[:2])


@pytest.mark.parametrize(
    "name", [name if name in EVERY_DAY else pytest.param(name, marks=pytest.mark.slow) for name in GOLDENS]
)
def test_detections_are_the_original_s(name: str, shared: Path) -> None:
    compare(run(shared, name, picture(shared, 426, 640).astype(np.uint8)), shared, name)


KEYPOINTS = """keypoint_estimation_task { task_name: "pose" keypoint_class_name: "hand" per_keypoint_offset: true
  keypoint_candidate_score_threshold: 0.3 candidate_search_scale: 2.0
  keypoint_label_to_std { key: "a" value: 1.0 } keypoint_label_to_std { key: "b" value: 1.0 } }"""
LABELS = {1: "arm", 2: "hand", 3: "foot"}


class Small:
    """A CenterNet for 64×64 pixels with random weights; `bias` is added to every centre's logit."""

    def __init__(self, bias: float = 0.0) -> None:
        self.blueprint = small("mobilenet_v2_fpn", KEYPOINTS)
        dice = np.random.default_rng(5)
        self.values = {key: self.value(key, variable.shape, dice) for key, variable in self.blueprint.variables.items()}
        self.values["model/_prediction_head_dict/object_center/0/layer_with_weights-1/bias"] += np.float32(bias)
        self.whole = Compiled(center_net_model(self.blueprint, self.values))
        self.read = center_net_detections(ending_of(self.blueprint, LABELS).options)

    def value(self, key: str, shape: tuple[int, ...], dice: np.random.Generator) -> Floats:
        if "kernel" in key:
            count = shape[0] * shape[1] * (1 if "depthwise" in key else shape[2])
            return np.asarray(dice.normal(size=shape) * np.sqrt(2 / count), np.float32)
        low, high = (0.8, 1.2) if key.endswith(("gamma", "variance")) else (-0.3, 0.3)
        return dice.uniform(low, high, shape).astype(np.float32)

    def detect(self, pixels: npt.NDArray[np.uint8]) -> RawDetections:
        return self.read(self.whole(pixels[None]), *pixels.shape[:2])

    def heads(self, pixels: npt.NDArray[np.uint8]) -> dict[str, Floats]:
        """Return the network's raw heads (height, width, channels), without any of the decoding."""
        import openvino.opset13 as ops

        parameter, tensor = picture_front(self.blueprint.resizer, self.blueprint.normalisation)
        heads = attach(self.blueprint.network, self.values, tensor)
        found = Compiled(openvino.Model([ops.result(head) for head in heads.values()], [parameter]))(pixels[None])
        return {name: output[0] for name, output in zip(heads, found, strict=True)}


@cache
def seeing() -> Small:
    return Small()


def random_picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


@pytest.mark.parametrize(
    ("height", "width", "true"),
    [(64, 64, (64, 64)), (48, 96, (32, 64)), (96, 6, (64, 4)), (1, 1, (64, 64)), (20, 20_000, (1, 64))],
)
def test_boxes_are_those_of_the_definition(height: int, width: int, true: tuple[int, int]) -> None:
    pixels = random_picture(height, width)
    found, heads = seeing().detect(pixels), seeing().heads(pixels)
    wanted = slow_centers(sigmoid(heads["object_center"]), true, 100)
    assert len(found) == len(wanted)
    np.testing.assert_allclose(found.scores, [score for score, *_ in wanted], atol=1e-6)
    assert found.keypoints is not None
    assert found.keypoint_scores is not None
    assert found.keypoints.shape == (len(wanted), 2, 2)
    for at, (_, row, column, number) in enumerate(wanted):
        assert found.class_ids[at] == number + 1
        y, x = np.array([row, column]) + heads["box/offset"][row, column]
        high, wide = np.maximum(heads["box/scale"][row, column], 0)
        box = np.clip([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], 0, 16) * 4
        box = np.clip(box / [true[1], true[0], true[1], true[0]], 0, 1) * [width, height, width, height]
        np.testing.assert_allclose(found.boxes[at], box, rtol=1e-4, atol=1e-4 * max(height, width))
        assert (found.keypoint_scores[at] > 0).all() == (number == 1)
        if number != 1:
            assert not found.keypoints[at].any()
        elif found.keypoint_scores[at, 0] == np.float32(0.1):
            y, x = np.array([row, column]) + heads["pose/keypoint/regression"][row, column, :2]
            place = np.array([x / true[1] * width, y / true[0] * height]) * 4
            np.testing.assert_allclose(found.keypoints[at, 0], place, rtol=1e-4, atol=1e-4 * max(height, width))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (20_000, 20), (1, 3000), (64, 64)])
def test_a_picture_with_nothing_in_it(height: int, width: int) -> None:
    found = blind().detect(np.full((height, width, 3), 128, np.uint8))
    assert len(found) == len(found.boxes) == 0
    assert found.keypoints is not None
    assert found.keypoints.shape == (0, 2, 2)
    assert found.keypoint_scores is not None
    assert found.keypoint_scores.shape == (0, 2)


@cache
def blind() -> Small:
    # A float32 sigmoid is 0 from -104 on.
    return Small(bias=-300)


@pytest.mark.parametrize(("most", "levels"), [(0, 3), (1, 3), (7, 3), (7, 1000), (500, 1000), (40, 1)])
def test_equal_scores_keep_the_map_s_order(most: int, levels: int) -> None:
    dice = np.random.default_rng(most)
    peaks = (dice.integers(0, levels + 1, (3, 60)) * (dice.random((3, 60)) < 0.5) / levels).astype(np.float32)
    found = best_centers(peaks, peaks.max(axis=0), most)
    order = np.argsort(-peaks.T.reshape(-1), kind="stable")[:most]
    order = order[peaks.T.reshape(-1)[order] > 0]
    np.testing.assert_array_equal(found.places * 3 + found.classes, order)
    np.testing.assert_array_equal(found.scores, peaks.T.reshape(-1)[order])


def slow_centers(scores: Floats, mask: tuple[int, int], most: int) -> list[tuple[float, int, int, int]]:
    """Return (score, row, column, class) of the best peaks, looking at every score and its neighbours one by one."""
    height, width, classes = scores.shape
    masked = scores.copy()
    masked[mask[0] :], masked[:, mask[1] :] = 0, 0
    found = []
    for row, column, number in np.ndindex(height, width, classes):
        around = masked[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2, number]
        score = masked[row, column, number]
        found.append((float(score if abs(around.max() - score) < 1e-6 else 0), row, column, number))
    found.sort(key=lambda peak: -peak[0])
    return [peak for peak in found[:most] if peak[0] > 0]


def slow_point(
    expected: Floats, scored: Floats, offset: Floats, box: Floats, rule: PointRule
) -> tuple[tuple[float, float], float]:
    """Return one point of one object by its definition. `scored` (H, W) are peaks, `offset` (H, W, 2)."""
    height, width = scored.shape
    places = [(float(scored[row, column]), row, column) for row in range(height) for column in range(width)]
    places.sort(key=lambda place: -place[0])
    wide, high = box[3] - box[1], box[2] - box[0]
    nearest, chosen, highest = 1e5, None, -np.inf
    for score, row, column in places[: rule.most]:
        if score < rule.score_threshold:
            break
        y, x = row + offset[row, column, 0], column + offset[row, column, 1]
        distance = float(np.hypot(y - expected[0], x - expected[1]))
        nearest = min(nearest, distance)
        rank = {
            "min_distance": -distance,
            "score_distance_ratio": score / (distance + rule.distance_offset),
            "score_scaled_distance_ratio": score / (distance + max(high, wide) * rule.distance_multiplier),
        }[rule.ranking]
        if rank > highest:
            highest, chosen = rank, (y, x, score)
    y0, y1 = ((box[0] + box[2]) / 2 + side * high * rule.box_scale / 2 for side in (-1, 1))
    x0, x1 = ((box[1] + box[3]) / 2 + side * wide * rule.box_scale / 2 for side in (-1, 1))
    far = nearest > max(y1 - y0, x1 - x0) * rule.search_scale
    if chosen is None or far or not (y0 <= chosen[0] <= y1 and x0 <= chosen[1] <= x1):
        return (float(expected[0]), float(expected[1])), rule.unmatched_score
    return (float(chosen[0]), float(chosen[1])), chosen[2]


@pytest.mark.parametrize("seed", range(9))
def test_points_are_those_of_the_definition(seed: int) -> None:
    dice = np.random.default_rng(seed)
    height, width, count, boxes_count = 12, 9, 3, 6
    shared_offset = seed % 2 == 0
    ranking = RANKINGS[seed % 3]
    rule = PointRule(0.3, (12, 40)[seed % 2], 0.1, 1.2, 0.4, ranking, distance_offset=1.0, distance_multiplier=0.1)
    peaks = np.where(dice.random((height, width, count)) < 0.4, dice.random((height, width, count)), 0)
    peaks[:, :, 2] *= 0.2
    peaks = peaks.astype(np.float32)
    offsets = dice.random((height, width, 2 if shared_offset else 2 * count)).astype(np.float32)
    corners = np.concatenate([dice.uniform(0, 0.4, (boxes_count, 2)), dice.uniform(0.6, 1, (boxes_count, 2))], axis=1)
    boxes = (corners * [height, width, height, width]).astype(np.float32)
    expected = dice.uniform(0, [height, width], (boxes_count, count, 2)).astype(np.float32)
    rows = peaks.reshape(-1, count).T
    points, scores = points_of(rows, offsets.reshape(height * width, -1), expected, boxes, rule=rule, width=width)
    replaced = 0
    for box, point in np.ndindex(boxes_count, count):
        own = offsets if shared_offset else offsets[:, :, 2 * point : 2 * point + 2]
        place, score = slow_point(expected[box, point], peaks[:, :, point], own, boxes[box], rule)
        np.testing.assert_allclose(points[box, point], place, atol=1e-5)
        assert scores[box, point] == np.float32(score)
        replaced += score != 0.1
    assert 0 < replaced < boxes_count * 2
    assert (scores[:, 2] == np.float32(0.1)).all()


SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def written(
    folder: Path, shared: Path, name: str, change: Sequence[tuple[str, str]] = (), *, numbered: bool = False
) -> Path:
    """Write a golden's weights as a checkpoint with its configuration, some words of it replaced.

    `numbered` gives the variables the keys that they have in a SavedModel.
    """
    config = json.loads((shared / "goldens" / f"{name}.json").read_text())["config"]
    text = (shared / "goldens" / config).read_text()
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "pipeline.config").write_text(text)
    values = weights(shared, name)
    if numbered:
        values = {"_" + key: value for key, value in values.items()}
        keys = numbered_keys(values)
        graph = np.array(object_graph({path: key + SUFFIX for path, key in keys.items()}), object)
        tensors = {keys[path] + SUFFIX: value for path, value in values.items()} | {OBJECT_GRAPH_KEY: graph}
    else:
        tensors = {key + SUFFIX: value for key, value in values.items()}
    write_bundle(folder / "checkpoint" / "ckpt-0", sorted(tensors.items()))
    return folder / "checkpoint" / "ckpt-0.index"


def numbered_keys(paths: Iterable[str]) -> dict[str, str]:
    """Return keys as a SavedModel has them: each model's variables in one list, by number."""
    keys, count = {}, Counter[str]()
    for path in paths:
        model = re.sub(r"(_feature_extractor|_prediction_head_dict/[^/]*/\d+)/.*", r"\1", path)
        keys[path] = f"{model}/variables/{count[model]}"
        count[model] += 1
    return keys


def object_graph(keys: Mapping[str, str]) -> bytes:
    """Return an object graph in which each path leads to a variable of that key."""
    nodes: list[dict[str, Any]] = [{"children": []}]
    places: dict[tuple[str, ...], int] = {(): 0}
    for path, key in keys.items():
        parts = tuple(path.split("/"))
        for end in range(1, len(parts) + 1):
            if parts[:end] not in places:
                places[parts[:end]] = len(nodes)
                child = {"node_id": len(nodes), "local_name": unescaped(parts[end - 1])}
                nodes[places[parts[: end - 1]]]["children"].append(child)
                nodes.append({"children": []})
        nodes[places[parts]]["attributes"] = [{"name": "VARIABLE_VALUE", "checkpoint_key": key}]
    return encode(TRACKABLE_OBJECT_GRAPH, {"nodes": nodes})


@pytest.mark.parametrize(
    ("name", "change", "numbered"),
    [
        # The released checkpoint: separable kernels, of which its configuration says nothing.
        ("centernet_mobilenetv2_fpn_kpts", [("use_separable_conv: true", ""), ("_fpn_sep_conv", "_fpn")], False),
        ("centernet_mobilenetv2_fpn_od", [], False),
        ("centernet_mobilenetv2_fpn_od", [], True),
    ],
)
def test_a_checkpoint_with_its_configuration_runs(
    name: str, change: list[tuple[str, str]], numbered: bool, shared: Path, tmp_path: Path
) -> None:
    detector = open_detector(os.fspath(written(tmp_path, shared, name, change, numbered=numbered)))
    assert "rebuilt natively" in detector.notes[0]
    found = detector.run([picture(shared, 426, 640).astype(np.uint8)])[0]
    assert isinstance(found, RawDetections)
    compare(found, shared, name)


def test_a_mobilenet_s_configuration_stands_for_both_kernels(shared: Path) -> None:
    config = json.loads((shared / "goldens" / "centernet_mobilenetv2_fpn_od.json").read_text())["config"]
    text = (shared / "goldens" / config).read_text()
    readings = list(readings_of(parse(text.encode())))
    assert [one.feature_extractor for one in readings] == ["mobilenet_v2_fpn_sep_conv", "mobilenet_v2_fpn"]
    assert readings[0].variables.keys() == variables(shared, "centernet_mobilenetv2_fpn_od").keys()
    assert readings[1].variables.keys() != readings[0].variables.keys()


def task(class_name: str) -> KeypointTask:
    return KeypointTask("pose", class_name, 2)


@pytest.mark.parametrize(
    ("class_name", "classes", "labels", "wanted"),
    [
        ("hand", 3, LABELS, 1),
        ("anything", 1, {}, None),
        ("/m/01g317", 90, {}, 0),
        ("/m/01g317", 3, {1: "cat", 3: "person"}, 2),
        ("person", 3, {2: "/m/01g317"}, 1),
    ],
)
def test_which_class_has_the_keypoints(
    class_name: str, classes: int, labels: dict[int, str], wanted: int | None
) -> None:
    assert class_of(task(class_name), classes, labels) == wanted


@pytest.mark.parametrize(
    ("class_name", "classes", "labels"), [("hand", 90, {}), ("/m/01g317", 3, {}), ("/m/01g317", 90, {1: "cat"})]
)
def test_a_class_that_nothing_names_is_not_guessed(class_name: str, classes: int, labels: dict[int, str]) -> None:
    with pytest.raises(UnsupportedModelError, match="only in the label map"):
        class_of(task(class_name), classes, labels)


def test_other_rankings_are_refused() -> None:
    blueprint = small("mobilenet_v2_fpn", KEYPOINTS.replace("{ task", '{ candidate_ranking_mode: "gaussian" task', 1))
    with pytest.raises(UnsupportedModelError, match="chosen by gaussian"):
        ending_of(blueprint, LABELS)
