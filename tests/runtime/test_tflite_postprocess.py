"""The detection operator of TensorFlow Lite, against TensorFlow Lite itself and on its own."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.errors import FormatError
from loadstone.formats.tflite_schema import parse
from loadstone.runtime.conversions.tflite_cut import cut
from loadstone.runtime.conversions.tflite_postprocess import PostProcessOptions, decode, post_process
from loadstone.wire.flexbuffer import parse as parse_options
from tests.fuzz.target_tflite_cut import detector

DETECTORS = {
    "coco": "tflite-coco-ssd-mnv1-meta/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite",
    "fpnlite": "tflite-ssd-fpnlite-plasrov/detect.tflite",
    "pets": "tflite-ssd-pets-gmikels/detect.tflite",
}
OPTIONS = PostProcessOptions(
    max_detections=3,
    max_classes_per_detection=1,
    num_classes=2,
    y_scale=10,
    x_scale=10,
    h_scale=5,
    w_scale=5,
    nms_score_threshold=0.3,
    nms_iou_threshold=0.5,
)
ANCHORS = np.array([[0.5, 0.5, 0.2, 0.2], [0.5, 0.5, 0.2, 0.22], [0.2, 0.2, 0.1, 0.1]], np.float32)


def of(wild: Path, name: str) -> PostProcessOptions:
    found = cut((wild / DETECTORS[name]).read_bytes()).post_process
    assert found is not None
    options = parse_options(found.options)
    assert isinstance(options, dict)
    return PostProcessOptions.from_options(options)


def test_an_encoding_of_zero_is_the_anchor_itself() -> None:
    boxes = decode(np.zeros((3, 4), np.float32), ANCHORS, OPTIONS)
    assert boxes[0] == pytest.approx([0.4, 0.4, 0.6, 0.6])


def test_the_best_class_of_an_anchor_counts_and_an_overlapping_one_goes() -> None:
    scores = np.array([[0, 0.2, 0.9], [0, 0.8, 0.1], [0, 0.4, 0.3]], np.float32)
    found = post_process(np.zeros((3, 4), np.float32), scores, ANCHORS, OPTIONS)
    assert found.class_ids.tolist() == [1, 0]
    assert found.scores == pytest.approx([0.9, 0.4])


def test_regular_suppression_looks_at_each_class_by_itself() -> None:
    options = PostProcessOptions(**{**OPTIONS.as_json(), "use_regular_nms": True})
    scores = np.array([[0, 0.2, 0.9], [0, 0.8, 0.1], [0, 0.4, 0.3]], np.float32)
    found = post_process(np.zeros((3, 4), np.float32), scores, ANCHORS, options)
    assert found.class_ids.tolist() == [1, 0, 0]
    assert found.scores == pytest.approx([0.9, 0.8, 0.4])


def test_nothing_above_the_threshold_gives_nothing() -> None:
    for regular in (False, True):
        options = PostProcessOptions(**{**OPTIONS.as_json(), "use_regular_nms": regular})
        found = post_process(np.zeros((3, 4), np.float32), np.zeros((3, 3), np.float32), ANCHORS, options)
        assert found.boxes.shape == (0, 4)


@pytest.mark.parametrize(("name", "value"), [("num_classes", 0), ("max_detections", 1 << 31), ("y_scale", 0.0)])
def test_an_option_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(FormatError, match=name):
        PostProcessOptions.from_options({**OPTIONS.as_json(), name: value})


def test_a_missing_option_is_named() -> None:
    options = OPTIONS.as_json()
    del options["h_scale"]
    with pytest.raises(FormatError, match="h_scale"):
        PostProcessOptions.from_options(options)


@pytest.mark.parametrize("name", DETECTORS)
def test_the_cut_keeps_everything_but_the_operator(wild: Path, name: str) -> None:
    content = (wild / DETECTORS[name]).read_bytes()
    before, after = parse(content), parse(cut(content).data)
    assert before.subgraphs[0].operators[:-1] == after.subgraphs[0].operators
    assert after.subgraphs[0].outputs == before.subgraphs[0].operators[-1].inputs[:2]
    assert before.buffers == after.buffers
    assert before.subgraphs[0].tensors == after.subgraphs[0].tensors


def test_a_bias_gets_its_own_channel_axis(wild: Path) -> None:
    found = parse(cut((wild / "tflite-person-detect-tflm" / "person_detect.tflite").read_bytes()).data)
    axes = {
        tensor.quantization.axis
        for tensor in found.subgraphs[0].tensors
        if tensor.quantization is not None and len(tensor.quantization.scale) > 1 and len(tensor.shape) == 1
    }
    assert axes == {0}


def interpreter(content: bytes) -> Any:
    """TensorFlow Lite with every tensor kept, so that the operator's inputs can be seen."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tensorflow = pytest.importorskip("tensorflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = tensorflow.lite.Interpreter(model_content=content, experimental_preserve_all_tensors=True)
    made.allocate_tensors()
    return made


def real(made: Any, index: int) -> npt.NDArray[np.float32]:
    """A tensor's values, dequantised as the kernel does it."""
    details = next(tensor for tensor in made.get_tensor_details() if tensor["index"] == index)
    values: npt.NDArray[Any] = made.get_tensor(index)
    scale, zero = details["quantization"]
    first: npt.NDArray[np.float32] = values[0].astype(np.float32)
    return first if values.dtype == np.float32 else (first - np.float32(zero)) * np.float32(scale)


@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "regular"), [(name, False) for name in DETECTORS] + [("fpnlite", True)])
def test_the_operator_gives_what_tensorflow_lite_gives(wild: Path, name: str, regular: bool) -> None:
    from PIL import Image

    content = (wild / DETECTORS[name]).read_bytes()
    options = of(wild, name)
    if regular:
        content, options = with_regular(content, options)
    made = interpreter(content)
    wanted = made.get_input_details()[0]
    _, height, width, _ = wanted["shape"]
    found = cut(content).post_process
    assert found is not None
    operator = parse(content).subgraphs[0].operators[-1]
    for picture in ("image1.jpg", "image2.jpg"):
        pixels = np.asarray(Image.open(wild.parent / "images" / picture).convert("RGB").resize((width, height)))
        scaled = pixels if wanted["dtype"] == np.uint8 else (pixels.astype(np.float32) - 127.5) / 127.5
        made.set_tensor(wanted["index"], scaled[None])
        made.invoke()
        boxes, class_ids, scores, count = (made.get_tensor(index)[0] for index in operator.outputs)
        ours = post_process(real(made, operator.inputs[0]), real(made, operator.inputs[1]), found.anchors, options)
        assert len(ours.scores) == int(count)
        np.testing.assert_allclose(ours.scores, scores[: int(count)], atol=1e-6)
        np.testing.assert_allclose(ours.boxes, boxes[: int(count)], atol=1e-5)
        assert ours.class_ids.tolist() == class_ids[: int(count)].astype(int).tolist()


def with_regular(content: bytes, options: PostProcessOptions) -> tuple[bytes, PostProcessOptions]:
    """Switch regular suppression on in the file."""
    raw = cut(content).post_process
    assert raw is not None
    assert content.count(raw.options) == 1
    start = content.find(raw.options)
    for at in range(start + len(raw.options) - 40, start + len(raw.options)):
        changed = content[:at] + b"\1" + content[at + 1 :]
        try:
            found = parse_options(changed[start : start + len(raw.options)])
        except FormatError:
            continue
        if found == {**_known(parse_options(raw.options)), "use_regular_nms": 1}:
            return changed, PostProcessOptions(**{**options.as_json(), "use_regular_nms": True})
    raise AssertionError("the option's byte was not found")


def _known(options: Any) -> dict[str, Any]:
    assert isinstance(options, dict)
    return options


def test_a_made_detector_is_cut_and_mended() -> None:
    made = detector()
    found = cut(made)
    assert found.post_process is not None
    assert found.post_process.anchors.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    graph = parse(found.data).subgraphs[0]
    assert graph.operators == ()
    assert graph.outputs == (0, 1)
    bias = graph.tensors[-1].quantization
    assert bias is not None
    assert bias.axis == 0
