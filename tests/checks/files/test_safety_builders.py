"""Attacks that no sample of `tests/security` shows: each by a small builder, with a look-alike that is innocent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment
from tests.support.checkpoints import write_tf2
from tests.support.graphs import constant, graph_bytes, node, placeholder, saved_model, small_graph, strings
from tests.support.graphs import meta_graph as meta
from tests.support.keras_files import dense, keras_zip, sequential, start
from tests.support.tflite import tflite

ENVIRONMENT = Environment()
Build = Callable[[Path, bool], Path]
BUILDERS: dict[str, tuple[Build, str]] = {}


def shows(fault: str, words: str) -> Callable[[Build], Build]:
    """Register a builder: with `hostile` its file shows the fault, without it is the innocent look-alike."""

    def register(build: Build) -> Build:
        BUILDERS[fault] = (build, words)
        return build

    return register


def keras(folder: Path, **changes: Any) -> Path:
    """A `.keras` of one dense layer, some of the layer's keys changed."""
    layer = {**dense("first"), **{key: value for key, value in changes.items() if key != "units" and key != "name"}}
    layer["config"] = {**layer["config"], **{key: changes[key] for key in ("units", "name") if key in changes}}
    arrays = {"layers/dense/vars/0": np.ones((3, 2), np.float32), "layers/dense/vars/1": np.ones(2, np.float32)}
    return keras_zip(folder / "model.keras", sequential(start(3), layer), arrays)


@shows("safety-shadowed-name", "another class")
def shadowed(folder: Path, hostile: bool) -> Path:
    return keras(folder, module="keras.layers", registered_name="mine>Dense" if hostile else "Dense")


@shows("safety-layer-name-as-path", "out of the folder")
def layer_as_path(folder: Path, hostile: bool) -> Path:
    return keras(folder, name="../../../../tmp/owned" if hostile else "block/first")


@shows("safety-huge-layer", "1,099,511,627,776 units")
def huge(folder: Path, hostile: bool) -> Path:
    return keras(folder, units=1 << 40 if hostile else 2)


@shows("safety-ambiguous-archive", "two readers would disagree")
def ambiguous(folder: Path, hostile: bool) -> Path:
    path = keras(folder)
    data = path.read_bytes()
    # A local header that says another name than the central directory is read by one tool and not by the other.
    path.write_bytes(data.replace(b"config.json", b"c0nfig.json", 1) if hostile else data)
    return path


@shows("safety-graph-network", "open network connections")
def network(folder: Path, hostile: bool) -> Path:
    return frozen(folder, node("call", "RpcCall" if hostile else "Identity", "text"))


@shows("safety-graph-python", "Python functions")
def python(folder: Path, hostile: bool) -> Path:
    return frozen(folder, node("call", "PyFunc" if hostile else "Identity", "text"))


def frozen(folder: Path, last: dict[str, Any]) -> Path:
    path = folder / "frozen.pb"
    path.write_bytes(graph_bytes(placeholder("image", -1, 2), constant("text", strings(b"x")), last))
    return path


@shows("safety-hidden-graph", "a whole graph as a string, which DatasetFromGraph would run")
def hidden(folder: Path, hostile: bool) -> Path:
    held = constant("held", strings(small_graph() if hostile else b"words of a vocabulary"))
    place = folder / "saved"
    place.mkdir()
    graph = graph_bytes(held, node("run", "DatasetFromGraph", "held"))
    (place / "saved_model.pb").write_bytes(saved_model(meta(graph, "serve")))
    return place


@shows("safety-index-out-of-range", "beyond")
def beyond(folder: Path, hostile: bool) -> Path:
    prefix = write_tf2(folder, {"kernel": np.ones((4096, 5000), np.float32)})
    data = Path(f"{prefix}.data-00000-of-00001")
    if hostile:
        data.write_bytes(data.read_bytes()[:64])
    return prefix


@shows("safety-tflite-flex", "FlexReadFile")
def flex(folder: Path, hostile: bool) -> Path:
    name = "FlexReadFile" if hostile else "FlexErf"
    codes = [{0: ("b", 3)}, {0: ("b", 32), 1: "TFLite_Detection_PostProcess"}, {0: ("b", 32), 1: name}]
    path = folder / "model.tflite"
    path.write_bytes(tflite(slot_1=codes))
    return path


@pytest.mark.parametrize("fault", BUILDERS)
def test_the_attack_is_named_and_its_look_alike_is_not(fault: str, tmp_path: Path) -> None:
    build, words = BUILDERS[fault]
    for hostile in (True, False):
        folder = tmp_path / str(hostile)
        folder.mkdir()
        report = check(build(folder, hostile), ENVIRONMENT)
        found = [finding for finding in report.findings if finding.fault == fault]
        assert bool(found) == hostile, [(finding.fault, finding.fact) for finding in report.findings]
        if hostile:
            assert words in found[0].fact
            assert found[0].severity in ("error", "warning")
