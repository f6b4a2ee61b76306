"""Each head on a small backbone: its parts, its outputs, what is frozen, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.api import build as build_module
from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint, SsdAnchors
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.cli import main
from loadstone.errors import LoadstoneError, SourceError
from loadstone.wire.textdump import dump

pytest.importorskip("keras")
pytest.importorskip("openvino")

import keras

from loadstone.builder.plan import NECKS_OF
from tests.builder import own, small

PAIRS = [(head, neck) for head, necks in NECKS_OF.items() for neck in necks]
KINDS = {
    "ssd": Blueprint,
    "retinanet": Blueprint,
    "faster-rcnn": FasterRcnnBlueprint,
    "yolo": YoloBlueprint,
    "centernet": CenterNetBlueprint,
}
PICTURE = np.random.default_rng(2).integers(0, 256, (50, 70, 3), np.uint8)


def test_a_backbone_s_file_with_a_class_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.keras"
    picture = keras.Input((small.SIDE, small.SIDE, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(picture)
    for _ in small.CHANNELS:
        x = own.Serf()(keras.layers.Conv2D(8, 3, strides=2, padding="same")(x))
    keras.Model(picture, x).save(path)
    with pytest.raises(LoadstoneError, match="Serf"):
        ls.build("ssd", path, 2, small.SIDE)
    model = ls.build("ssd", path, 2, small.SIDE, preprocessing="none", custom_objects={"Serf": own.Serf})
    assert model.rebuilt.blueprint.num_classes == 2


def test_a_file_that_stands_there_is_not_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = built("ssd").save(tmp_path / "built.keras")
    before, other = path.read_bytes(), built("yolo")
    monkeypatch.setattr(build_module, "build", lambda *_, **__: other)
    words = ["build", "--head", "yolo", "--backbone", "x", "--num-classes", "2", "-o", str(path)]
    assert main(words) == 6
    assert "--force" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main([*words, "--force"]) == 0
    assert path.read_bytes() != before


def built(head: str = "retinanet", neck: str | None = None, **options: Any) -> ls.Model:
    """Build a detector of two classes on the small chain."""
    given = {"width": 16, "light": True, **options}
    return ls.build(head, small.plain(), 2, small.SIDE, neck, **given)


@pytest.mark.parametrize(("head", "neck"), PAIRS)
def test_every_head_with_every_neck_is_built_whole(head: str, neck: str) -> None:
    rebuilt = built(head, neck).rebuilt
    assert isinstance(rebuilt.blueprint, KINDS[head])
    assert rebuilt.values.keys() == rebuilt.blueprint.variables.keys()
    assert all(rebuilt.values[key].shape == one.shape for key, one in rebuilt.blueprint.variables.items())
    assert all(np.isfinite(value).all() for value in rebuilt.values.values())
    assert set(rebuilt.report.matched) | set(rebuilt.report.initialised) == set(rebuilt.values)


@pytest.mark.parametrize("head", [head for head in NECKS_OF if head != "yolo"])
def test_boxes_are_detected_as_the_prior_has_it(head: str) -> None:
    model = built(head)
    found = model.detect(PICTURE, conf=0.0)
    assert len(found) > 0
    assert ((found.boxes[:, :2] >= 0) & (found.boxes[:, 2:] <= (70, 50))).all()
    # A softmax of two classes and background over next to equal logits; the others begin with a prior.
    prior = {"faster-rcnn": 1 / 3, "centernet": 0.1}.get(head, 0.01)
    assert abs(float(found.scores.max()) - prior) < 0.02 + prior * 0.3


def test_odd_sides_are_padded_and_cut_so_that_levels_fit() -> None:
    backbone = small.residual()
    for head, neck in PAIRS:
        blueprint = ls.build(head, backbone, 1, (75, 107), neck, width=8, light=True).rebuilt.blueprint
        if isinstance(blueprint, Blueprint) and neck != "none":
            assert blueprint.maps[0] == (10, 14)


def test_taps_by_hand() -> None:
    names = built(taps=["relu_8", "norm_16"]).rebuilt.blueprint
    assert isinstance(names, Blueprint)
    assert names.maps == ((8, 8), (4, 4), (2, 2), (1, 1), (1, 1))
    strides = built(taps={8: "norm_8", 16: "relu_16", 32: "relu_32"}).rebuilt.blueprint
    assert isinstance(strides, Blueprint)
    assert strides.maps == names.maps


@pytest.mark.parametrize(
    ("taps", "reason"),
    [
        (["relu_9"], "did you mean: relu_8"),
        ({16: "relu_8"}, "stride 16"),
        (["stem"], "a map of stride 4, 8, 16 or 32"),
        (["relu_8", "norm_8"], "two taps have the stride 8"),
    ],
)
def test_taps_that_do_not_fit_are_refused(taps: Any, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        built(taps=taps)
    assert reason in f"{caught.value} {caught.value.help}"


@pytest.mark.parametrize(("freeze", "still"), [(True, 4), (8, 2), ("relu_16", 3), (False, 0)])
def test_frozen_layers_do_not_train_and_their_norms_stay(freeze: Any, still: int) -> None:
    model = built(freeze=freeze).keras
    backbone = {
        layer.name.rpartition("--")[2]: layer for layer in model.layers if "classification_backbone" in layer.name
    }
    expected = [f"{kind}_{stride}" for stride in list(small.CHANNELS)[:still] for kind in ("down", "norm")]
    frozen = {name for name, layer in backbone.items() if not layer.trainable}
    assert frozen == {*expected, *(["stem"] if still else [])}
    assert all(layer.trainable for layer in model.layers if "classification_backbone" not in layer.name)


def test_a_frozen_dropout_is_left_out() -> None:
    import keras

    frozen, free = (
        ls.build("retinanet", small.every_layer(), 1, 64, width=8, freeze=each).keras for each in (True, False)
    )
    counts = [sum(isinstance(layer, keras.layers.Dropout) for layer in model.layers) for model in (frozen, free)]
    assert counts == [0, 2]


def test_labels_are_named_in_order_and_counted() -> None:
    assert built(labels=["cat", "dog"]).rebuilt.labels == {1: "cat", 2: "dog"}
    assert built(labels={2: "dog"}).labels == {2: "dog"}
    with pytest.raises(SourceError, match="as many names"):
        built(labels=["cat"])
    with pytest.raises(SourceError, match="out of range"):
        built(labels={0: "cat"})
    with pytest.raises(SourceError, match="two classes have one name"):
        built(labels=["cat", "cat"])
    with pytest.raises(SourceError, match="not one text"):
        built(labels="ab")


@pytest.mark.parametrize(
    ("size", "taps", "sides"),
    [
        (300, None, [19, 10, 5, 3, 2, 1]),
        (256, None, [16, 8, 4, 2, 1, 1]),
        (224, None, [28, 14, 7, 4, 2, 1]),
        ((64, 512), None, [16, 8, 4, 2, 1, 1]),
        (32, None, [8, 4, 2, 1, 1, 1]),
        (300, {8: "relu_8", 32: "relu_32"}, [38, 10, 5, 3, 2, 1]),
        (300, ["relu_16"], [19, 10, 5, 3, 2, 1]),
    ],
)
def test_an_ssd_begins_where_its_first_map_has_places_enough(size: Any, taps: Any, sides: list[int]) -> None:
    blueprint = ls.build("ssd", small.plain(None), 2, size, width=16, taps=taps).rebuilt.blueprint
    assert isinstance(blueprint, Blueprint)
    assert [high for high, _ in blueprint.maps] == sides
    anchors = blueprint.anchors
    assert isinstance(anchors, SsdAnchors)
    assert [len(shapes) for shapes in anchors.shapes] == [3, 6, 6, 6, 6, 6]


SHAPES = {"anchor_ratios": (0.25, 1, 4), "anchor_scales": (3,), "scales_per_octave": 1}
PER_MAP = {"anchor_ratios": (0.25, 1, 4), "anchor_scales": (0.1, 0.2, 0.3, 0.4, 0.6)}


@pytest.mark.parametrize(
    ("head", "neck", "options"),
    [
        ("retinanet", "fpn", SHAPES),
        ("faster-rcnn", "fpn", SHAPES),
        ("faster-rcnn", "none", {"anchor_ratios": [0.25, 4], "anchor_scales": [0.1]}),
        ("ssd", "fpn", PER_MAP),
    ],
)
def test_anchors_are_those_asked_for_and_stand_in_the_configuration(head: str, neck: str, options: Any) -> None:
    rebuilt = built(head, neck, **options).rebuilt
    family = rebuilt.config.message("model").message(rebuilt.blueprint.meta_architecture)
    generator = next(family.message(name) for name in family.names if name.endswith("anchor_generator"))
    (kind,) = generator.names
    assert list(generator.message(kind).numbers("aspect_ratios")) == list(options["anchor_ratios"])
    assert isinstance(rebuilt.blueprint, Blueprint | FasterRcnnBlueprint)
    anchors = rebuilt.blueprint.anchors
    if isinstance(anchors, SsdAnchors):
        # Every map has its scale in each ratio, and a square between its scale and the next.
        assert [pairs[:3] for pairs in anchors.shapes] == [
            tuple((scale, ratio) for ratio in options["anchor_ratios"]) for scale in options["anchor_scales"]
        ]
    else:
        assert anchors.per_place == len(options["anchor_ratios"])
        assert anchors.aspect_ratios == tuple(options["anchor_ratios"])


@pytest.mark.parametrize("head", ["ssd", "retinanet", "yolo"])
def test_suppression_across_classes_is_asked_for(head: str) -> None:
    each, one = (built(head, class_agnostic=agnostic).rebuilt for agnostic in (False, True))
    assert isinstance(one.blueprint, Blueprint | YoloBlueprint)
    assert isinstance(each.blueprint, Blueprint | YoloBlueprint)
    assert one.blueprint.suppression == replace(each.blueprint.suppression, class_agnostic=True)
    assert ("use_class_agnostic_nms: true" in dump(one.config)) == (head != "yolo")


@pytest.mark.parametrize(
    ("head", "options", "reason"),
    [
        ("yolo", {"anchor_ratios": (1,)}, "a yolo predicts boxes without anchors"),
        ("centernet", {"anchor_scales": (1,)}, "leave anchor_scales out"),
        ("retinanet", {"anchor_ratios": ()}, "anchor_ratios are no sizes of anchors"),
        ("retinanet", {"anchor_ratios": (0, 1)}, "each from 0.001 to 1,000"),
        ("ssd", {"anchor_scales": (-1,)}, "anchor_scales are no sizes of anchors"),
        ("ssd", {"anchor_ratios": (float("nan"),)}, "anchor_ratios are no sizes of anchors"),
        ("ssd", {"anchor_ratios": 2}, "anchor_ratios are no sizes of anchors"),
        ("ssd", {"anchor_scales": (0.1, 0.2)}, "as many anchor scales as maps"),
        ("ssd", {"scales_per_octave": 2}, "give anchor_scales"),
        ("retinanet", {"anchor_scales": (1, 2)}, "one anchor scale for all levels"),
        ("retinanet", {"scales_per_octave": 0}, "from 1 to 16"),
        ("faster-rcnn", {"class_agnostic": True}, "suppresses each class by itself"),
        ("centernet", {"class_agnostic": True}, "suppresses no boxes"),
    ],
)
def test_anchors_and_suppression_that_a_head_has_not_are_refused(head: str, options: Any, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        built(head, **options)
    assert reason in f"{caught.value} {caught.value.expected} {caught.value.help}"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"head": "fcos"}, "no such head"),
        ({"neck": "nas"}, "no such neck"),
        ({"num_classes": 0}, "number of classes"),
        ({"num_classes": 1.5}, "no whole number"),
        ({"num_classes": "3"}, "no whole number"),
        ({"num_classes": True}, "no whole number"),
        ({"input_size": 20}, "no size of pictures"),
        ({"input_size": 96.0}, "no size of pictures"),
        ({"input_size": "96"}, "no size of pictures"),
        ({"width": "a"}, "no number of channels"),
        ({"taps": []}, "taps are names"),
        ({"taps": [3]}, "taps are names"),
        ({"taps": "nothing"}, "no such map"),
        ({"input_size": (64, 64, 3)}, "no size of pictures"),
        ({"width": 100}, "multiple of 8"),
        ({"freeze": 7}, "freeze up to"),
        ({"backbone": 5}, "no backbone"),
        ({"backbone": "MobilNetV2"}, "MobileNetV2"),
    ],
)
def test_words_that_are_not_known_are_refused(options: dict[str, Any], reason: str) -> None:
    given = {"head": "retinanet", "backbone": small.plain(), "num_classes": 2, "input_size": 64, **options}
    with pytest.raises(SourceError) as caught:
        ls.build(**given)
    assert reason in f"{caught.value} {caught.value.help}"


def test_the_same_request_gives_the_same_values() -> None:
    model = small.plain()
    first, second = (ls.build("retinanet", model, 2, 64).rebuilt.values for _ in range(2))
    assert all(np.array_equal(first[key], second[key]) for key in first)


def test_prior_biases_stand_in_the_head() -> None:
    values = built().rebuilt.values
    (key,) = (key for key in values if key.endswith("_class_predictor_layers/0/bias"))
    assert np.allclose(values[key], -4.6)
