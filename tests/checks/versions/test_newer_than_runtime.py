"""Graphs and SavedModels that are newer than the TensorFlow of an environment, and the API that Keras 3 left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import loadstone as ls
from loadstone.environment.tables.ops import attributes_unknown_to, knows
from loadstone.facts.environment import Environment
from tests.support.graphs import graph_bytes, node, placeholder

NEWER = (
    "The binary trying to import the GraphDef was built when GraphDef version was {here}. The GraphDef was produced by "
    "a binary built when GraphDef version was {there}."
)


def _faults(path: Path, tensorflow: str) -> dict[str, ls.Finding]:
    report = ls.check(path, against=Environment(packages={"tensorflow": tensorflow} if tensorflow else {}))
    return {finding.fault: finding for finding in report.findings}


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A frozen graph with an attribute that came with TensorFlow 1.14."""
    path = tmp_path / "frozen_inference_graph.pb"
    convolution = node("conv", "Conv2D", "image", "image", T={"type": 1}, explicit_paddings={"list": {}})
    path.write_bytes(graph_bytes(placeholder("image", 1, 8, 8, 3), convolution))
    return path


def test_an_attribute_that_came_later_is_named(frozen: Path) -> None:
    finding = _faults(frozen, "1.13.1")["graph-newer-than-runtime"]
    assert finding.severity == "error"
    assert "Conv2D.explicit_paddings" in finding.fact
    assert finding.evidence[0].expected == "known since TensorFlow 1.14"


@pytest.mark.parametrize("tensorflow", ["1.14.0", "2.15.0", ""])
def test_an_attribute_that_is_known_is_not(frozen: Path, tensorflow: str) -> None:
    assert "graph-newer-than-runtime" not in _faults(frozen, tensorflow)


def test_the_table_of_attributes_agrees_with_itself() -> None:
    unknown = attributes_unknown_to("1.13")
    assert "explicit_paddings" in unknown["Conv2D"]
    assert all(knows("1.13", name, of) is False for of, names in unknown.items() for name in names)
    assert attributes_unknown_to("0.1") == {}


def test_a_savedmodel_of_a_newer_release_is_a_warning_or_an_error(wild: Path) -> None:
    for path in sorted(wild.glob("*/saved_model.pb")):
        wrote = ls.inspect(path.parent).producer.get("tensorflow", "")
        if wrote.startswith("2."):
            break
    else:
        pytest.skip("no SavedModel of TensorFlow 2 is here")
    finding = _faults(path.parent, "2.0.0").get("savedmodel-newer-than-runtime")
    assert finding is not None
    assert wrote in finding.fact
    assert "savedmodel-newer-than-runtime" not in _faults(path.parent, "2.21.0")


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        (
            "NodeDef mentions attr 'half_pixel_centers' not in Op<name=ResizeBilinear; x>",
            "graph-newer-than-runtime",
            "1.14",
        ),
        (
            "NodeDef mentions attribute grad_x not in the op definition: Op<name=BatchMatMulV2",
            "graph-newer-than-runtime",
            "",
        ),
        (
            "Op type not registered 'NonMaxSuppressionV5' in binary running on x",
            "graph-newer-than-runtime",
            "came with",
        ),
        (
            NEWER.format(here=440, there=987),
            "graph-newer-than-runtime",
            "987",
        ),
        (
            "  File 'tensorflow/python/saved_model/load.py'\nNodeDef mentions attr 'x' not in Op<name=VarHandleOp",
            "savedmodel-newer-than-runtime",
            "x",
        ),
        ("module 'keras._tf_keras.keras.layers' has no attribute 'experimental'", "odapi-on-keras3", "experimental"),
        (
            "  File 'object_detection/core/x.py'\nmodule 'keras._tf_keras.keras' has no attribute 'foo'",
            "odapi-on-keras3",
            "foo",
        ),
    ],
)
def test_a_message_is_recognised(text: str, fault: str, words: str) -> None:
    finding = ls.explain(text, files=False).findings[0]
    assert finding.fault == fault
    assert words in finding.fact


def test_an_older_graph_is_not_called_newer() -> None:
    text = NEWER.format(here=987, there=24)
    assert ls.explain(text, files=False).findings == ()


@pytest.mark.parametrize(("variables", "told"), [({}, True), ({"TF_USE_LEGACY_KERAS": "1"}, False)])
def test_the_api_beside_keras_3_is_an_info(tmp_path: Path, variables: dict[str, str], told: bool) -> None:
    path = tmp_path / "pipeline.config"
    path.write_text("model { ssd { num_classes: 1 feature_extractor { type: 'ssd_mobilenet_v2_keras' } } }\n")
    packages = {"tensorflow": "2.18.0", "keras": "3.8.0", "object-detection": "0.1"}
    report = ls.check(path, against=Environment(packages=packages, variables=variables))
    found = [finding.severity for finding in report.findings if finding.fault == "odapi-on-keras3"]
    assert found == (["info"] if told else [])
