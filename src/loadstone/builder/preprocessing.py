"""How a backbone's pictures are prepared: layers in front of it, or the rule that `keras.applications` states.

A blueprint's `Normalisation` says it once for every engine, so scaling layers in front of a network are folded into it.
Source of the rules: `preprocess_input` of each module of keras.applications (modes `tf`, `torch`, `caffe`).
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.network import Network
from loadstone.blueprint.parts import MINUS_ONE_TO_ONE, Normalisation
from loadstone.builder.graph import pruned, readers
from loadstone.errors import SourceError, UnsupportedModelError

Affine = tuple[tuple[float, float, float], tuple[float, float, float]]
"""(factor, offset), one a channel."""

AS_IS = Normalisation((0.0,) * 3, (1.0,) * 3, before_resizing=False)

MODES = {
    "tf": Normalisation(*MINUS_ONE_TO_ONE, before_resizing=False),
    "torch": Normalisation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), before_resizing=False),
    "caffe": Normalisation((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), before_resizing=False, bgr=True),
    "none": AS_IS,
}
"""Mode → what it does to RGB 0..255; `torch` divides by 255 first, and `caffe` takes BGR."""

OF_APPLICATIONS = {
    **dict.fromkeys(("Xception", "InceptionV3", "InceptionResNetV2", "MobileNet", "MobileNetV2"), "tf"),
    **dict.fromkeys(("ResNet50V2", "ResNet101V2", "ResNet152V2", "NASNetMobile", "NASNetLarge"), "tf"),
    **dict.fromkeys(("VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152"), "caffe"),
    **dict.fromkeys(("DenseNet121", "DenseNet169", "DenseNet201"), "torch"),
}
"""Constructor → mode; the other constructors scale within the model."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A network without what scaled its pictures, and that scaling."""

    network: Network
    normalisation: Normalisation
    found: bool
    """Whether the network had any scaling of its own."""


def mode_named(name: str) -> Normalisation:
    """Return the rule of a mode; `SourceError` for another word."""
    if name not in MODES:
        raise SourceError("there is no such preprocessing", expected=", ".join(MODES), found=name)
    return MODES[name]


def without_scaling(network: Network) -> Prepared:
    """Take the scaling at the front of a network out, as far as nothing else reads what lies between.

    Raises `UnsupportedModelError` where the channels are turned round further inside, which engines have no form of.
    """
    reads = readers(network)
    last = next(at for at, node in enumerate(network.nodes) if node.operation == "input")
    factor, offset, bgr, found = (1.0,) * 3, (0.0,) * 3, False, False
    while len(reads[last]) == 1:
        (following,) = reads[last]
        node = network.nodes[following]
        if node.operation == "reverse":
            bgr = not bgr
            factor, offset = (factor[2], factor[1], factor[0]), (offset[2], offset[1], offset[0])
        elif node.operation in ("affine", "scale"):
            factor, offset = _behind((factor, offset), node.attributes)
        else:
            break
        if 0.0 in factor:
            break
        last, found = following, True
    if any(node.operation == "reverse" for node in network.nodes[last + 1 :]):
        raise UnsupportedModelError("the backbone turns the picture's channels round further inside")
    mean = [0.0 - shift / share for share, shift in zip(factor, offset, strict=True)]
    deviation = [1 / share for share in factor]
    normalisation = Normalisation(
        (mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]), before_resizing=False, bgr=bgr
    )
    return Prepared(_cut(network, last), normalisation if found else AS_IS, found)


def _behind(first: Affine, attributes: object) -> Affine:
    """Return what `first` and then a node's own scaling do together: (x·a + b)·c + d = x·ac + (bc + d)."""
    own = dict(attributes)  # type: ignore[call-overload]
    factors = _three(own.get("factor", 1.0))
    offsets = _three(own.get("offset", 0.0))
    share = [a * c for a, c in zip(first[0], factors, strict=True)]
    shift = [b * c + d for b, c, d in zip(first[1], factors, offsets, strict=True)]
    return (share[0], share[1], share[2]), (shift[0], shift[1], shift[2])


def _three(values: float | tuple[float, ...]) -> tuple[float, ...]:
    given = values if isinstance(values, tuple) else (values,)
    return given * 3 if len(given) == 1 else given


def _cut(network: Network, last: int) -> Network:
    """Return the network whose input stands where the node `last` stood; what lay before it is no output any more."""
    front = next(node for node in network.nodes if node.operation == "input")
    before = {last}
    for position in range(last, -1, -1):
        if position in before:
            before.update(network.nodes[position].inputs)
    outputs = {name: position for name, position in network.outputs.items() if position not in before}
    nodes = (*network.nodes[:last], front, *network.nodes[last + 1 :])
    return pruned(Network(nodes, outputs), outputs)
