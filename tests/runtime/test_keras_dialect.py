"""What may reach Keras from a file: plain values and stock layers, whatever the file says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.dialects import rewrite
from loadstone.errors import LoadstoneError, UnsupportedModelError
from loadstone.runtime.keras.keras_dialect import OPERATIONS, RUNS, cleaned

Config = dict[str, Any]


def through(config: Config) -> Config:
    """What the runtime makes of a file's configuration: Keras 3's words first, then the allow-list."""
    return cleaned(rewrite(config, container="archive").config)


def layer(class_name: str, config: Config | None = None, **more: Any) -> Config:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **(config or {})}, **more}


def sequential(*layers: Config) -> Config:
    start = layer("InputLayer", {"batch_input_shape": [None, 4, 4, 3]})
    return {"class_name": "Sequential", "config": {"name": "model", "layers": [start, *layers]}}


HOSTILE = {
    "lambda": layer("Lambda", {"function": ["4wEAAAA=", None, None]}),
    "marshalled": layer("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}),
    "foreign module": layer("Dense", {"units": 2}, module="os", registered_name="system"),
    "module that looks like Keras": layer("Dense", {"units": 2}, module="keras_evil.layers"),
    "saved model": layer("TFSMLayer", {"filepath": "/etc"}),
    "torch": layer("TorchModuleWrapper", {"module": "gASV"}),
    "vocabulary": layer("TextVectorization", {"vocabulary": "/etc/passwd"}),
    "lookup": layer("StringLookup", {"vocabulary": "/etc/passwd"}),
    "custom": layer("Custom>Thing"),
    "hidden in a wrapper": layer("TimeDistributed", {"layer": layer("Lambda")}),
    "hidden in a nested model": sequential(layer("Lambda")),
    "function as an activation": layer(
        "Activation", {"activation": {"class_name": "function", "config": "system", "module": "os"}}
    ),
    "object as a value": layer("Dense", {"units": {"class_name": "Popen", "config": {}, "module": "subprocess"}}),
    "object in a list": layer("Reshape", {"target_shape": [{"class_name": "__lambda__", "config": {}}]}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_could_run_code_or_open_a_file_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedModelError):
        through(sequential(HOSTILE[kind]))


def test_every_stranger_is_named_in_one_sentence() -> None:
    with pytest.raises(UnsupportedModelError) as refused:
        through(sequential(layer("Lambda"), layer("Package>AnchorBoxes"), layer("Dense"), layer("L2Norm")))
    assert refused.value.fact.endswith("`AnchorBoxes`, `L2Norm`, `Lambda`")


def test_what_only_trains_is_left_out_without_a_look() -> None:
    evil = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    keys = ("kernel_initializer", "bias_regularizer", "kernel_constraint", "activity_regularizer", "dtype")
    (_, made) = through(sequential(layer("Dense", {"units": 2, **dict.fromkeys(keys, evil)})))["config"]["layers"]
    assert made["config"] == {"name": "dense", "units": 2}


def test_training_configuration_is_never_part_of_it() -> None:
    config = {**sequential(layer("Flatten")), "compile_config": {"loss": "evil"}, "build_config": {}}
    assert "evil" not in json.dumps(through(config))


def test_dialects_of_keras_2_become_keras_3() -> None:
    made = through(
        sequential(
            layer("DepthwiseConv2D", {"kernel_size": [3, 3], "groups": 1}),
            layer("BatchNormalization", {"axis": [3], "epsilon": 0.001}),
            layer("RandomFlip", {"mode": "horizontal"}),
        )
    )["config"]["layers"]
    assert made[0]["config"]["batch_shape"] == [None, 4, 4, 3]
    assert made[1]["config"] == {"name": "depthwiseconv2d", "kernel_size": [3, 3]}
    assert made[2]["config"]["axis"] == 3
    assert made[3]["class_name"] == "Identity"


def test_a_key_that_would_change_the_result_is_kept_so_that_keras_refuses_it() -> None:
    made = through(sequential(layer("DepthwiseConv2D", {"groups": 2})))["config"]["layers"][1]
    assert made["config"]["groups"] == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["class_name", "config", "name", "layers", "layer", "module"]), inner)
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(RUNS)), json_values)
def test_any_configuration_ends_in_plain_values_or_a_refusal(class_name: str, value: Any) -> None:
    try:
        made = through(sequential(layer(class_name, {"value": value, "layer": value})))
    except LoadstoneError:
        return
    allowed = (
        {"Sequential", "Functional", "__keras_tensor__", "__numpy__", "__tuple__", "__slice__"} | RUNS | OPERATIONS
    )
    assert named(made) <= allowed


def named(value: Any) -> set[str]:
    """Every class name and module in a configuration."""
    if isinstance(value, list):
        return set().union(*map(named, value))
    if not isinstance(value, dict):
        return set()
    own = {value["class_name"]} if isinstance(value.get("class_name"), str) else set()
    return own.union(*map(named, value.values()))
