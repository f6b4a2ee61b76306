"""What one Keras wrote, in the words of another: each rule on the smallest model that shows it."""

from __future__ import annotations

import base64
import json
import marshal
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.dialects import LATEST, Rewritten, Target, rewrite
from loadstone.dialects.custom import missing_objects
from loadstone.dialects.ledger import Container
from loadstone.errors import FormatError
from tests.support.keras_files import Config, dense, functional, layer, sequential, start

OLDER3 = Target("keras3", (3, 12, 4), "Keras 3.12.4")
KERAS2 = Target("keras2", (2, 15, 0), "tf_keras 2.15.0")
TF21 = Target("keras2", (2, 2, 4), "tf.keras of TensorFlow 2.1.0", tensorflow=(2, 1, 0))


def rewritten(config: Config, source: str = "2.4.0", container: Container = "hdf5", **more: Any) -> Rewritten:
    return rewrite(config, source=source, container=container, **more)


def faults(found: Rewritten) -> list[str]:
    return list(dict.fromkeys(change.fault for change in found.changes))


def layers(found: Rewritten) -> list[Config]:
    made: list[Config] = found.config["config"]["layers"]
    return made


DROPPED = {
    "keras2-h5-in-keras3-dwconv-groups": layer("DepthwiseConv2D", groups=1, kernel_size=[3, 3]),
    "keras2-h5-in-keras3-sepconv-kwargs": layer("SeparableConv2D", groups=1, filters=2, kernel_size=3),
    "keras2-h5-in-keras3-layer-args": layer("LSTM", units=2, time_major=False),
}


@pytest.mark.parametrize("fault", DROPPED)
def test_a_key_that_holds_its_default_goes(fault: str) -> None:
    found = rewritten(sequential(start(4, 4, 3), DROPPED[fault]))
    assert faults(found) == [fault]
    assert found.changes[0].after is None
    assert not {"groups", "time_major"} & set(layers(found)[1]["config"])


@pytest.mark.parametrize(("key", "value"), [("groups", 2), ("groups", True)])
def test_a_key_that_says_something_stays_and_is_told(key: str, value: Any) -> None:
    found = rewritten(sequential(start(4, 4, 4), layer("DepthwiseConv2D", kernel_size=3, **{key: value})))
    assert found.changes == ()
    assert [(one.fault, one.key) for one in found.obstacles] == [("keras2-h5-in-keras3-dwconv-groups", key)]
    assert layers(found)[1]["config"][key] == value


def test_what_stock_keras_opens_is_left_alone() -> None:
    config = functional([{**start(3), "name": "start", "inbound_nodes": []}, dense_in("dense", "start")], ["dense"])
    found = rewritten(config)
    assert (found.changes, found.obstacles, found.config) == ((), (), config)


def dense_in(name: str, feed: str) -> Config:
    return {**dense(name), "name": name, "inbound_nodes": [[[feed, 0, 0, {}]]]}


def test_the_argument_is_not_changed() -> None:
    config = sequential(start(4, 4, 3), layer("DepthwiseConv2D", groups=1))
    before = json.dumps(config)
    rewritten(config)
    assert json.dumps(config) == before


def test_a_policy_becomes_its_name() -> None:
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    found = rewritten(sequential(start(3), dense(dtype=policy)))
    assert faults(found) == ["keras2-h5-in-keras3-dtype-policy"]
    assert layers(found)[1]["config"]["dtype"] == "mixed_float16"


def test_short_names_of_losses_become_full_ones_and_others_stay() -> None:
    training = {"loss": "mse", "metrics": ["mae", "accuracy"], "loss_weights": None, "optimizer_config": None}
    found = rewrite(sequential(start(3), dense()), training, source="2.4.0")
    assert faults(found) == ["keras2-h5-in-keras3-compile-strings"]
    assert found.training["loss"] == "mean_squared_error"
    assert found.training["metrics"] == ["mean_absolute_error", "accuracy"]


def test_an_optimizer_keeps_what_it_takes() -> None:
    optimizer = {"class_name": "Adam", "config": {"lr": 0.5, "beta_1": 0.9, "decay": 0.0}}
    found = rewrite(sequential(start(3), dense()), {"loss": None, "optimizer_config": optimizer}, source="2.2.4")
    assert faults(found) == ["keras2-h5-in-keras3-optimizer-args"]
    assert found.training["optimizer_config"]["config"] == {"learning_rate": 0.5, "beta_1": 0.9, "decay": 0.0}


def test_a_first_layer_that_states_the_shape_gets_an_input_layer() -> None:
    found = rewritten({"class_name": "Sequential", "config": [dense(batch_input_shape=[None, 5])]}, "2.1.6")
    assert [one["class_name"] for one in layers(found)] == ["InputLayer", "Dense"]
    assert layers(found)[0]["config"]["batch_input_shape"] == [None, 5]
    assert "batch_input_shape" not in layers(found)[1]["config"]


def test_a_gru_of_before_says_when_it_resets() -> None:
    found = rewritten(sequential(start(4, 3), layer("GRU", units=2)), "2.1.0")
    assert layers(found)[1]["config"]["reset_after"] is False


def test_a_cudnn_layer_becomes_the_one_without() -> None:
    found = rewritten(sequential(start(4, 3), layer("CuDNNLSTM", "fast", units=2)), "2.2.4")
    assert layers(found)[1]["class_name"] == "LSTM"
    assert layers(found)[1]["config"]["recurrent_activation"] == "sigmoid"
    assert [(rule.layer, rule.rule) for rule in found.weights] == [("fast", "cudnn-lstm")]


def test_hard_sigmoid_keeps_its_slope() -> None:
    config = sequential(start(4, 3), layer("LSTM", "rnn", units=2, recurrent_activation="hard_sigmoid"))
    found = rewritten(config)
    assert [(rule.layer, rule.rule) for rule in found.weights] == [("rnn", "hard-sigmoid-lstm")]
    assert all(change.silent for change in found.changes)
    assert rewritten(config, "3.5.0").weights == ()


def test_an_activation_layer_is_scaled_before_hard_sigmoid() -> None:
    nodes = [
        {**start(3), "name": "start", "inbound_nodes": []},
        layer("Activation", "squash", ["start"], activation="hard_sigmoid"),
    ]
    found = rewritten(functional(nodes, ["squash"]))
    assert [one["class_name"] for one in layers(found)] == ["InputLayer", "Rescaling", "Activation"]
    assert layers(found)[1]["inbound_nodes"] == [[["start", 0, 0, {}]]]
    assert layers(found)[2]["inbound_nodes"] == [[["squash_slope", 0, 0, {}]]]


def test_theano_kernels_are_to_be_turned() -> None:
    config = sequential(start(4, 4, 3), layer("Conv2D", "conv", filters=2, kernel_size=3))
    assert [rule.rule for rule in rewritten(config, "2.1.0", backend="theano").weights] == ["theano-kernel"]
    assert rewritten(config, "2.1.0", backend="tensorflow").weights == ()


def test_names_with_a_slash_and_names_used_twice() -> None:
    nodes = [{**start(3), "name": "start", "inbound_nodes": []}, dense_in("a/b", "start"), dense_in("c", "a/b")]
    found = rewritten(functional(nodes, ["c"]))
    assert [one["name"] for one in layers(found)] == ["start", "a_b", "c"]
    assert layers(found)[2]["inbound_nodes"] == [[["a_b", 0, 0, {}]]]
    twice = rewritten(sequential(start(3), layer("Activation", "act"), layer("Activation", "act")))
    assert [one["config"]["name"] for one in layers(twice)] == ["start", "act", "act_1"]


def test_keras_1_is_told_in_the_words_of_keras_2() -> None:
    config = {
        "class_name": "Sequential",
        "config": [
            layer(
                "Convolution2D", "conv", nb_filter=2, nb_row=3, nb_col=5, subsample=[1, 1], border_mode="valid",
                dim_ordering="tf", init="uniform", bias=True, activation="relu", batch_input_shape=[None, 9, 9, 3],
                W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5},
            ),
            layer("Dense", "dense", output_dim=4, input_dim=9, init="glorot_uniform", bias=True),
        ],
    }  # fmt: skip
    found = rewritten(config, "1.2.2")
    conv = layers(found)[1]
    assert conv["class_name"] == "Conv2D"
    assert conv["config"]["kernel_size"] == [3, 5]
    assert conv["config"]["kernel_initializer"] == "random_uniform"
    assert conv["config"]["kernel_regularizer"] == {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.5}}
    assert layers(found)[2]["config"]["units"] == 4
    assert set(faults(found)) == {"keras1-file-in-keras3"}
    assert found.obstacles == ()


GLOROT = {"class_name": "GlorotUniform", "config": {"seed": None, "input_axes": None, "output_axes": None}}


def test_newer_keras_3_loses_what_the_older_does_not_know() -> None:
    config = sequential(start(3), dense(kernel_initializer=GLOROT, quantization_config=None))
    found = rewritten(config, "3.15.1", "archive", target=OLDER3)
    assert faults(found) == ["keras3-file-in-older-keras3"]
    assert layers(found)[1]["config"]["kernel_initializer"]["config"] == {"seed": None}
    assert rewritten(config, "3.15.1", "archive", target=LATEST).changes == ()


def test_a_new_argument_that_is_used_is_not_dropped() -> None:
    config = sequential(start(3), layer("BatchNormalization", renorm=True))
    found = rewritten(config, "3.15.1", "archive", target=OLDER3)
    assert found.changes == ()
    assert [(one.key, one.needed) for one in found.obstacles] == [("renorm", "Keras 3.14 or newer")]


def test_keras_3_is_told_in_the_words_of_keras_2() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "keras_history": ["start", 0, 0]}}
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    first = layer("InputLayer", "start", batch_shape=[None, 3], dtype="float32", sparse=False, optional=False)
    second = layer("Dense", "dense", units=2, dtype=policy, quantization_config=None)
    config = functional(
        [
            {**first, "name": "start", "module": "keras.layers", "inbound_nodes": []},
            {**second, "name": "dense", "module": "keras.layers", "inbound_nodes": [{"args": [tensor], "kwargs": {}}]},
        ],
        ["dense"],
    )
    config |= {"module": "keras.src.models.functional", "registered_name": "Functional"}
    found = rewritten(config, "3.8.0", target=KERAS2)
    assert set(faults(found)) == {"keras3-file-in-keras2-batch-shape", "keras3-file-in-keras2-module-path"}
    assert layers(found)[0]["config"]["batch_input_shape"] == [None, 3]
    assert layers(found)[1]["inbound_nodes"] == [[["start", 0, 0, {}]]]
    assert layers(found)[1]["config"]["dtype"] == "float32"
    assert "module" not in json.dumps(found.config)


def test_functional_was_called_model_before_tensorflow_2_3() -> None:
    config = functional([{**start(3, ragged=False), "name": "start", "inbound_nodes": []}], ["start"])
    found = rewritten(config, "2.4.0", target=TF21)
    assert found.config["class_name"] == "Model"
    assert faults(found) == ["newer-keras2-h5-in-older-tf"]


def call(function: str, name: str, feed: str, **keywords: Any) -> Config:
    made = layer("TFOpLambda", name, function=function)
    return {**made, "name": name, "inbound_nodes": [[feed, 0, 0, {**keywords, "name": None}]]}


def test_tensorflow_functions_become_operations() -> None:
    nodes = [
        {**start(8), "name": "start", "inbound_nodes": []},
        call("math.multiply", "double", "start", y=2.0),
        call("math.reduce_mean", "mean", "double", axis=[1], keepdims=True),
    ]
    found = rewritten(functional(nodes, ["mean"]))
    assert [one["class_name"] for one in layers(found)] == ["InputLayer", "Multiply", "Mean"]
    assert layers(found)[1]["inbound_nodes"][0]["args"][1] == 2.0
    assert layers(found)[2]["config"] == {"axis": [1], "keepdims": True, "name": "mean"}


@pytest.mark.parametrize("function", ["signal.fft", "evil.system", "math.multiply"])
def test_functions_and_arguments_that_are_not_known_are_told(function: str) -> None:
    nodes = [{**start(8), "name": "start", "inbound_nodes": []}, call(function, "op", "start", strange=1)]
    found = rewritten(functional(nodes, ["op"]))
    assert [one.fault for one in found.obstacles] == ["keras2-h5-in-keras3-tfoplambda"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["class_name", "config", "name", "layers", "layer", "module", "inbound_nodes", "function", "dtype",
                 "input_layers", "output_layers", "activation", "kernel_initializer", "batch_input_shape"]
            ),
            inner,
        )
    ),
    max_leaves=16,
)  # fmt: skip
CLASSES = ("LSTM", "Bidirectional", "Lambda", "TFOpLambda", "SlicingOpLambda", "Merge", "Activation", "Convolution2D",
           "Functional", "Sequential", "CuDNNGRU", "Dense")  # fmt: skip


@given(st.sampled_from(CLASSES), json_values, st.sampled_from(["1.2.0", "2.4.0", "3.15.1", ""]), st.booleans())
def test_no_configuration_breaks_the_rules(class_name: str, value: Any, source: str, back: bool) -> None:
    inner = {"class_name": class_name, "config": value, "inbound_nodes": value, "name": "x"}
    config = {"class_name": "Functional", "config": {"layers": [inner, value], "input_layers": value, "name": "m"}}
    target = KERAS2 if back else OLDER3
    try:
        found = rewrite(config, {"loss": value, "optimizer_config": value}, target=target, source=source)
    except FormatError:
        return
    json.dumps(found.config)
    missing_objects(config)


def power(name: str, *calls: str) -> Config:
    """A Lambda that squares, as this Python marshals it, with its calls."""
    code = base64.b64encode(marshal.dumps((lambda x: x**2).__code__)).decode()
    made = layer("Lambda", name, function=[code, None, None], function_type="lambda")
    return {**made, "name": name, "inbound_nodes": [[[feed, 0, 0, {}]] for feed in calls]}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the instructions of this Python are not read")
@pytest.mark.parametrize("calls", [(), ("start",), ("start", "start")])
def test_a_lambda_becomes_operations_where_it_is_called_once(calls: tuple[str, ...]) -> None:
    nodes = [{**start(3), "name": "start", "inbound_nodes": []}, power("square", *calls), dense_in("dense", "start")]
    found = rewritten(functional(nodes, ["dense"]))
    once = len(calls) == 1
    assert [one["class_name"] for one in layers(found)] == ["InputLayer", "Power" if once else "Lambda", "Dense"]
    assert [one.fault for one in found.obstacles] == ([] if once else ["lambda-safe-mode"])


@pytest.mark.parametrize(
    ("function", "keywords", "config"),
    [
        ("split", {"num_or_size_splits": [2, 3, 3], "axis": 1}, {"indices_or_sections": [2, 5], "axis": 1}),
        ("split", {"num_or_size_splits": [2, -1], "axis": 1}, {"indices_or_sections": [2], "axis": 1}),
        ("split", {"num_or_size_splits": [-1, 2], "axis": 1}, None),
        ("split", {"num_or_size_splits": [2, -1, 2], "axis": 1}, None),
        ("split", {"num_or_size_splits": 4, "axis": 1}, {"indices_or_sections": 4, "axis": 1}),
        ("math.argmax", {"axis": 1}, {"axis": 1}),
        ("math.argmax", {}, None),
        ("keras.backend.argmax", {}, None),
        ("keras.backend.expand_dims", {}, None),
    ],
)
def test_settings_that_mean_another_thing_in_keras_3(function: str, keywords: Config, config: Config | None) -> None:
    nodes = [{**start(8), "name": "start", "inbound_nodes": []}, call(function, "op", "start", **keywords)]
    found = rewritten(functional(nodes, ["op"]))
    if config is None:
        assert [one.fault for one in found.obstacles] == ["keras2-h5-in-keras3-tfoplambda"]
    else:
        assert layers(found)[1]["config"] == {**config, "name": "op"}


ANCHORS: dict[str, Any] = {
    "img_height": 30,
    "img_width": 40,
    "this_scale": 0.2,
    "next_scale": 0.5,
    "aspect_ratios": [1.0],
    "two_boxes_for_ar1": True,
    "limit_boxes": False,
}


def test_a_known_layer_of_another_package_is_named_as_ours() -> None:
    found = rewritten(sequential(start(4, 4, 2), layer("AnchorBoxes", **ANCHORS)), "2.1.1")
    assert layers(found)[1]["class_name"] == "loadstone>AnchorBoxes"
    assert "custom-object-not-registered" in faults(found)
    assert [one.ours for one in missing_objects(found.config)] == [True]
    (one,) = missing_objects(sequential(layer("AnchorBoxes", **ANCHORS)))
    assert one.brought
    assert one.package == "ssd_keras"


def test_in_an_archive_a_known_layer_says_its_module() -> None:
    config = sequential(start(4, 4, 2), layer("L2Normalization", gamma_init=20))
    made = layers(rewritten(config, "2.15.0", "archive"))[1]
    assert (made["class_name"], made["registered_name"]) == ("L2Normalization", "loadstone>L2Normalization")
    assert made["module"] == "loadstone.detectors.known_layers"


@pytest.mark.parametrize("more", [{"img_size": 3}, {"own": 1}])
def test_another_class_of_the_same_name_is_left_alone(more: dict[str, Any]) -> None:
    config = sequential(start(4, 4, 2), layer("AnchorBoxes", **{**ANCHORS, **more}))
    assert layers(rewritten(config, "2.1.1"))[1]["class_name"] == "AnchorBoxes"
    (one,) = missing_objects(config)
    assert not one.brought


@pytest.mark.parametrize(("mode", "left"), [("dot", {}), ("concat", {"score_mode": "concat"})])
def test_attention_of_hdf5_loses_the_word_that_keras_3_takes_for_a_function(mode: str, left: dict[str, str]) -> None:
    config = sequential(start(4, 3), layer("Attention", score_mode=mode))
    kept = layers(rewritten(config, "3.15.1"))[1]["config"]
    assert {key: kept[key] for key in kept if key == "score_mode"} == left
    in_archive = layers(rewritten(config, "3.15.1", "archive"))[1]["config"]
    assert in_archive["score_mode"] == mode
