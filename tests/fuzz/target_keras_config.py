"""Fuzz target: Keras configurations, in JSON and in YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.keras.keras_facts import config_facts, parse_config
from loadstone.formats.keras.keras_yaml import is_yaml, yaml_facts


def fuzz(data: bytes) -> None:
    try:
        if is_yaml(data[:4096]):
            yaml_facts(data)
        config, _ = parse_config(data, "config.json")
        config_facts(config, config.get("training") if isinstance(config, dict) else None)
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_input_shape": [None, 4], "dtype": "f"}}
    conv = {
        "class_name": "Conv2D",
        "config": {"filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same"},
    }
    wrapped = {"class_name": "TimeDistributed", "config": {"layer": dense}}
    yield json.dumps({"class_name": "Sequential", "config": [dense, conv, wrapped]}).encode()
    nodes = [
        {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, 8, 8, 3]}, "inbound_nodes": []},
        {**conv, "name": "c", "inbound_nodes": [[["x", 0, 0, {}]]]},
        {"class_name": "Add", "name": "a", "config": {}, "inbound_nodes": [[["c", 0, 0], ["x", 0, 0]]]},
        {**dense, "inbound_nodes": [{"args": [{"config": {"keras_history": ["a", 0, 0]}}], "kwargs": {}}]},
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["d", 0, 0]]}
    training = {"loss": {"d": "mse"}, "metrics": ["acc"], "optimizer_config": {"class_name": "Adam", "config": {}}}
    yield json.dumps({"class_name": "Model", "config": {"layers": nodes, **ends}, "training": training}).encode()
    yield b"class_name: Model\nconfig:\n  layers:\n  - class_name: Dense\n    config: {name: d}\nkeras_version: 2.1.0\n"
