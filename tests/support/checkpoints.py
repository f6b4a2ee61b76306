"""Checkpoints of small detectors, written as TensorFlow writes them, and named ways to change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.reader import read_any
from loadstone.blueprint.recovered.recover import variables_of
from loadstone.blueprint.weights import KEY_SUFFIX
from loadstone.formats.checkpoint.bundle_writer import write_bundle, write_state
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH
from loadstone.wire.textproto import parse

Array = npt.NDArray[Any]

SSD = """model {{ ssd {{
  num_classes: {classes}
  image_resizer {{ fixed_shape_resizer {{ height: 300 width: 300 }} }}
  feature_extractor {{
    type: "{kind}"
    depth_multiplier: 0.25
    min_depth: 16
    conv_hyperparams {{ activation: RELU_6 batch_norm {{ epsilon: 0.001 scale: true }} }}
    override_base_feature_extractor_hyperparams: true
  }}
  box_coder {{ faster_rcnn_box_coder {{ }} }}
  anchor_generator {{ ssd_anchor_generator {{ num_layers: 6 min_scale: 0.2 max_scale: 0.95
    aspect_ratios: [1.0, 2.0, 0.5, 3.0, 0.3333] reduce_boxes_in_lowest_layer: true }} }}
  box_predictor {{ convolutional_box_predictor {{ kernel_size: 1 conv_hyperparams {{ activation: RELU_6 }} }} }}
  post_processing {{ batch_non_max_suppression {{ }} score_converter: SIGMOID }}
}} }}
train_config {{
  {train}
}}
eval_config {{ use_moving_averages: {averages} }}
"""


def config(
    kind: str = "ssd_mobilenet_v2_keras", classes: int = 3, train: str = "batch_size: 8", averages: str = "false"
) -> str:
    """Return a small SSD's configuration."""
    return SSD.format(kind=kind, classes=classes, train=train, averages=averages)


def values(text: str, seed: int = 0) -> dict[str, Array]:
    """Return made-up values for every variable that a configuration implies, by its key or TF1 name."""
    random = np.random.default_rng(seed)
    shapes = variables_of(read_any(parse(text.encode())))
    return {key: random.standard_normal(shape, dtype=np.float32) for key, shape in shapes.items()}  # type: ignore[arg-type]


def object_graph(keys: Mapping[str, str]) -> bytes:
    """Return the object graph of variables: path → the variable's own name; slots are not in it."""
    nodes: list[dict[str, Any]] = [{"children": [], "attributes": []}]
    places: dict[str, int] = {"": 0}
    for path, name in keys.items():
        parent = ""
        for part in path.split("/"):
            here = f"{parent}/{part}" if parent else part
            if here not in places:
                places[here] = len(nodes)
                nodes[places[parent]]["children"].append({"node_id": len(nodes), "local_name": part})
                nodes.append({"children": [], "attributes": []})
            parent = here
        key = f"{path}{KEY_SUFFIX}"
        nodes[places[path]]["attributes"].append({"name": "VARIABLE_VALUE", "full_name": name, "checkpoint_key": key})
    return encode(TRACKABLE_OBJECT_GRAPH, {"nodes": nodes})


def write_tf2(folder: Path, variables: Mapping[str, Array], name: str = "ckpt-0") -> Path:
    """Write an object-based checkpoint with a counter and a slot, and its state file; return its prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / name
    slots = {f"{key}/.OPTIMIZER_SLOT/optimizer/momentum": array for key, array in list(variables.items())[:2]}
    whole: dict[str, Array] = {f"{key}{KEY_SUFFIX}": array for key, array in {**variables, **slots}.items()}
    whole[f"save_counter{KEY_SUFFIX}"] = np.array(1, np.int64)
    graph = np.array(object_graph({key: key.replace("_", "") for key in (*variables, "save_counter")}), object)
    write_bundle(prefix, [*whole.items(), (OBJECT_GRAPH_KEY, graph)])
    write_state(prefix)
    return prefix


def write_tf1(
    folder: Path,
    variables: Mapping[str, Array],
    name: str = "model.ckpt",
    rename: Callable[[str], str] = str,
    extra: Mapping[str, Array] | None = None,
) -> Path:
    """Write a name-based checkpoint and its state file; return its prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / name
    step: dict[str, Array] = {"global_step": np.array(7, np.int64)}
    write_bundle(prefix, {**{rename(key): array for key, array in variables.items()}, **(extra or {}), **step}.items())
    write_state(prefix)
    return prefix
