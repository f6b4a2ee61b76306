"""Files that show a fault by what lies beside them: a configuration, a record, a state file, their own HDF5 tensors.

What it is: one named builder a fault, as `files/builders.py` has them for the bytes alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import loadstone as ls
from tests.checks.test_lfs_pointer import POINTER
from tests.checks.weights.test_checkpoint_against_config import START, TF1, TF2, written
from tests.checks.weights.test_h5_files import LAYERS, WEIGHTS
from tests.checks.weights.test_h5_files import written as hdf5
from tests.support.checkpoints import config, values, write_tf1, write_tf2
from tests.support.graphs import constant, floats, graph_bytes, placeholder


@dataclass(frozen=True)
class Shown:
    """What is examined, and the configuration that is named with it."""

    source: Path
    config: Path | None = None


Build = Callable[[Path], Shown]
BESIDE: dict[str, Build] = {}
"""Fault → the builder of a source that shows it, in an empty folder."""


def _shows(fault: str) -> Callable[[Build], Build]:
    def kept(build: Build) -> Build:
        BESIDE[fault] = build
        return build

    return kept


@_shows("ckpt-empty-or-untracked")
def _nothing_saved(folder: Path) -> Shown:
    return Shown(write_tf2(folder, {}))


@_shows("ckpt-scope-renamed")
def _another_scope(folder: Path) -> Shown:
    text = config(TF1)
    prefix = write_tf1(folder, values(text), rename=lambda key: key.replace("FeatureExtractor/", "MyExtractor/", 1))
    return Shown(prefix, written(folder / "other", text))


@_shows("ckpt-arch-mismatch")
def _another_extractor(folder: Path) -> Shown:
    return Shown(write_tf1(folder, values(config(TF1))), written(folder / "other", config("ssd_mobilenet_v2")))


@_shows("ckpt-numclasses-mismatch")
def _more_classes(folder: Path) -> Shown:
    return Shown(write_tf1(folder, values(config(TF1, 3))), written(folder / "other", config(TF1, 7)))


@_shows("ckpt-type-mismatch")
def _a_detector_as_a_classifier(folder: Path) -> Shown:
    write_tf2(folder / "start", values(config(TF2, 90)))
    train = START.format(kind='fine_tune_checkpoint_type: "classification"')
    return Shown(written(folder, config(TF2, 2, train=train)))


@_shows("ckpt-in-model-dir-autoresume")
def _a_start_in_the_training_folder(folder: Path) -> Shown:
    write_tf2(folder, values(config(TF2)))
    train = START.format(kind='fine_tune_checkpoint_type: "detection"').replace("start/", "")
    return Shown(written(folder, config(TF2, train=train)))


@_shows("ckpt-missing-ema")
def _averages_asked_for(folder: Path) -> Shown:
    prefix = write_tf1(folder, values(config(TF1)))
    return Shown(prefix, written(folder / "other", config(TF1, averages="true")))


@_shows("ckpt-missing-quant-vars")
def _ranges_asked_for(folder: Path) -> Shown:
    text = config(TF1) + "graph_rewriter { quantization { delay: 48000 } }\n"
    return Shown(write_tf1(folder, values(config(TF1))), written(folder / "other", text))


@_shows("tf1-ckpt-in-tf2-odapi")
def _names_for_objects(folder: Path) -> Shown:
    return Shown(write_tf1(folder, values(config(TF1))), written(folder / "other", config(TF2)))


@_shows("tf2-ckpt-in-tf1-odapi")
def _objects_for_names(folder: Path) -> Shown:
    return Shown(write_tf2(folder, values(config(TF2))), written(folder / "other", config(TF1)))


@_shows("labelmap-classes-mismatch")
def _more_labels_than_classes(folder: Path) -> Shown:
    labels = "".join(f"item {{ id: {number} name: 'class {number}' }}\n" for number in range(1, 6))
    (folder / "labels.pbtxt").write_text(labels)
    reader = 'train_input_reader { label_map_path: "labels.pbtxt" }\n'
    return Shown(written(folder, config(TF2, 3) + reader))


@_shows("h5-arch-mismatch")
def _a_wider_layer(folder: Path) -> Shown:
    return Shown(hdf5(folder / "m.h5", {**WEIGHTS, "dense": {"kernel:0": (1568, 32), "bias:0": (32,)}}))


@_shows("h5-numclasses-mismatch")
def _a_wider_head(folder: Path) -> Shown:
    return Shown(hdf5(folder / "m.h5", {**WEIGHTS, "top": {"kernel:0": (20, 9), "bias:0": (9,)}}))


@_shows("h5-weight-count-mismatch")
def _no_bias(folder: Path) -> Shown:
    return Shown(hdf5(folder / "m.h5", {**WEIGHTS, "conv2d": {"kernel:0": (3, 3, 3, 8)}}))


@_shows("h5-layer-count-mismatch")
def _a_bare_layer(folder: Path) -> Shown:
    return Shown(hdf5(folder / "m.h5", {**WEIGHTS, "dense": {}}))


@_shows("h5-sequential-missing-input-shape")
def _no_input_stated(folder: Path) -> Shown:
    first = {"class_name": "Dense", "config": {"name": "dense", "units": 20, "use_bias": True}}
    weights = {name: tensors for name, tensors in WEIGHTS.items() if name in ("dense", "top")}
    return Shown(hdf5(folder / "m.h5", weights, [first, LAYERS[-1]]))


@_shows("record-changed")
def _trained_on(folder: Path) -> Shown:
    path = _recorded(folder)
    path.write_bytes(graph_bytes(constant("kernel", floats(2.0))))
    return Shown(path)


@_shows("record-environment-differs")
def _recorded_elsewhere(folder: Path) -> Shown:
    return Shown(_recorded(folder))


def _recorded(folder: Path) -> Path:
    """Return a graph with a record of a day and an environment that are always the same."""
    path = folder / "frozen_inference_graph.pb"
    path.write_bytes(graph_bytes(constant("kernel", floats(1.0))))
    place = ls.record(path)
    document = json.loads(place.read_text())
    document |= {"recorded": "2026-01-02T03:04:05+00:00", "environment": {"keras": "3.1.0", "tensorflow": "2.16.1"}}
    place.write_text(json.dumps(document))
    return path


@_shows("lfs-pointer")
def _a_pointer_alone(folder: Path) -> Shown:
    path = folder / "model.h5"
    path.write_bytes(POINTER)
    return Shown(path)


@_shows("input-size-mismatch")
def _another_picture_size(folder: Path) -> Shown:
    path = folder / "frozen_inference_graph.pb"
    kernel = constant("kernel", floats(1.0))
    path.write_bytes(graph_bytes(placeholder("image_tensor", -1, 256, 256, 3), kernel))
    return Shown(path, written(folder / "other", config(TF1)))
