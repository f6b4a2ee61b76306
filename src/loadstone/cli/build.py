"""`loadstone build --head HEAD --backbone NAME --num-classes N --input-size SIDE --output built.keras`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.cli.argument_types import numbers, positive, size

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADS = ("ssd", "retinanet", "faster-rcnn", "yolo", "centernet")
NECKS = ("none", "fpn", "bifpn", "pan")
SUMMARY = "build a detector from a head, a neck and any backbone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--head", required=True, choices=HEADS)
    parser.add_argument(
        "--backbone", required=True, metavar="NAME", help="in keras.applications, or a Keras model's file"
    )
    parser.add_argument("--num-classes", type=positive, metavar="N", help="default: as many as --labels names")
    parser.add_argument("--input-size", type=size, default=(320, 320), metavar="SIDE", help="320 (default), or 320x640")
    parser.add_argument("--neck", choices=NECKS, help="default: the head's usual one")
    parser.add_argument(
        "--weights", default="imagenet", metavar="WHAT", help="imagenet (default), none for random ones, or a file"
    )
    parser.add_argument("--taps", metavar="LAYER,…", help="the backbone's layers to take maps from; default: by stride")
    parser.add_argument("--freeze", metavar="WHAT", help="backbone, or the stride of the map up to which layers stay")
    parser.add_argument("--width", type=positive, metavar="N", help="channels of neck and head")
    parser.add_argument(
        "--anchor-ratios", type=numbers, metavar="RATIO,…", help="width by height of anchors: 0.33,0.5,1,2,3"
    )
    parser.add_argument(
        "--anchor-scales", type=numbers, metavar="SCALE,…", help="pyramids: one, in strides; ssd: one a map, in sides"
    )
    parser.add_argument("--scales-per-octave", type=positive, metavar="N", help="sizes of anchors a level of a pyramid")
    parser.add_argument("--class-agnostic", action="store_true", help="boxes of all classes suppress each other")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="names of the classes, one a line, or a label map")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="a .keras file")
    parser.add_argument("--force", action="store_true", help="let --output replace the .keras file that stands there")
    parser.add_argument("--summary", action="store_true", help="show parts, maps, anchors and parameters")


def run(arguments: argparse.Namespace) -> int:
    """Build, show, save."""
    from loadstone.cli.quiet import quieten

    quieten()
    from loadstone.api.build import build

    if arguments.output:
        from loadstone.runtime.save_keras import checked_target

        _refuse_taken(checked_target(arguments.output), force=arguments.force)
    labels = _labels(arguments.labels) if arguments.labels else None
    model = build(
        arguments.head,
        arguments.backbone,
        _count(arguments.num_classes, labels),
        arguments.input_size,
        arguments.neck,
        taps=arguments.taps.split(",") if arguments.taps else None,
        weights=None if arguments.weights == "none" else arguments.weights,
        freeze=_freeze(arguments.freeze),
        width=arguments.width,
        labels=labels,
        anchor_ratios=arguments.anchor_ratios,
        anchor_scales=arguments.anchor_scales,
        scales_per_octave=arguments.scales_per_octave,
        class_agnostic=arguments.class_agnostic,
    )
    if arguments.summary or not arguments.output:
        model.summary()
    if arguments.output:
        path = model.save(arguments.output)
        print(f"wrote {path}, {path.stat().st_size:,} bytes; next: loadstone train --model {path} --data DIR")
    return 0


def _refuse_taken(output: Path, *, force: bool) -> None:
    if output.exists() and not force:
        from loadstone.errors import RefusedError

        fact = "the output exists already, and is not overwritten"
        raise RefusedError(fact, where=str(output), help="name another, or add --force")


def _labels(path: Path) -> Mapping[int, str]:
    from loadstone.runtime.labels import read_labels

    return read_labels(path, first_id=1)


def _count(given: int | None, labels: Mapping[int, str] | None) -> int:
    if given is None and not labels:
        from loadstone.errors import SourceError

        raise SourceError("how many classes there are is not said", help="name --num-classes N, or --labels FILE")
    return given if given is not None else max(labels or {1: ""})


def _freeze(word: str | None) -> bool | int | str | None:
    if word in (None, "none", "backbone"):
        return word == "backbone"
    return int(word) if word.isdecimal() else word
