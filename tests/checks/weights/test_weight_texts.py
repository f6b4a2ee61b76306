"""Messages about weights that do not fit: the arithmetic done, whatever the names and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.checks.explain import explain
from loadstone.checks.views.class_arithmetic import classes_of
from loadstone.checks.views.shape_errors import shape_errors, untransposed

ASSIGN = (
    "InvalidArgumentError: Assign requires shapes of both tensors to match. lhs shape= [{model}] rhs shape= [{file}]\n"
    '\t [[Node: save/Assign_5 = Assign[T=DT_FLOAT, _class=["loc:@{name}"], '
    "use_locking=true]({name}, save/RestoreV2_5)]]"
)
BY_NAME = (
    "ValueError: Layer #{n} (named \"{layer}\"), weight <tf.Variable '{layer}/kernel:0' shape={model}"
    " dtype=float32> has "
    "shape {model}, but the saved weight has shape {file}."
)
IN_ORDER = (
    "ValueError: Shape mismatch in layer #{n} (named {layer}) for weight {layer}/kernel:0. Weight exp"
    "ects shape {model}. "
    "Received saved weight with shape {file}"
)


def first(text: str) -> tuple[str, str]:
    findings = explain(text, files=False).findings
    return (findings[0].fault, findings[0].fact) if findings else ("", "")


@settings(max_examples=50)
@given(st.integers(1, 200), st.integers(1, 200))
def test_second_stage_box_heads_have_four_values_a_class(model: int, file: int) -> None:
    name = "SecondStageBoxPredictor/BoxEncodingPredictor/weights"
    fault, fact = first(ASSIGN.format(model=f"1024,{4 * model}", file=f"1024,{4 * file}", name=name))
    if model != file:
        assert fault == "ckpt-numclasses-mismatch"
        assert f"the checkpoint has {file:,} classes, the model {model:,}" in fact


@settings(max_examples=50)
@given(st.integers(1, 120), st.integers(1, 120))
def test_yolo_heads(model: int, file: int) -> None:
    shapes = (1, 1, 1024, 3 * (model + 5)), (1, 1, 1024, 3 * (file + 5))
    fault, fact = first(BY_NAME.format(n=240, layer="conv2d_59", model=shapes[0], file=shapes[1]))
    if model != file:
        assert fault == "h5-numclasses-mismatch"
        assert f"the file has {file} classes, the model {model}" in fact


@pytest.mark.parametrize(
    ("name", "model", "file", "classes"),
    [
        ("mrcnn_bbox_fc", (1024, 88), (1024, 324), (21, 80)),
        ("mrcnn_class_logits", (1024, 3), (1024, 81), (2, 80)),
        ("ssd_300_vgg/block11_box/conv_cls/weights", (3, 3, 256, 24), (3, 3, 256, 84), (5, 20)),
        ("BoxPredictor_0/ClassPredictor/biases", (9,), (273,), (2, 90)),
        ("BoxPredictor_1/ClassPredictor/biases", (18,), (546,), (2, 90)),
        ("WeightSharedConvolutionalBoxPredictor/ClassPredictor/weights", (3, 3, 64, 12), (3, 3, 64, 546), (1, 90)),
        ("class_net/class_net/class-predict/pointwise_kernel", (1, 1, 64, 72), (1, 1, 64, 9), (8, 1)),
        ("predictions/kernel", (2048, 5), (2048, 1000), (5, 1000)),
        ("SecondStageBoxPredictor/ClassPredictor/weights", (1024, 3), (1024, 91), (2, 90)),
    ],
)
def test_heads(name: str, model: tuple[int, ...], file: tuple[int, ...], classes: tuple[int, int]) -> None:
    found = classes_of(name, model, file)
    assert found is not None
    assert (found.model, found.file) == classes


def test_a_text_about_benign_things_is_read_as_any_other() -> None:
    name = "SecondStageBoxPredictor/BoxEncodingPredictor/weights"
    text = ASSIGN.format(model="1024,12", file="1024,8", name=name)
    assert first(f"training on data/benign_or_malignant\n{text}") == first(text)


def test_inner_layers_are_no_heads() -> None:
    assert classes_of("FeatureExtractor/MobilenetV2/Conv/weights", (3, 3, 3, 16), (3, 3, 3, 32)) is None
    assert classes_of("block3/conv1/weights", (1, 1, 256, 32), (1, 1, 512, 32)) is None


def test_the_transposition_of_keras_is_undone() -> None:
    assert untransposed((4, 4, 128, 256), (2048, 256, 4, 4)) == (4, 4, 256, 2048)
    assert untransposed((3, 3, 512, 512), (512, 1024, 3, 3)) == (3, 3, 1024, 512)
    assert untransposed((1024, 88), (1024, 324)) == (1024, 324)


@settings(max_examples=50)
@given(st.integers(2, 400), st.integers(2, 4000), st.integers(2, 4000))
def test_a_named_inner_layer_is_another_architecture(number: int, inputs: int, outputs: int) -> None:
    model, stored = (3, 3, 7, outputs), (outputs, inputs, 3, 3)
    if inputs == 7:
        return
    fault, fact = first(BY_NAME.format(n=number, layer="rpn_conv1", model=model, file=stored))
    assert fault == "h5-arch-mismatch"
    assert f"(3, 3, {inputs}, {outputs})" in fact


@pytest.mark.parametrize("message", [BY_NAME, IN_ORDER])
@pytest.mark.parametrize("layer", ["conv2d_1", "conv2d_transpose_4", "conv2d"])
def test_a_counted_layer_is_a_collision(message: str, layer: str) -> None:
    text = message.format(n=3, layer=layer, model=(3, 3, 32, 32), file=(32, 3, 3, 3))
    assert first(text)[0] == "byname-autoname-collision"


MESSAGES = [
    (
        "You are trying to load a weight file containing 31 layers into a model with 29 layers.",
        "h5-layer-count-mismatch",
    ),
    (
        "Layer count mismatch when loading weights from file. Model expected 49 layers, found 18 saved layers.",
        "h5-layer-count-mismatch",
    ),
    (
        "You are trying to load a weight file containing 12 layers into a model with 0 layers.",
        "h5-sequential-missing-input-shape",
    ),
    (
        (
            "Weight count mismatch for layer #2 (named conv_5 in the current model, conv_5 in the"
            " save file). Layer expects 1 "
            "weight(s). Received 2 saved weight(s)"
        ),
        "h5-weight-count-mismatch",
    ),
    (
        'Layer #7 (named "bn3") expects 4 weight(s), but the saved weights have 3 element(s).',
        "h5-weight-count-mismatch",
    ),
    (
        (
            'Layer #3 (named "gru_3" in the '
            "current model) was found to correspond to layer embedding_3 in the save file. "
            "However the new layer gru_3 expects 3 weights, but the saved weights have 1 elements."
        ),
        "h5-layer-order-mismatch",
    ),
    (
        (
            "ValueError: Dimension 0 in both shapes must be equal, but are 1 and 255. Shapes are [1,1,1024,18] and "
            "[255,1024,1,1]. for 'Assign_360' (op: 'Assign') with input shapes: [1,1,1024,18], [255,1024,1,1]."
        ),
        "h5-numclasses-mismatch",
    ),
    (
        "ValueError: Tensor's shape (1, 1, 256, 546) is not compatible with supplied shape [1, 1, 256, 18]",
        "ckpt-numclasses-mismatch",
    ),
    (
        (
            "ValueError: ssd_mobilenet_v1_ppn is not supported for tf version 2. See `model_build"
            "er.py` for features "
            "extractors compatible with different versions of Tensorflow"
        ),
        "tf1-config-on-tf2-odapi",
    ),
    (
        (
            'text_format.ParseError: 87:3 : Message type "object_detection.protos.TrainEvalPipeli'
            'neConfig" has no field '
            'named "num_steps".'
        ),
        "config-unbalanced-brace",
    ),
    ("ValueError: Tensor conv1/kernel is not found in b'/x/model.ckpt' checkpoint file", "ckpt-arch-mismatch"),
    (
        "WARNING:root:Variable [a/weights/Momentum] is not available in checkpoint",
        "benign-optimizer-state",
    ),
    ("Key Model/b1/ExponentialMovingAverage not found in checkpoint", "ckpt-missing-ema"),
    ("Key a/b/act_quant/min not found in checkpoint", "ckpt-missing-quant-vars"),
    ("Key FeatureExtractor/x/weights not found in checkpoint", "ckpt-arch-mismatch"),
    ('Tensor name "A_1/weights" not found in checkpoint files C:\\x\\model.ckpt-9', "ckpt-arch-mismatch"),
    ("OSError: Checkpoint is expected to be an object-based checkpoint.", "tf1-ckpt-in-tf2-odapi"),
    (
        (
            "ValueError: ssd_inception_v3 is not supported. See `model_builder.py` for features e"
            "xtractors compatible with "
            "different versions of Tensorflow"
        ),
        "tf1-config-on-tf2-odapi",
    ),
    ("ValueError: Unknown ssd feature_extractor: ssd_resnet50_v1_fpn_keras", "tf2-config-on-tf1-odapi"),
    ("AttributeError: module 'tensorflow' has no attribute 'contrib'", "tf1-code-on-tf2"),
    ("AttributeError: module 'tensorflow' has no attribute 'placeholder'", "tf1-code-on-tf2"),
    ("ModuleNotFoundError: No module named 'tensorflow.contrib'", "tf1-code-on-tf2"),
    (
        (
            "WARNING:root:Variable [SecondStageBoxPredictor/ClassPredictor/biases] is available i"
            "n checkpoint, but has an "
            "incompatible shape with model variable. Checkpoint shape: [[91]], model variable sha"
            "pe: [[6]]. This variable "
            "will not be initialized from the checkpoint."
        ),
        "benign-head-reinit",
    ),
    (
        (
            "W0101 util.py:161] Unresolved object in checkpoint: (root).optimizer's state 'm' for (ro"
            "ot).model.a.b.kernel"
        ),
        "benign-optimizer-state",
    ),
    (
        (
            "Received incompatible tensor with shape (1, 1, 256, 546) when attempting to restore "
            "variable with shape (1, 1, "
            "256, 12) and name BoxPredictor/ConvolutionalClassHead_1/ClassPredictor/kernel:0."
        ),
        "ckpt-numclasses-mismatch",
    ),
]


@pytest.mark.parametrize(("text", "fault"), MESSAGES)
def test_messages(text: str, fault: str) -> None:
    assert first(text)[0] == fault


@pytest.mark.parametrize(
    "text",
    [
        "Epoch 1/10: loss 0.3, shape (1024, 88)",
        "the model has 31 layers",
        "Checkpoint saved to /x/model.ckpt-9",
        "module 'numpy' has no attribute 'contrib'",
    ],
)
def test_innocent_lines_say_nothing(text: str) -> None:
    assert explain(text, files=False).findings == ()
    assert list(shape_errors(text)) == []
