"""Faults of Keras files: for each a file that shows it, one that does not, and the sentence that is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding
from tests.support.keras_files import (
    Config,
    dense,
    functional,
    keras_h5,
    keras_zip,
    kernels,
    layer,
    sequential,
    start,
)

KERAS3 = Environment(python="3.11.7", packages={"keras": "3.15.1", "tensorflow": "2.21.0"})
OLDER3 = Environment(python="3.11.7", packages={"keras": "3.12.4"})
TF215 = Environment(python="3.11.7", packages={"keras": "2.15.0", "tensorflow": "2.15.0"})
TF21 = Environment(python="3.7.1", packages={"tensorflow": "2.1.0"})
ALONE = Environment(python="3.6.1", packages={"keras": "2.2.4"})
MIXED = Environment(python="3.9.1", packages={"keras": "2.13.1", "tensorflow": "2.10.0"})
NOTHING = Environment()

_CODE = (
    "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMIAAAAdAB8AIMBUwApAU4pAdoDYWJzKQHaAXipAHIDAAAA2gg8c3RyaW"
    "5nPtoIPGxhbWJkYT4BAAAA8wAAAAA="
)
OS_CODE = [_CODE, None, None]
"""`lambda x: abs(x)` of Python 3.8: code that is more than arithmetic."""


def h5(
    path: Path, config: Config, version: str = "2.4.0", training: Config | None = None, backend: str = "tensorflow"
) -> Path:
    weights = {"dense": kernels((3, 2), (2,))}
    return keras_h5(path / "model.h5", config, weights, version=version, training=training, backend=backend)


def optimizer(name: str = "Adam", **config: object) -> Config:
    return {
        "loss": "categorical_crossentropy",
        "loss_weights": None,
        "optimizer_config": {"class_name": name, "config": config},
    }


def op_model() -> Config:
    call = layer("TFOpLambda", "twice", function="math.multiply")
    nodes = [
        {**start(3), "name": "start", "inbound_nodes": []},
        {**call, "name": "twice", "inbound_nodes": [["start", 0, 0, {"y": 2.0, "name": None}]]},
    ]
    return functional(nodes, ["twice"])


def new_style(config: Config) -> Config:
    """A model as an archive states it: every object with its module."""
    made = {**config, "module": "keras", "registered_name": None}
    made["config"] = {**config["config"]}
    made["config"]["layers"] = [{**one, "module": "keras.layers"} for one in config["config"]["layers"]]
    return made


def archive(path: Path, config: Config, version: str, *names: str) -> Path:
    arrays = dict(zip(names, kernels((3, 2), (2,)), strict=False))
    return keras_zip(path / "model.keras", new_style(config), arrays, version)


VARS = ("layers/dense/vars/0", "layers/dense/vars/1")
BATCH = layer("InputLayer", "start", batch_shape=[None, 3], dtype="float32", sparse=False)
GLOROT = {"class_name": "GlorotUniform", "config": {"seed": None, "input_axes": None, "output_axes": None}}
FUNCTIONAL = functional([{**start(3, ragged=False), "name": "start", "inbound_nodes": []}], ["start"])

Case = tuple[Callable[[Path], Path], Environment, str]
OPERATION = {
    "class_name": "Relu",
    "config": {"name": "relu"},
    "name": "relu",
    "inbound_nodes": [
        {
            "args": [
                {
                    "class_name": "__keras_tensor__",
                    "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["start", 0, 0]},
                }
            ],
            "kwargs": {},
        }
    ],
}
SHOWN: dict[str, Case] = {
    "keras3-h5-operations": (
        lambda path: h5(
            path, functional([{**BATCH, "name": "start", "inbound_nodes": []}, OPERATION], ["relu"]), "3.15.1"
        ),
        KERAS3,
        "Keras 3.15.1 misses `module` of Relu relu",
    ),
    "keras2-h5-in-keras3-dwconv-groups": (
        lambda path: h5(path, sequential(start(4, 4, 3), layer("DepthwiseConv2D", "dw", groups=1, kernel_size=3))),
        KERAS3,
        "Keras 3.15.1 refuses `groups` of DepthwiseConv2D dw",
    ),
    "keras2-h5-in-keras3-sepconv-kwargs": (
        lambda path: h5(
            path, sequential(start(4, 4, 3), layer("SeparableConv2D", "sep", groups=1, kernel_regularizer=None))
        ),
        KERAS3,
        "Keras 3.15.1 refuses `groups` and `kernel_regularizer` of SeparableConv2D sep",
    ),
    "keras2-h5-in-keras3-layer-args": (
        lambda path: h5(
            path, sequential(start(4, 3), layer("GRU", "rnn", units=2, time_major=False, reset_after=True))
        ),
        KERAS3,
        "Keras 3.15.1 refuses `time_major` of GRU rnn",
    ),
    "keras2-h5-in-keras3-dtype-policy": (
        lambda path: h5(
            path, sequential(start(3), dense(dtype={"class_name": "Policy", "config": {"name": "float32"}}))
        ),
        KERAS3,
        "Keras 3.15.1 refuses `dtype` of Dense dense",
    ),
    "keras2-h5-in-keras3-compile-strings": (
        lambda path: h5(path, sequential(start(3), dense()), training={**optimizer(), "loss": "mse"}),
        KERAS3,
        "Keras 3.15.1 refuses `mse` of training_config: loss",
    ),
    "keras2-h5-in-keras3-optimizer-args": (
        lambda path: h5(path, sequential(start(3), dense()), training=optimizer(lr=0.1)),
        KERAS3,
        "Keras 3.15.1 refuses `lr` of optimizer Adam",
    ),
    "keras2-h5-in-keras3-tfoplambda": (
        lambda path: h5(path, op_model()),
        KERAS3,
        "Keras 3.15.1 refuses `function` of TFOpLambda twice",
    ),
    "keras2-h5-in-keras3-lambda-shape": (
        lambda path: h5(path, sequential(start(3), layer("Lambda", "own", function=OS_CODE, output_shape=None))),
        KERAS3,
        "Lambda own states no output_shape; Keras 3 may not find it by itself",
    ),
    "keras2-v3zip-in-keras3": (
        lambda path: archive(path, sequential(BATCH, dense(batch_input_shape=[None, 3])), "2.14.0", *VARS),
        KERAS3,
        "Keras 3.15.1 refuses `batch_input_shape` of Dense dense",
    ),
    "keras1-file-in-keras3": (
        lambda path: h5(path, sequential(start(3), layer("Dense", "dense", output_dim=2, bias=True)), "1.2.2"),
        KERAS3,
        "Keras 3.15.1 refuses `configuration` of Dense dense",
    ),
    "keras2-hard-sigmoid-in-keras3": (
        lambda path: h5(
            path, sequential(start(3), dense() | {"config": {**dense()["config"], "activation": "hard_sigmoid"}})
        ),
        KERAS3,
        "Keras 3.15.1 reads otherwise `activation` of Dense dense",
    ),
    "theano-kernels-in-keras3": (
        lambda path: h5(
            path, sequential(start(4, 4, 3), layer("Conv2D", "conv", filters=2, kernel_size=3)), backend="theano"
        ),
        KERAS3,
        "Keras 3.15.1 reads otherwise `kernel` of Conv2D conv",
    ),
    "keras3-file-in-older-keras3": (
        lambda path: archive(path, sequential(BATCH, dense(kernel_initializer=GLOROT)), "3.15.1", *VARS),
        OLDER3,
        "Keras 3.12.4 refuses `input_axes` and `output_axes` of Dense dense: kernel_initializer",
    ),
    "older-keras3-file-in-newer-keras3": (
        lambda path: archive(
            path, sequential(BATCH, layer("RandomRotation", "turn", factor=0.1, value_range=[0, 255])), "3.3.3"
        ),
        KERAS3,
        "Keras 3.15.1 refuses `value_range` of RandomRotation turn",
    ),
    "keras3-file-in-keras2-batch-shape": (
        lambda path: h5(path, sequential(BATCH, dense()), "3.8.0"),
        TF215,
        "Keras 2.15.0 refuses `batch_shape` of InputLayer start",
    ),
    "keras3-file-in-keras2-module-path": (
        lambda path: h5(path, {**FUNCTIONAL, "module": "keras.src.models.functional"}, "3.8.0"),
        TF215,
        "Keras 2.15.0 refuses `module` of Functional model",
    ),
    "keras2-weights-layout-in-keras3": (
        lambda path: archive(
            path, sequential(BATCH, dense()), "2.14.0", "_layer_checkpoint_dependencies\\dense/vars/0"
        ),
        KERAS3,
        "1 weights lie under paths that Keras 3.15.1 does not find, first _layer_checkpoint_dependencies\\dense/vars/0",
    ),
    "keras3-layer-state-missing": (
        lambda path: archive(path, sequential(BATCH, dense(), dense("second")), "3.15.1", *VARS),
        KERAS3,
        "the archive has no weights for Dense second: they were never saved, or lie under another path",
    ),
    "lambda-bytecode-python-mismatch": (
        lambda path: h5(path, sequential(start(3), layer("Lambda", "own", function=OS_CODE))),
        KERAS3,
        "Lambda own holds instructions of Python 3.8 to 3.10",
    ),
    "newer-keras2-h5-in-older-tf": (
        lambda path: h5(path, FUNCTIONAL),
        TF21,
        "tf.keras of TensorFlow 2.1.0 refuses `class_name` of Functional model",
    ),
    "tfkeras-h5-in-standalone-keras": (
        lambda path: h5(path, FUNCTIONAL),
        ALONE,
        "Keras 2.2.4 refuses `class_name` and `ragged` of Functional model and 1 more",
    ),
    "optimizer-newer-tf": (
        lambda path: h5(path, sequential(start(3), dense()), "2.11.0", optimizer("Custom>Adam", learning_rate=0.1)),
        TF21,
        'tf.keras of TensorFlow 2.1.0 has nothing for optimizer Custom>Adam: class_name "Custom>Adam"',
    ),
    "env-keras-newer-than-tf": (
        lambda path: h5(path, sequential(start(3), dense()), "2.10.0"),
        MIXED,
        "keras 2.13.1 stands beside TensorFlow 2.10.0, which needs keras 2.10",
    ),
    "custom-object-not-registered": (
        lambda path: h5(path, sequential(start(3), layer("Attention2", "att", heads=4), layer("MyPool", "pool"))),
        KERAS3,
        "the file needs 2 objects of its author's own: `Attention2`, `MyPool`",
    ),
    "custom-compile-object": (
        lambda path: h5(path, sequential(start(3), dense()), training={**optimizer(), "loss": "focal_loss_of_mine"}),
        KERAS3,
        "the training configuration alone needs loss `focal_loss_of_mine`; the model itself is whole",
    ),
    "lambda-safe-mode": (
        lambda path: h5(path, sequential(start(3), layer("Lambda", "own", function=OS_CODE))),
        KERAS3,
        'Keras 3.15.1 has nothing for Lambda own: function "89 bytes of Python 3.8 to 3.10"',
    ),
}


def found(path: Path, environment: Environment) -> dict[str, Finding]:
    return {finding.fault: finding for finding in reversed(check(path, environment).findings)}


@pytest.mark.parametrize("fault", SHOWN)
def test_a_file_that_shows_it(fault: str, tmp_path: Path) -> None:
    build, environment, fact = SHOWN[fault]
    findings = found(build(tmp_path), environment)
    assert fault in findings, list(findings)
    assert findings[fault].fact == fact
    assert findings[fault].evidence
    assert findings[fault].help


INNOCENT = sequential(start(3), dense())


@pytest.mark.parametrize("environment", [KERAS3, TF215, NOTHING], ids=["Keras 3", "Keras 2", "nothing"])
def test_a_file_that_shows_nothing(environment: Environment, tmp_path: Path) -> None:
    path = h5(tmp_path, INNOCENT, "2.4.0", optimizer(learning_rate=0.1, name="Adam"))
    assert check(path, environment).findings == ()


def test_an_archive_that_shows_nothing(tmp_path: Path) -> None:
    path = archive(
        tmp_path, sequential(BATCH, dense(kernel_initializer=GLOROT, quantization_config=None)), "3.15.1", *VARS
    )
    assert check(path, KERAS3).findings == ()


@pytest.mark.parametrize("fault", [name for name, (_, environment, _) in SHOWN.items() if environment is KERAS3])
def test_where_no_keras_is_known_nothing_is_more_than_info(fault: str, tmp_path: Path) -> None:
    own_code = {"custom-object-not-registered", "keras3-layer-state-missing"}
    versions = SHOWN.keys() - own_code
    findings = check(SHOWN[fault][0](tmp_path), NOTHING).findings
    assert {finding.severity for finding in findings if finding.fault in versions} <= {"info"}


def test_what_a_custom_layer_needs_is_told_with_its_arguments(tmp_path: Path) -> None:
    finding = found(SHOWN["custom-object-not-registered"][0](tmp_path), KERAS3)["custom-object-not-registered"]
    assert [evidence.found for evidence in finding.evidence] == ["Attention2(heads=4)", "MyPool()"]


def test_files_that_stock_keras_opens_have_no_finding(wild: Path) -> None:
    opened = [
        "keras-29-dense-h5/model-3.h5", "keras-29-dense-h5/model-4.h5", "keras-resnet-cifar-tiny/pretrainedResnet.h5",
        "keras-zip-310-cnn/best_model.keras", "keras-zip-310-mlp/best_mlp.keras",
        "keras-zip-313-multiinput/best_model.keras", "keras-zip-32-bank/best_model.keras",
        "keras-zip-33-34-digits/best_model_v2.keras", "keras-zip-333-potato/best_model.keras",
        "keras-zip-35-lstm/final_model.keras", "keras3-h5-pair-cifar/best_model.keras",
        "keras3-h5-pair-cifar/model_cifar10.h5",
    ]  # fmt: skip
    assert {
        name: [one.fault for one in check(wild / name, KERAS3).findings if one.severity != "info"] for name in opened
    } == {name: [] for name in opened}


ANCHORS: Config = {"img_height": 30, "img_width": 40, "this_scale": 0.2, "next_scale": 0.5, "aspect_ratios": [1.0]}


def test_a_layer_that_loadstone_has_is_told_with_the_repair_and_then_as_its_own(tmp_path: Path) -> None:
    anchors = layer("AnchorBoxes", "anchors", two_boxes_for_ar1=True, **ANCHORS)
    path = h5(tmp_path, sequential(start(4, 4, 2), anchors, layer("MyPool", "pool")), "2.1.1")
    one, other = sorted((f for f in check(path, KERAS3).findings if f.fault.startswith("custom")), key=lambda f: f.fact)
    assert other.fact == "the file needs `AnchorBoxes` of ssd_keras, which Loadstone computes as well"
    assert (one.repair, other.repair) == (None, "keras-dialect")
    assert "`MyPool`" in one.fact
    assert "AnchorBoxes" not in one.fact
    anchors["class_name"] = "loadstone>AnchorBoxes"
    (left,) = check(h5(tmp_path, sequential(start(4, 4, 2), anchors), "2.1.1"), KERAS3).findings
    assert left.severity == "info"
    assert "`import loadstone`" in left.fact
