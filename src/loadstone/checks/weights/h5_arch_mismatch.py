"""The weights file belongs to another network than the model that is to take it.

What is seen

    `Layer #177 (named "rpn_conv1"), weight ... has shape (3, 3, 512, 512), but the saved weight has shape (512, 1024,
    3, 3)`: an inner layer differs, or has other inputs.

Why

    The file was trained with another backbone, width or input. Keras prints the saved kernel turned by (3, 2, 0, 1):
    (512, 1024, 3, 3) is a kernel of (3, 3, 1024, 512), with 1,024 channels going in.

Remedy

    Build the network that the weights were trained with. The channels tell which: 512 leave a VGG, 1,024 the fourth
    stage of a ResNet, 2,048 its fifth, 1,280 a MobileNetV2 or EfficientNet-B0.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.class_arithmetic import classes_of
from loadstone.checks.views.layer_shapes import is_last_alone, layer_weights, shape_words
from loadstone.checks.views.shape_errors import ShapeError, shape_errors
from loadstone.checks.weights.byname_autoname_collision import is_counted
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault("h5-arch-mismatch", "error", help="build the network that the weights were trained with")

BACKBONES = {
    512: "a VGG",
    1024: "the fourth stage of a ResNet, or a MobileNetV1",
    1280: "a MobileNetV2 or EfficientNet-B0",
    1536: "an Inception-ResNetV2 or InceptionV4",
    1920: "a DenseNet-201",
    2048: "the fifth stage of a ResNet, an InceptionV3 or an Xception",
}
"""Channels that leave a backbone → which backbones have as many."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for the layers whose stored shapes are not what the file's own configuration says."""
    wrong = [(layer, one) for layer in layer_weights(subject) for one in layer.wrong]
    if not wrong or is_last_alone(subject):
        return
    shown = [
        Evidence(f"{subject.source}: {layer.name}/{leaf}", shape_words(found), shape_words(wanted))
        for layer, (leaf, wanted, found) in wrong
    ]
    layer, (leaf, wanted, found) = wrong[0]
    more = f", and {len(wrong) - 1:,} more tensors differ" if len(wrong) > 1 else ""
    says = shape_words(wanted)
    fact = f"{layer.name}/{leaf} is {shape_words(found)} in the file, and the configuration says {says}{more}"
    yield FAULT.finding(fact, *shown)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for inner layers whose shapes differ."""
    for one in shape_errors(error.text):
        if one.origin not in ("keras", "keras-name", "keras-order") or is_counted(one):
            continue
        if "stem_conv" in one.name and {one.model[-2:-1], one.file[-2:-1]} == {(1,), (3,)}:
            # An EfficientNet for grey pictures: a release of Keras built it so by mistake.
            continue
        if classes_of(one.name, one.model, one.file) or classes_of(one.layer, one.model, one.file):
            continue
        turned = f" (printed as {one.printed}, turned round)" if one.transposed else ""
        fact = f"{one.name or one.layer or 'a layer'} has the shape {one.file} in the file and {one.model} in the model"
        shown = Evidence(f"line {one.line} of the text", f"{one.file}{turned}", str(one.model))
        yield FAULT.finding(f"{fact}{_inputs(one)}", shown, certainty="likely")


def _inputs(one: ShapeError) -> str:
    """Say what the channels that go in tell of the backbone."""
    if len(one.model) < 2 or len(one.file) != len(one.model) or one.model[-2] == one.file[-2]:
        return ""
    words = BACKBONES.get(one.file[-2])
    return f": {one.file[-2]:,} channels go in, which leave {words}" if words else ""
