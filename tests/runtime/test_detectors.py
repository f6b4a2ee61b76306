"""Real detectors, opened by a user's own door, on real photographs; TensorFlow is the oracle where it can be."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.errors import NotAModelError, UnsupportedModelError
from loadstone.runtime import open_detector
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert import convert_model
from loadstone.runtime.detector import Detector
from loadstone.runtime.raw import RawDetections

Picture = npt.NDArray[np.uint8]

COCO = "tflite-coco-ssd-mnv1-meta/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite"
TRAFFIC = "tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb"
PERSON_CAT_DOG = "tf1-ssd-person-cat-dog/mobilenet_ssd_256res_0.125_person_cat_dog.pb"


def picture(shared: Path, name: str, side: int = 0) -> Picture:
    from PIL import Image

    opened = Image.open(shared / "images" / name).convert("RGB")
    return np.asarray(opened.resize((side, side)) if side else opened)


def found(detector: Detector, pixels: Picture) -> RawDetections:
    raw = detector.run([pixels])[0]
    assert isinstance(raw, RawDetections)
    return raw


def names(detector: Detector, raw: RawDetections, above: float) -> list[str]:
    return [detector.labels[int(one)] for one, score in zip(raw.class_ids, raw.scores, strict=True) if score > above]


def test_a_tflite_detector_finds_the_dogs(shared: Path, wild: Path) -> None:
    detector = open_detector(str(wild / COCO))
    raw = found(detector, picture(shared, "image1.jpg"))
    assert names(detector, raw, 0.6) == ["dog", "dog"]
    left, right = sorted(raw.boxes[:2].tolist())
    assert left == pytest.approx([5, 0, 331, 554], abs=12)
    assert right == pytest.approx([330, 47, 995, 613], abs=12)


def test_a_tflite_detector_finds_people_and_kites(shared: Path, wild: Path) -> None:
    detector = open_detector(str(wild / COCO))
    assert set(names(detector, found(detector, picture(shared, "image2.jpg")), 0.5)) == {"person", "kite"}


def test_labels_beside_a_tflite_detector_count_from_its_own_first_class(shared: Path, wild: Path) -> None:
    detector = open_detector(str(wild / "tflite-ssd-pets-gmikels" / "detect.tflite"))
    assert names(detector, found(detector, picture(shared, "image1.jpg")), 0.6) == ["beagle", "beagle"]


FACES = {
    "tf1-facemask-aizoo/face_mask_detection.pb": "no mask",
    "tflite-facemask-aizoo/face_mask_detection.tflite": "no mask",
    "tflite-ultralight-rfb320/version-RFB-320_without_postprocessing.tflite": "face",
    "tf1-opencv-face-uint8/opencv_face_detector_uint8.pb": "face",
}


@pytest.mark.parametrize("path", FACES)
def test_raw_outputs_of_a_known_family_become_a_face(shared: Path, wild: Path, path: str) -> None:
    detector = open_detector(str(wild / path))
    raw = found(detector, picture(shared, "grace_hopper.bmp"))
    assert names(detector, raw, 0.5) == [FACES[path]]
    assert raw.boxes[0] == pytest.approx([180, 140, 355, 338], abs=20)
    assert "anchors" in detector.notes[0]


def test_the_frozen_graph_the_savedmodel_and_the_metagraph_of_one_training_agree(shared: Path, wild: Path) -> None:
    export = wild / "tf1ckpt-ssdmnv1-trafficsign"
    pixels = picture(shared, "image1.jpg")
    frozen = found(open_detector(str(wild / TRAFFIC)), pixels)
    assert len(frozen) == 100
    for other in ("saved_model", "model.ckpt.meta"):
        assert_same(found(open_detector(str(export / other)), pixels), frozen)


def assert_same(ours: RawDetections, theirs: RawDetections, above: float = 0.0) -> None:
    """Scores within 1e-3, boxes within one pixel, classes equal, for what scores more than `above`."""
    rows = theirs.scores > above
    np.testing.assert_allclose(ours.scores[: len(rows)][rows], theirs.scores[rows], atol=1e-3)
    np.testing.assert_allclose(ours.boxes[: len(rows)][rows], theirs.boxes[rows], atol=1)
    assert ours.class_ids[: len(rows)][rows].tolist() == theirs.class_ids[rows].tolist()


def tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("tensorflow")


def run_frozen(path: Path, pixels: Picture) -> RawDetections:
    """What TensorFlow itself gives."""
    v1 = tensorflow().compat.v1
    graph_def = v1.GraphDef.FromString(path.read_bytes())
    with v1.Graph().as_default() as graph:
        v1.import_graph_def(graph_def, name="")
        with v1.Session(graph=graph) as session:
            outputs = ("detection_boxes:0", "detection_scores:0", "detection_classes:0")
            boxes, scores, classes = session.run(outputs, {"image_tensor:0": pixels[None]})
    return as_raw(boxes[0], scores[0], classes[0], pixels)


def as_raw(boxes: Any, scores: Any, classes: Any, pixels: Picture) -> RawDetections:
    height, width = pixels.shape[:2]
    scaled = boxes[:, [1, 0, 3, 2]] * [width, height, width, height]
    return RawDetections(scaled.astype(np.float32), scores, classes.astype(np.int64))


@pytest.mark.tensorflow
@pytest.mark.parametrize(("path", "side"), [(TRAFFIC, 0), (PERSON_CAT_DOG, 256)])
@pytest.mark.parametrize("image", ["image1.jpg", "image2.jpg"])
def test_a_frozen_graph_gives_what_tensorflow_gives(shared: Path, wild: Path, path: str, side: int, image: str) -> None:
    pixels = picture(shared, image, side)
    theirs = run_frozen(wild / path, pixels)
    assert_same(found(open_detector(str(wild / path)), pixels), theirs)


REFUSED = {
    "tflite-invalid-coral/model_invoking_error.tflite": "OpenVINO cannot read the graph",
    "keras-toycar-tflite/ad01_int8.tflite": "is not a picture",
    "keras-ssd7-wang/ssd7.h5": "`AnchorBoxes`",  # its Lambdas are arithmetic, and become stock layers
    "keras-zip-36-customlayers/best_model.keras": "`DefuzzLayer`, `FuzzyLayer`, `NormLayer`, `RuleLayer`",
    "keras-zip-313-multiinput/best_model.keras": "does not take one picture",
    "keras-zip-32-bank/best_model.keras": "does not take one picture",
    "lfs-tfhub-embeddings": "not complete",
    "tfjs-tm-13/model.json": "TensorFlow.js",
    "savedmodel-tfserving-tf1-cpu": "`ParseExample`",
    "tf1ckpt-lenet-tarasovp/lenet.meta": "`SoftmaxCrossEntropyWithLogits`",
    "tf1ckpt-mtcnn-pnet/PNet-18.meta": "`FIFOQueue`",
    "tf1-mediapipe-graphdefs/tf_graph_def.pb": "not complete",
    "tf1-opencv-face-uint8/opencv_face_detector.pbtxt": "nodes that are not in it",
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_cannot_run_is_refused_in_one_sentence(wild: Path, path: str) -> None:
    with pytest.raises(UnsupportedModelError) as refused:
        finish(convert_model(str(wild / path)), "CPU")
    assert REFUSED[path] in refused.value.fact
    assert "\n" not in refused.value.fact


def test_a_refusal_comes_whole_out_of_the_preparing_process(wild: Path) -> None:
    with pytest.raises(UnsupportedModelError) as refused:
        open_detector(str(wild / "tf1-opencv-face-uint8" / "opencv_face_detector.pbtxt"))
    assert "nodes that are not in it" in refused.value.fact
    assert ".pb file" in refused.value.help


def test_what_is_no_model_is_named(wild: Path) -> None:
    with pytest.raises(NotAModelError, match="html"):
        convert_model(str(wild / "broken-html-facedet-pb" / "opencv_face_detector_uint8.pb"))


def test_the_second_opening_does_not_convert_again(wild: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path / "home"))
    model = tmp_path / "model.tflite"
    shutil.copyfile(wild / COCO, model)
    open_detector(str(model))
    monkeypatch.setattr("loadstone.runtime.prepare.prepare", None)
    open_detector(str(model))
    copy = tmp_path / "elsewhere" / "model.tflite"
    copy.parent.mkdir()
    shutil.copyfile(model, copy)
    open_detector(str(copy))


def test_a_damaged_plan_is_made_anew(wild: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path))
    model = str(wild / "keras-vww-mobilenet" / "vww_96_float.tflite")
    open_detector(model)
    (network,) = tmp_path.glob("plans/*/network.blob")
    whole = network.read_bytes()
    network.write_bytes(whole[:-1])
    open_detector(model)
    assert network.stat().st_size == len(whole)


def test_labels_of_the_caller_replace_those_found(wild: Path) -> None:
    detector = open_detector(str(wild / COCO), labels={17: "hound"})
    assert detector.labels == {17: "hound"}
