"""Models of other frameworks: what runs each, as one line of Python, for the help of whoever says what it is.

What it is: words. What it is not: a way to run them here; `not_a_model` tells the formats apart.
"""

from __future__ import annotations

from collections.abc import Mapping

ENGINES: Mapping[str, str] = {
    "onnx": "onnxruntime runs it: pip install onnxruntime; onnxruntime.InferenceSession({path!r})",
    "openvino-ir": "OpenVINO runs it: pip install openvino; openvino.Core().compile_model({path!r})",
    "openvino-weights": "OpenVINO runs it: pip install openvino; openvino.Core().compile_model({network!r})",
    "torch": "PyTorch reads it, and should be kept from running its code: torch.load({path!r}, weights_only=True)",
    "caffe": "OpenCV 4 runs it: pip install 'opencv-python<5'; cv2.dnn.readNetFromCaffe(PROTOTXT, CAFFEMODEL)",
    "darknet-weights": "OpenCV 4 runs it: pip install 'opencv-python<5'; cv2.dnn.readNetFromDarknet(CFG, {path!r})",
    "coreml": "coremltools runs it, on macOS: coremltools.models.MLModel({path!r})",
    "gguf": "llama.cpp runs it",
    "tensorrt": "TensorRT runs it, on the kind of GPU and the release that it was built for",
    "ncnn": "ncnn runs it",
    "mnn": "MNN runs it",
}
"""Format → who runs it, and how."""


def engine_help(name: str, path: str) -> str:
    """Return who runs a model of this format, and how; an empty text where nothing is known of it."""
    return ENGINES.get(name, "").format(path=path, network=f"{path.removesuffix('.bin')}.xml")
