"""All stacks' heads are trained: they are outputs, and each loss is the mean over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.blueprint.reader import read_any  # noqa: E402
from loadstone.training.center_net.learner import CenterNetLearner  # noqa: E402
from loadstone.training.center_net.settings import CenterNetSettings  # noqa: E402
from loadstone.training.center_net.stacks import all_stacks  # noqa: E402
from loadstone.wire.textproto import parse  # noqa: E402
from tests.training.golden_truth import center_net  # noqa: E402


def test_an_hourglass_has_two(shared: Path) -> None:
    path = shared / "pipeline_configs" / "tf2_centernet_hourglass104_512x512_kpts_coco17_tpu-32.config"
    blueprint: Any = read_any(parse(path.read_bytes()))
    network, heads = all_stacks(blueprint.network)
    assert heads["box/scale"] == ("box/scale/0", "box/scale")
    assert set(heads) == set(blueprint.network.outputs)
    keys = [network.nodes[network.outputs[name]].variables[0].key for name in heads["object_center"]]
    assert [key.split("/")[3] for key in keys] == ["0", "1"]
    # Every head's variables are needed now; none is left beside the model.
    reached = {variable.key for at in network.reachable() for variable in network.nodes[at].variables}
    assert reached == set(blueprint.variables)


def test_others_have_one(shared: Path) -> None:
    blueprint = center_net(shared, "centernet_resnet50_v1_fpn_512")
    network, heads = all_stacks(blueprint.network)
    assert network.outputs == blueprint.network.outputs
    assert heads["object_center"] == ("object_center",)


def test_a_loss_is_the_mean_of_the_stacks() -> None:
    learner = CenterNetLearner.__new__(CenterNetLearner)
    learner.settings, learner._size = CenterNetSettings(), (4, 4)
    learner._heads = {head: (f"{head}/0", head) for head in ("object_center", "box/scale", "box/offset")}
    learner.loss_names = learner._named()
    random = np.random.default_rng(1)
    said = {
        name: random.standard_normal((2, 4, 4, 3 if "center" in name else 2)).astype(np.float32)
        for names in learner._heads.values()
        for name in names
    }
    batch = {
        "image": np.zeros((2, 16, 16, 3), np.float32),
        "inside": np.asarray([[4, 4], [2, 4]], np.int32),
        "heatmap": (random.uniform(0, 1, (2, 4, 4, 3)) > 0.8).astype(np.float32),
        "cells": np.asarray([[[1, 2], [0, 0]], [[0, 3], [1, 1]]], np.int32),
        "sizes": np.ones((2, 2, 2), np.float32),
        "offsets": np.zeros((2, 2, 2), np.float32),
        "weights": np.asarray([[1, 0], [0.5, 1]], np.float32),
    }
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}

    def losses(maps: dict[str, Any]) -> dict[str, float]:
        learner.model = lambda image, training: {key: keras.ops.convert_to_tensor(one) for key, one in maps.items()}
        found = learner.losses(tensors, training=False, seed=None)
        return {name: float(keras.ops.convert_to_numpy(loss)) for name, loss in found.items()}

    both = losses(said)
    first = losses({**said, **{head: said[f"{head}/0"] for head in learner._heads}})
    second = losses({**said, **{f"{head}/0": said[head] for head in learner._heads}})
    assert set(both) == {"Loss/object_center", "Loss/box/scale", "Loss/box/offset"}
    for name, value in both.items():
        assert first[name] != second[name]
        assert value == pytest.approx((first[name] + second[name]) / 2, rel=1e-5)
    # Two boxes weigh 1, one 0.5, and one does not count: all sums are divided by three.
    wanted = sum(
        weight * np.abs(said["box/offset"][number, row, column]).sum()
        for number, row, column, weight in ((0, 1, 2, 1), (1, 0, 3, 0.5), (1, 1, 1, 1))
    )
    assert second["Loss/box/offset"] == pytest.approx(wanted / 3, rel=1e-5)
