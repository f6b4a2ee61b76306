"""A TF1 Faster or Mask R-CNN's frozen graph alone, rebuilt: it finds what the graph does, however that clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.export.tensorflow_graph import FLOAT, UINT8
from loadstone.graphs.graph import Input, parse_graph_def
from loadstone.graphs.write import const_node, graph_bytes, make_node, with_inputs
from loadstone.runtime.raw import RawDetections
from tests.blueprint.test_frozen_faster_rcnn import ATROUS, MASKED, OLD, ONE_MASK, PLAN, planned
from tests.detectors.goldens import picture
from tests.support.frozen_two_stages import frozen_two_stages
from tests.support.graphs import meta_graph, saved_model, signature, tensor_info

openvino = pytest.importorskip("openvino")

from loadstone.runtime import open_detector  # noqa: E402 - needs the optional engine

PLANS = {
    "inception_v2, clipped after": replace(PLAN, suppression=replace(PLAN.suppression, score_threshold=0.05)),
    "inception_v2, clipped before, padded": replace(
        PLAN,
        resizer=replace(PLAN.resizer, pad=True),
        suppression=replace(PLAN.suppression, score_threshold=0.05, clip_first=True),
    ),
    "resnet50, atrous": replace(ATROUS, suppression=replace(ATROUS.suppression, score_threshold=0.05)),
    "resnet50, atrous, clipped to its padding": replace(
        OLD, suppression=replace(OLD.suppression, score_threshold=0.05)
    ),
    "inception_v2, masks": replace(MASKED, suppression=replace(MASKED.suppression, score_threshold=0.05)),
    "resnet50, atrous, padded, one mask for all classes": replace(
        ONE_MASK, suppression=replace(ONE_MASK.suppression, score_threshold=0.05)
    ),
}
SIZES = ((240, 320), (300, 200))
OUTPUTS = ("detection_boxes", "detection_scores", "detection_classes", "detection_masks")


def _values(shapes: dict[str, tuple[int, ...]]) -> dict[str, npt.NDArray[np.float32]]:
    """Return weights that neither die out nor grow from layer to layer."""
    random = np.random.default_rng(20261127)
    found = {}
    for name, shape in shapes.items():
        kind = name.rpartition("/")[2]
        if kind.endswith("weights"):
            spread = np.sqrt(2 / np.prod(shape[:-1] if kind != "depthwise_weights" else shape[:2]))
            # A ResNet's pixels are not scaled: what they grow to would put every score at 0 or 1.
            array = random.normal(0, spread / (64 if name.endswith("_50/conv1/weights") else 1), shape)
        elif kind in ("gamma", "moving_variance"):
            # The last norm of a residual unit is small, so that fifty units stay as large as one.
            array = np.full(shape, 0.2 if "/conv3/" in name and kind == "gamma" else 1.0)
        else:
            array = random.uniform(-0.2, 0.2, shape)
        found[name] = array.astype(np.float32)
    return found


def _written(name: str, folder: Path) -> Path:
    blueprint = planned(PLANS[name])
    values = _values({key: one.shape for key, one in blueprint.variables.items()})
    path = folder / "frozen_inference_graph.pb"
    path.write_bytes(graph_bytes(frozen_two_stages(blueprint, values, clip_first=blueprint.suppression.clip_first)))
    return path


def _saved(name: str, folder: Path) -> Path:
    """Write the graph as the original's exporter does beside it: one signature, the weights within the graph."""
    graph = _written(name, folder).read_bytes()
    outputs = OUTPUTS if PLANS[name].masks else OUTPUTS[:3]
    told = signature(
        {"inputs": tensor_info("image_tensor:0", -1, -1, -1, 3, dtype=UINT8)},
        {output: tensor_info(f"{output}:0") for output in outputs},
    )
    path = folder / "saved_model"
    (path / "variables").mkdir(parents=True)
    meta = meta_graph(graph, "serve", signature_def={"serving_default": told})
    (path / "saved_model.pb").write_bytes(saved_model(meta))
    return path


def _same(ours: RawDetections, arrays: list[npt.NDArray[Any]], height: int, width: int) -> None:
    """Most boxes pair with one of the graph's that has the same class and all but the same score.

    A sample that rounding puts just beyond the map's last row is nothing in TensorFlow, so single crops may differ.
    """
    boxes, scores, classes, *masks = (array[0] for array in arrays)
    assert (ours.masks is not None) == bool(masks)
    theirs = boxes[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
    assert len(scores) > 10
    left, apart = set(range(len(scores))), []
    for row, (box, score, kind) in enumerate(zip(ours.boxes, ours.scores, ours.class_ids, strict=True)):
        near = [n for n in left if classes[n] == kind and abs(scores[n] - score) < 1e-3]
        near = [n for n in near if np.abs(theirs[n] - box).max() < 0.5]
        left -= set(near[:1])
        if masks and near and ours.masks is not None:
            apart.append(np.abs(ours.masks[row] - masks[0][near[0]]).max())
    assert sum(each > 1e-3 for each in apart) <= len(scores) // 10
    assert len(left) <= len(scores) // 10
    assert abs(len(ours) - len(scores)) <= len(scores) // 10


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_a_graph_alone_is_rebuilt_and_equals_itself(name: str, shared: Path, tmp_path: Path) -> None:
    path = _written(name, tmp_path)
    detector = open_detector(str(path))
    assert "rebuilt natively from its graph" in detector.notes[0]
    compiled = openvino.Core().compile_model(openvino.convert_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    places = {each.split(":")[0]: n for n, output in enumerate(compiled.outputs) for each in output.get_names()}
    for height, width in SIZES:
        pixels = picture(shared, height, width).astype(np.uint8)
        # The first inference after compiling a graph with crops is wrong in OpenVINO 2026.4.
        compiled([pixels[None]])
        outputs = compiled([pixels[None]])
        ours = detector.run([pixels])[0]
        assert isinstance(ours, RawDetections)
        _same(ours, [np.asarray(outputs[places[each]]) for each in OUTPUTS if each in places], height, width)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", PLANS)
def test_a_rebuilt_graph_equals_tensorflow(name: str, shared: Path, tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow").compat.v1
    path = _written(name, tmp_path)
    detector = open_detector(str(path))
    definition = tensorflow.GraphDef()
    definition.ParseFromString(path.read_bytes())
    with tensorflow.Graph().as_default() as built, tensorflow.Session(graph=built) as session:
        tensorflow.import_graph_def(definition, name="")
        names = {node.name for node in definition.node}
        for height, width in SIZES:
            pixels = picture(shared, height, width).astype(np.uint8)
            wanted = [f"{output}:0" for output in OUTPUTS if output in names]
            arrays = session.run(wanted, {"image_tensor:0": pixels[None]})
            ours = detector.run([pixels])[0]
            assert isinstance(ours, RawDetections)
            _same(ours, arrays, height, width)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["inception_v2, clipped after", "inception_v2, masks"])
def test_a_saved_model_of_tensorflow_1_equals_tensorflow(name: str, shared: Path, tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow").compat.v1
    path = _saved(name, tmp_path)
    detector = open_detector(str(path))
    assert "rebuilt natively from its graph" in detector.notes[0]
    pixels = picture(shared, *SIZES[0]).astype(np.uint8)
    with tensorflow.Graph().as_default() as built, tensorflow.Session(graph=built) as session:
        meta = tensorflow.saved_model.load(session, ["serve"], str(path))
        outputs = meta.signature_def["serving_default"].outputs
        wanted = [outputs[output].name for output in OUTPUTS if output in outputs]
        arrays = session.run(wanted, {"image_tensor:0": pixels[None]})
    ours = detector.run([pixels])[0]
    assert isinstance(ours, RawDetections)
    _same(ours, arrays, *SIZES[0])


@pytest.mark.slow
def test_a_graph_that_differs_runs_as_it_is(shared: Path, tmp_path: Path) -> None:
    """Another scaling of pixels than is known: the graph is run, and a note says why."""
    blueprint = planned(PLANS["inception_v2, clipped after"])
    values = {key: np.full(one.shape, 0.01, np.float32) for key, one in blueprint.variables.items()}
    graph = frozen_two_stages(blueprint, values)
    changed = const_node("Preprocessor/sub/y", np.array(0.5, np.float32))
    path = tmp_path / "graph.pb"
    path.write_bytes(graph_bytes(graph.replaced({changed.name: changed})))
    detector = open_detector(str(path))
    assert detector.notes[0].startswith("run as the graph it is, not rebuilt: the pixels are not scaled")
    detector.run([picture(shared, 240, 320).astype(np.uint8)])


@pytest.mark.slow
def test_a_mask_r_cnn_that_differs_runs_as_it_is_with_its_masks(shared: Path, tmp_path: Path) -> None:
    """Another convolution between: what the graph finds is found, masks as well."""
    path = _written("inception_v2, masks", tmp_path)
    wanted = open_detector(str(path)).run([picture(shared, 240, 320).astype(np.uint8)])[0]
    graph = parse_graph_def(path.read_bytes())
    resizing = graph["SecondStageBoxPredictor_1/ResizeBilinear"]
    between = make_node(
        "SecondStageBoxPredictor_1/between", "Relu", [resizing.inputs[0]], attributes={"T": {"type": FLOAT}}
    )
    moved = with_inputs(resizing, [Input(between.name), *resizing.inputs[1:]])
    path.write_bytes(graph_bytes(graph.replaced({between.name: between, moved.name: moved})))
    detector = open_detector(str(path))
    assert detector.notes[0].startswith("run as the graph it is, not rebuilt: the graph has 3 × relu")
    pixels = picture(shared, 240, 320).astype(np.uint8)
    found = detector.run([pixels])[0]
    assert isinstance(found, RawDetections)
    assert isinstance(wanted, RawDetections)
    assert found.masks is not None
    boxes = found.boxes[:, [1, 0, 3, 2]] / np.array([240, 320, 240, 320], np.float32)
    _same(wanted, [one[None] for one in (boxes, found.scores, found.class_ids, found.masks)], 240, 320)
