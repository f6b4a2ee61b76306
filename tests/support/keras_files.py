"""Keras files of any version, built by our own writer: what a version wrote is stated, not taken from it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.wire.hdf5.writer import OutArray, OutGroup, write_hdf5

Array = npt.NDArray[Any]
Config = dict[str, Any]


def layer(class_name: str, name: str = "", inbound: Sequence[str] | None = None, **config: Any) -> Config:
    """A layer as Keras 2 serialises it; `inbound` are the layers that feed it in a functional model."""
    name = name or class_name.lower()
    made: Config = {"class_name": class_name, "config": {"name": name, **config}}
    if inbound is not None:
        nodes = [[[feed, 0, 0, {}] for feed in inbound]] if inbound else []
        made |= {"name": name, "inbound_nodes": nodes}
    return made


def start(*shape: int | None, **more: Any) -> Config:
    """An input layer of Keras 2."""
    return layer("InputLayer", "start", batch_input_shape=[None, *shape], dtype="float32", **more)


def sequential(*layers: Config) -> Config:
    return {"class_name": "Sequential", "config": {"name": "model", "layers": list(layers)}}


def functional(layers: Sequence[Config], outputs: Sequence[str], class_name: str = "Functional") -> Config:
    ends = {"input_layers": [[layers[0]["name"], 0, 0]], "output_layers": [[name, 0, 0] for name in outputs]}
    return {"class_name": class_name, "config": {"name": "model", "layers": list(layers), **ends}}


def dense(name: str = "dense", units: int = 2, **config: Any) -> Config:
    return layer("Dense", name, units=units, activation="linear", use_bias=True, **config)


def keras_h5(
    path: Path,
    config: Any,
    weights: Mapping[str, Sequence[Array]],
    *,
    training: Any = None,
    version: str = "2.4.0",
    backend: str = "tensorflow",
) -> Path:
    """A whole model in legacy HDF5: layer → its arrays in order."""
    group = weights_group(weights, version, backend)
    attributes = {"keras_version": version, "backend": backend} if version else {}
    root = OutGroup({"model_weights": group}, {**attributes, "model_config": json.dumps(config)})
    if training is not None:
        root.attributes["training_config"] = json.dumps(training)
    return write(path, root)


def weights_group(weights: Mapping[str, Sequence[Array]], version: str, backend: str = "tensorflow") -> OutGroup:
    group = OutGroup(attributes={"layer_names": list(weights), "backend": backend, "keras_version": version})
    for name, arrays in weights.items():
        listed = [f"{name}/weight_{number}:0" for number in range(len(arrays))]
        place = group.group(name)
        place.attributes["weight_names"] = listed
        for weight, array in zip(listed, arrays, strict=True):
            place.put(weight, OutArray(lambda array=array: array))  # type: ignore[misc]
    return group


def write(path: Path, root: OutGroup) -> Path:
    with path.open("wb") as out:
        write_hdf5(out, root)
    return path


def keras_zip(path: Path, config: Any, arrays: Mapping[str, Array], version: str = "3.15.1") -> Path:
    """A `.keras` archive: path of a variable (`layers/dense/vars/0`, with any separator) → its values."""
    root = OutGroup()
    for name, array in arrays.items():
        root.put(name, OutArray(lambda array=array: array))  # type: ignore[misc]
    inner = BytesIO()
    write_hdf5(inner, root)
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": "2026-01-01@00:00:00"}))
        out.writestr("config.json", json.dumps(config))
        out.writestr("model.weights.h5", inner.getvalue())
    return path


def kernels(*shapes: tuple[int, ...], seed: int = 0) -> list[Array]:
    """Arrays of these shapes with small values."""
    values = np.random.default_rng(seed)
    return [values.normal(size=shape, scale=0.5).astype("float32") for shape in shapes]
