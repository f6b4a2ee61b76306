"""Layers of other people's packages that Loadstone brings, so that a model which needs them loads without the package.

A class is taken for the one that is known only where it stores no other arguments than that one does: the name alone
proves nothing. What each computes is in `detectors/known_layers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import Config, own, where_of

FAULT = "custom-object-not-registered"
OWN = "loadstone>"
"""Under this name our layers are registered with Keras, by `import loadstone`."""
_MODULE = "loadstone.detectors.known_layers"
_EVERY = frozenset({"name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_dtype", "build_config"})


@dataclass(frozen=True, slots=True)
class Known:
    """A class, the package that people have it from, and what its configuration may and must say."""

    package: str
    needed: frozenset[str]
    optional: frozenset[str] = frozenset()


KNOWN: Mapping[str, Known] = {
    "AnchorBoxes": Known(
        "ssd_keras",
        frozenset({"img_height", "img_width", "this_scale", "next_scale", "aspect_ratios", "two_boxes_for_ar1"}),
        frozenset(
            {"this_steps", "this_offsets", "limit_boxes", "clip_boxes", "variances", "coords", "normalize_coords"}
        ),
    ),
    "L2Normalization": Known("ssd_keras", frozenset({"gamma_init"})),
    "UpsampleLike": Known("keras_retinanet", frozenset()),
}


def known(class_name: str, arguments: Config) -> Known | None:
    """Return what is known of a class by its name and stored arguments; None where it is another."""
    found = KNOWN.get(class_name.rpartition(">")[2])
    stored = frozenset(arguments) - _EVERY
    return found if found and found.needed <= stored <= found.needed | found.optional else None


def is_ours(name: str) -> bool:
    """Whether a registered name is one of our own layers'."""
    return name.startswith(OWN)


def adopt(layer: Config, ledger: Ledger) -> None:
    """Name a known class as Loadstone registers it; others are left alone."""
    class_name = str(layer["class_name"])
    found = None if is_ours(class_name) or _registered_by_us(layer) else known(class_name, own(layer))
    if found is None:
        return
    plain = class_name.rpartition(">")[2]
    if ledger.container == "archive" or "module" in layer:
        layer |= {"module": _MODULE, "class_name": plain, "registered_name": f"{OWN}{plain}"}
    else:
        layer["class_name"] = f"{OWN}{plain}"
    reason = f"Loadstone has this layer of {found.package}; `import loadstone` makes it known to Keras"
    ledger.change(FAULT, where_of(layer), "class_name", class_name, f"{OWN}{plain}", reason=reason)


def _registered_by_us(layer: Config) -> bool:
    registered = layer.get("registered_name")
    return isinstance(registered, str) and is_ours(registered)
