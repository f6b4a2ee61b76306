"""TensorFlow itself serves the exported SavedModels and frozen graphs, and gives what the rebuilt detectors give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import loadstone as ls
from tests.export import narrow
from tests.export.conftest import Detectors
from tests.export.held import LARGEST, holds
from tests.export.test_export import DETECTORS
from tests.export.two_stages import NAMES, Run, compared, outputs_told_apart

pytest.importorskip("openvino")
tensorflow = pytest.importorskip("tensorflow")

from loadstone.export.tensorflow_graph import RESULTS  # noqa: E402 - needs the optional engine
from loadstone.export.tensorflow_network import BUILDERS  # noqa: E402
from loadstone.runtime.openvino.openvino_network import BUILDERS as OPERATIONS  # noqa: E402

pytestmark = pytest.mark.tensorflow


def served(path: Path) -> Run:
    """Load a SavedModel as its users do; the signature must say what the object says."""
    model = tensorflow.saved_model.load(str(path))
    signature = model.signatures["serving_default"]

    def run(picture: npt.NDArray[np.uint8]) -> Mapping[str, Any]:
        called = {name: value.numpy() for name, value in model(picture[None]).items()}
        named = signature(input_tensor=tensorflow.constant(picture[None]))
        assert called.keys() == named.keys()
        for name, value in named.items():
            np.testing.assert_array_equal(called[name], value.numpy())
        return called

    return run


def frozen(path: Path) -> Run:
    """Run a frozen graph as TensorFlow 1's users do, fed at `image_tensor`."""
    graph = tensorflow.compat.v1.GraphDef()
    graph.ParseFromString(path.read_bytes())
    names = [node.name for node in graph.node if node.name.startswith(("detection_", "num_", "raw_"))]

    def imported() -> None:
        tensorflow.compat.v1.import_graph_def(graph, name="")

    whole = tensorflow.compat.v1.wrap_function(imported, [])
    pruned = whole.prune("image_tensor:0", {name: f"{name}:0" for name in names})
    return lambda picture: {name: value.numpy() for name, value in pruned(tensorflow.constant(picture[None])).items()}


LOADERS = {"saved-model": served, "frozen-graph": frozen}
CASES = [
    pytest.param(name, target, marks=() if name in ("fpnlite", "keypoints") else pytest.mark.slow)
    for name in DETECTORS
    for target in LOADERS
]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_tensorflow_gives_the_same(name: str, target: str, tmp_path: Path) -> None:
    model = ls.load(narrow.checkpoint(tmp_path / "model", DETECTORS[name]))
    done = model.export(target, tmp_path / "out" / "made")
    holds(done)
    assert all(one.largest <= LARGEST for one in done.differences)
    run = LOADERS[target](done.path)
    for number in range(2):
        found = compared(model, run, number)
        assert found.agree, found
        assert found.paired + found.at_the_cut // 2 == found.theirs >= 20


@pytest.mark.slow
@pytest.mark.parametrize("target", LOADERS)
@pytest.mark.parametrize("name", NAMES)
def test_tensorflow_gives_the_same_of_two_stages(name: str, target: str, two_stages: Detectors, tmp_path: Path) -> None:
    model = two_stages(name)
    wanted = outputs_told_apart(model)
    done = model.export(target, tmp_path / "out" / "made")
    holds(done, least=1, outputs=wanted)
    run = LOADERS[target](done.path)
    for number in range(2):
        found = compared(model, run, number)
        assert found.agree, found
        assert found.paired + found.at_the_cut // 2 == found.theirs > 2
        assert {one.output for one in found.differences} >= wanted


def test_every_operation_of_a_network_is_written() -> None:
    assert BUILDERS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", RESULTS)
def test_results_bear_the_names_of_tensorflow_s_definitions(operation: str) -> None:
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(operation)
    assert tuple(result.name for result in definition.output_arg)[: len(RESULTS[operation])] == RESULTS[operation]
