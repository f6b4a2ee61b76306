"""What a detector is made of besides its network: frozen values, each checked where it is read.

Coordinates are `ymin, xmin, ymax, xmax`. Sizes are (height, width) in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loadstone.blueprint.network import Network, Variable

ResizerKind = Literal["fixed", "keep-aspect", "conditional", "pad-to-multiple", "identity"]


@dataclass(frozen=True, slots=True)
class Resizer:
    """`image_resizer.proto`. `size` is (height, width) for `fixed`, (smaller, larger side) for `keep-aspect`."""

    kind: ResizerKind
    size: tuple[int, int] = (0, 0)
    method: str = "BILINEAR"
    pad: bool = False
    pad_value: tuple[float, float, float] = (0.0, 0.0, 0.0)
    greater: bool = False

    @property
    def output(self) -> tuple[int, int] | None:
        """The (height, width) that every picture ends with, or None where the picture decides."""
        if self.kind == "fixed":
            return self.size
        if self.kind == "keep-aspect" and self.pad:
            return (self.size[1], self.size[1])
        return None


@dataclass(frozen=True, slots=True)
class Normalisation:
    """`(x - mean) / deviation` per channel on RGB 0..255; `bgr` turns the channels round first.

    `before_resizing` is the order of the SSDs; the others resize (and pad) first.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    before_resizing: bool
    bgr: bool = False


MINUS_ONE_TO_ONE = ((127.5,) * 3, (127.5,) * 3)
"""x · 2/255 − 1, the MobileNets' and Inceptions' scaling."""

CHANNEL_MEANS = ((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
"""ImageNet means in RGB order, no scaling: the ResNets'."""


@dataclass(frozen=True, slots=True)
class MultiscaleAnchors:
    """`multiscale_anchor_generator.proto`."""

    min_level: int
    max_level: int
    scale: float
    aspect_ratios: tuple[float, ...]
    scales_per_octave: int
    normalise: bool = True

    @property
    def per_place(self) -> int:
        """Shapes at each place of a map."""
        return len(self.aspect_ratios) * self.scales_per_octave


@dataclass(frozen=True, slots=True)
class SsdAnchors:
    """`ssd_anchor_generator.proto`; `shapes` has each map's (scale, aspect ratio) pairs, in order.

    `strides` and `offsets` are each map's (height, width) between centres and of the first one, in pixels; where there
    are none, the centres are spread evenly.
    """

    shapes: tuple[tuple[tuple[float, float], ...], ...]
    strides: tuple[tuple[int, int], ...] = ()
    offsets: tuple[tuple[int, int], ...] = ()

    @property
    def per_map(self) -> tuple[int, ...]:
        """Shapes at each place, map by map."""
        return tuple(len(pairs) for pairs in self.shapes)


@dataclass(frozen=True, slots=True)
class BoxCoder:
    """`faster_rcnn_box_coder`: what encodings are divided by, (y, x, height, width)."""

    scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)


@dataclass(frozen=True, slots=True)
class Suppression:
    """`post_processing.proto`: per-class greedy suppression, then the best of all classes.

    `converter` turns logits into scores: `SIGMOID`, `SOFTMAX` or `IDENTITY`, after division by `logit_scale`.
    `clip_first`: boxes are clipped to the picture before they are compared with each other, as TF1 did before 2019.
    `class_agnostic`, of one-stage detectors: a box is of its best class alone (of equal ones the first), and boxes of
    all classes suppress each other, until `max_total` stay; `max_per_class` then has no say.
    """

    score_threshold: float
    iou_threshold: float
    max_per_class: int
    max_total: int
    converter: str
    logit_scale: float = 1.0
    clip_first: bool = False
    class_agnostic: bool = False


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A detector as its configuration describes it.

    `background` says whether class column 0 is background. `maps` are the (height, width) of the head's feature maps.
    `unsupported` names the fields that ask for something not built here: a detector that has any may not be trusted
    to compute what the original would.
    """

    meta_architecture: str
    feature_extractor: str
    num_classes: int
    background: bool
    resizer: Resizer
    normalisation: Normalisation
    network: Network
    anchors: MultiscaleAnchors | SsdAnchors
    box_coder: BoxCoder
    suppression: Suppression
    maps: tuple[tuple[int, int], ...] = ()
    unsupported: Sequence[str] = ()

    @property
    def variables(self) -> dict[str, Variable]:
        """Every variable by key."""
        return self.network.variables
