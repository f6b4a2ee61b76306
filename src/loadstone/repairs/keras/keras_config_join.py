"""Join weights alone with the configuration that lies beside them into one whole model.

The configuration is a JSON of `model.to_json()`; the weights are HDF5 whose layers are those of the configuration by
name. Nothing is joined where the names differ: the weights would be another model's.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import KerasFile, opened
from loadstone.dialects.tree import children, name_of
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats import registry as formats
from loadstone.formats.keras.keras_attributes import names
from loadstone.formats.keras.keras_layers import is_object
from loadstone.formats.keras_config import weights_beside
from loadstone.formats.keras_zip import CONFIG, METADATA, WEIGHTS
from loadstone.repairs.keras._write import put_config, tree_of, write_seekless, write_tree
from loadstone.wire.hdf5 import Group, Hdf5File
from loadstone.wire.hdf5.writer import OutGroup

NAME = "keras-config-join"
_CONFIGS = ("{}.json", "{}_config.json", "{}_architecture.json", "model.json", "architecture.json", "config.json",
            "model_architecture.json", "model_config.json")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Halves:
    """A configuration and the weights that are its own, with the names of both files."""

    config: KerasFile
    weights: KerasFile
    names: tuple[str, str]


def plan(subject: Subject) -> Plan | None:
    """Plan the joining of a configuration with the weights beside it, from either of the two files."""
    halves = _halves(subject)
    if halves is None or halves.weights.file is None or not _fit(halves.config.config, halves.weights.file):
        return None
    config, weights = halves.names
    suffix = ".h5" if _is_legacy(halves.weights.file) else ".keras"
    edits = (
        Edit(f"the new file: {'model_config' if suffix == '.h5' else 'config.json'}", None, f"what {config} holds"),
        Edit("the new file: weights", None, f"those of {weights}"),
    )
    return Plan(NAME, subject.source, edits, faults=("h5-weights-only",), suffix=suffix, details=halves)


def _halves(subject: Subject) -> _Halves | None:
    candidate = subject.candidate
    if candidate is None or subject.format not in ("keras-config", "keras-h5-weights"):
        return None
    own = candidate.name.rpartition("/")[2]
    if subject.format == "keras-config":
        beside = weights_beside(candidate)
        others = [beside.rpartition("/")[2]] if beside else []
    else:
        stem = own.removesuffix(".weights.h5").rpartition(".")[0] or own.partition(".")[0]
        stem = stem.removesuffix("_weights").removesuffix("-weights")
        others = [pattern.format(stem) for pattern in _CONFIGS]
    here = _opened(subject.path)
    for name in others:
        there = _opened(subject.path.with_name(name))
        config, weights = (here, there) if subject.format == "keras-config" else (there, here)
        if config and weights and config.container == "json" and is_object(config.config) and weights.config is None:
            return _Halves(config, weights, (own, name) if config is here else (name, own))
    return None


def _opened(path: Path) -> KerasFile | None:
    try:
        candidate = formats.locate(str(path))
        return opened(candidate, formats.read(candidate).format)
    except LoadstoneError:
        return None


def _is_legacy(file: Hdf5File) -> bool:
    return any(mark in file.root.attributes for mark in ("layer_names", "layer_names0"))


def _fit(config: Any, file: Hdf5File) -> bool:
    """Return whether every layer that has weights in the file is one of the configuration's."""
    if not _is_legacy(file):
        # Paths by class: a layer that the configuration lacks shows when the new file is rechecked.
        return "layers" in file.root.links
    try:
        listed = names(file.root, "layer_names")
        with_weights = [name for name in listed if _has_weights(file, name)]
    except LoadstoneError:
        return False
    known = {name_of(layer) for layer in children(config)}
    return bool(with_weights) and known.issuperset(with_weights)


def _has_weights(file: Hdf5File, name: str) -> bool:
    group = file.child(file.root, name)
    return isinstance(group, Group) and bool(names(group, "weight_names"))


def apply(plan: Plan, target: Path) -> None:
    """Write the whole model."""
    halves: _Halves = plan.details
    file = halves.weights.file
    if file is None:
        raise LoadstoneError("the weights are not HDF5", where=plan.source)
    config, version = halves.config, halves.config.keras or halves.weights.keras
    model = {key: value for key, value in config.config.items() if key not in ("keras_version", "backend")}
    if plan.suffix == ".keras":
        _write_archive(target, model, version, tree_of(file))
        return
    weights = tree_of(file)
    stated = {"keras_version": version, "backend": config.backend or halves.weights.backend}
    root = OutGroup({"model_weights": weights}, {key: value for key, value in stated.items() if value})
    put_config(root, model, None)
    write_tree(root, target)


def _write_archive(target: Path, model: Any, version: str, weights: OutGroup) -> None:
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as out:
        out.writestr(METADATA, json.dumps({"keras_version": version or "3.0.0", "date_saved": ""}))
        out.writestr(CONFIG, json.dumps(model))
        with out.open(WEIGHTS, "w", force_zip64=True) as inner:
            write_seekless(weights, inner)
