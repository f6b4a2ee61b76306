"""What a CenterNet's maps are to show equals the original's targets; rules on their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

keras = pytest.importorskip("keras")

from loadstone.facts.dataset import Sample  # noqa: E402
from loadstone.formats.detection.config import architecture  # noqa: E402
from loadstone.training.center_net.losses import around, disk  # noqa: E402
from loadstone.training.center_net.settings import CenterNetSettings, read_settings  # noqa: E402
from loadstone.training.center_net.targets import (  # noqa: E402
    Centers,
    Joints,
    center_targets,
    deviations,
    draw_peak,
    joint_targets,
)
from loadstone.training.pictures import Prepared, prepare  # noqa: E402
from tests.detectors import goldens  # noqa: E402
from tests.training.golden_gradients import sample_of  # noqa: E402
from tests.training.golden_truth import arrays, center_net, config, facts  # noqa: E402

POINTS = "centernet_mobilenetv2_fpn_kpts"
NAMES = (POINTS, "centernet_resnet50_v1_fpn_512")
SIZE = (128, 128)
STEPS = [(variant, flip) for variant in ("base", "weights", "empty", "bn_train") for flip in (False, True)]
CASES = [case for case in STEPS if not case[1] or case[0] == "bn_train"]


@cache
def settings(shared: Path, name: str) -> CenterNetSettings:
    message = architecture(config(shared, name))
    assert message is not None
    return read_settings(message)


@cache
def ours(shared: Path, name: str, variant: str, flip: bool) -> tuple[Prepared, Centers]:
    plan = center_net(shared, name)
    sample: Sample = sample_of(shared, name, variant, flip=flip, points=name == POINTS)
    prepared = prepare(sample, plan.resizer, plan.normalisation, plan.num_classes)
    found = center_targets(
        prepared.boxes * np.float32(128),
        prepared.classes,
        prepared.weights,
        size=SIZE,
        num_classes=plan.num_classes,
        least_overlap=settings(shared, name).least_overlap,
    )
    return prepared, found


@cache
def joints(shared: Path, variant: str, flip: bool) -> Joints:
    prepared, found = ours(shared, POINTS, variant, flip)
    assert prepared.keypoints is not None
    (task,) = settings(shared, POINTS).joints
    spread = found.deviations[:, None] * np.asarray(task.deviations, np.float32)
    points, boxes = prepared.keypoints * np.float32(128), prepared.boxes * np.float32(128)
    return joint_targets(points, boxes, prepared.weights, spread, size=SIZE)


def recorded(shared: Path, name: str, variant: str, target: str) -> npt.NDArray[Any]:
    return arrays(shared, name)[f"{variant}/targets/{target}"]


def same_map(shared: Path, name: str, variant: str, target: str, heatmap: npt.NDArray[np.float32]) -> None:
    """Compare a batch's map at the recorded places: drawn ones, all high ones, and all peaks."""
    full = f"{variant}/targets/{target}"
    at = goldens.recipe(shared).sample_indices(full, heatmap.size)
    np.testing.assert_allclose(heatmap.reshape(-1)[at], recorded(shared, name, variant, target), rtol=1e-5, atol=1e-30)
    high = recorded(shared, name, variant, f"{target}/gt_0.05_index")
    np.testing.assert_allclose(
        heatmap[tuple(high.T)], recorded(shared, name, variant, f"{target}/gt_0.05_value"), rtol=2e-6
    )
    ones = np.argwhere(heatmap == 1).tolist()
    assert ones == sorted(recorded(shared, name, variant, f"{target}/ones_index").tolist())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", ["base", "weights", "empty", "bn_train"])
def test_centres_equal_the_original(name: str, variant: str, shared: Path) -> None:
    flips = [flip for case, flip in CASES if case == variant]
    found = [ours(shared, name, variant, flip) for flip in flips]
    heatmap = np.stack([centers.heatmap for _, centers in found])
    same_map(shared, name, variant, "object_center/assign_center_targets_from_boxes/heatmap", heatmap)
    place = "detection_task/assign_size_and_offset_targets"
    if f"{variant}/targets/{place}/indices" not in arrays(shared, name):
        assert sum(len(centers.cells) for _, centers in found) == 0
        return
    cells = [[number, *cell] for number, (_, centers) in enumerate(found) for cell in centers.cells.tolist()]
    assert cells == recorded(shared, name, variant, f"{place}/indices").tolist()
    for field, target in (("sizes", "height_width"), ("offsets", "offsets")):
        values = np.concatenate([getattr(centers, field) for _, centers in found])
        assert values.tolist() == recorded(shared, name, variant, f"{place}/{target}").tolist()
    weights = np.concatenate([prepared.weights for prepared, _ in found])
    assert weights.tolist() == recorded(shared, name, variant, f"{place}/weights").tolist()


@pytest.mark.parametrize("variant", ["base", "weights", "empty", "bn_train"])
def test_joints_equal_the_original(variant: str, shared: Path) -> None:
    found = [joints(shared, variant, flip) for case, flip in CASES if case == variant]
    place = "human_pose/assign_keypoint_heatmap_targets"
    same_map(shared, POINTS, variant, f"{place}/heatmap", np.stack([one.heatmap for one in found]))
    counted = [one.counted.tolist() for one in found]
    assert counted == recorded(shared, POINTS, variant, f"{place}/num_instances_per_type").tolist()
    mask = np.stack([one.mask for one in found])
    at = goldens.recipe(shared).sample_indices(f"{variant}/targets/{place}/valid_mask", mask.size)
    assert mask.reshape(-1)[at].tolist() == recorded(shared, POINTS, variant, f"{place}/valid_mask").tolist()
    tensors = facts(shared, POINTS)["tensors"]
    if (whole := tensors.get(f"{variant}/targets/{place}/valid_mask")) is not None:
        assert mask.sum() == whole["sum"]


@pytest.mark.parametrize("variant", ["base", "weights", "bn_train"])
def test_ways_to_joints_equal_the_original(variant: str, shared: Path) -> None:
    found = [joints(shared, variant, flip) for case, flip in CASES if case == variant]
    centers = [ours(shared, POINTS, variant, flip)[1] for case, flip in CASES if case == variant]
    points = np.stack([one.joints for one in found])
    weights = np.stack([one.weights for one in found])[..., None]
    near = around(keras.ops.convert_to_tensor(points), 3, SIZE)
    grid, real = (keras.ops.convert_to_numpy(part) for part in (near.grid, near.real))
    sampled(shared, variant, "assign_keypoints_offset_targets/weights", weights * real)
    sampled(shared, variant, "assign_keypoints_offset_targets/offsets", points[..., None, :] - grid, weights * real)
    cells = np.stack([one.cells for one in centers]).astype(np.float32)
    near = around(keras.ops.convert_to_tensor(cells), 3, SIZE)
    grid, real = (keras.ops.convert_to_numpy(part) for part in (near.grid, near.real))
    # The original lists all cells around a centre joint by joint; ours are joints cell by cell.
    ways = points[..., None, :] - grid[:, :, None]
    counts = weights * real[:, :, None]
    sampled(shared, variant, "assign_joint_regression_targets/weights", counts)
    sampled(shared, variant, "assign_joint_regression_targets/regression", ways, counts)


def sampled(shared: Path, variant: str, target: str, values: npt.NDArray[Any], weights: Any = None) -> None:
    """Compare at the recorded places, as far as they count: what has no weight may hold anything."""
    full = f"{variant}/targets/human_pose/{target}"
    at = goldens.recipe(shared).sample_indices(full, values.size)
    counts = np.ones(values.size, bool)
    if weights is not None:
        counts = np.repeat(np.reshape(weights, -1) > 0, 2)
    kept = arrays(shared, POINTS)[full]
    # A joint of a sample is in float32 before it is scaled: half a unit in the last place of a coordinate below 128.
    np.testing.assert_allclose(values.reshape(-1)[at][counts[at]], kept[counts[at]], rtol=0, atol=8e-6)


def test_a_box_weighs_its_peak() -> None:
    heatmap = np.zeros((5, 5), np.float32)
    draw_peak(heatmap, np.asarray([2, 1], np.int32), 1.0, 0.5)
    draw_peak(heatmap, np.asarray([2, 3], np.int32), 0.1, 1.0)
    assert heatmap[2, 1] == 0.5
    assert heatmap[2, 3] == 1
    assert heatmap[3, 1] == pytest.approx(0.5 * np.exp(-0.5))


def test_a_tiny_box_still_has_a_peak() -> None:
    boxes = np.asarray([[0, 0, 0.2, 0.2], [0, 0, 30, 30]], np.float32)
    found = deviations(boxes, 0.7)
    assert found[0] == pytest.approx(1 / 6)
    assert found[1] > 1


def test_a_disk_of_radius_3_has_29_cells_in_the_order_of_rows() -> None:
    steps = disk(3)
    assert len(steps) == 29
    assert steps[0].tolist() == [-3, 0]
    assert disk(0).tolist() == [[0, 0]]


def test_cells_beyond_the_map_are_not_real() -> None:
    found = around(keras.ops.convert_to_tensor(np.asarray([[[0.5, 3.5]]], np.float32)), 1, (4, 4))
    assert keras.ops.convert_to_numpy(found.real).reshape(-1).tolist() == [0, 1, 1, 0, 1]
    assert keras.ops.convert_to_numpy(found.cells).reshape(-1)[2] == 3
