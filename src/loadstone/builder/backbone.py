"""A pretrained classifier's body as a detector takes it: its network up to the taps, its values, its normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loadstone.blueprint.network import Network, Tensor, Writer
from loadstone.blueprint.parts import Normalisation
from loadstone.builder.from_keras import ADVICE, Translation, translate
from loadstone.builder.graph import grafted, pruned
from loadstone.builder.preprocessing import OF_APPLICATIONS, mode_named, without_scaling
from loadstone.builder.taps import DEEPEST, Tap, taps_by_name, taps_by_stride
from loadstone.errors import SourceError, UnsupportedModelError

if TYPE_CHECKING:
    import numpy.typing as npt

Taps = str | Sequence[str] | Mapping[int, str] | None
"""Layers by name, stride → layer, or None for those that the graph itself shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """`network`: picture → the taps, whose outputs are called by level (`C3`); `values` are float32 by key.

    `size` is the picture's (height, width). `notes` are sentences about what was assumed or left out.
    """

    name: str
    size: tuple[int, int]
    network: Network
    taps: Mapping[int, Tap]
    values: Mapping[str, npt.NDArray[Any]]
    normalisation: Normalisation
    notes: tuple[str, ...] = ()

    def write(self, to: Writer, picture: Tensor) -> dict[int, Tensor]:
        """Write the network; return level → map, each with ⌈side / stride⌉ places along a side.

        "Valid" windows cut borders off, which are put back as zeros, the smaller half first: so every level's place
        lies where its anchors are, within half a stride, and a pyramid's levels fit each other.
        """
        outputs = grafted(to, self.network, picture)
        return {level: _aligned(to, outputs[f"C{level}"], self.size, tap.stride) for level, tap in self.taps.items()}


def _aligned(to: Writer, x: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    missing = [-(-side // stride) - (own or 0) for side, own in zip(size, x.shape[:2], strict=True)]
    put = [(max(side, 0) // 2, max(side, 0) - max(side, 0) // 2) for side in missing]
    cut = [(0, max(-side, 0)) for side in missing]
    if any(sum(ends) for ends in put):
        x = to.pad(x, (put[0], put[1]))
    return to.crop(x, (cut[0], cut[1])) if any(sum(ends) for ends in cut) else x


def backbone_of(
    model: Any, size: tuple[int, int], *, name: str = "", taps: Taps = None, preprocessing: str | None = None
) -> Backbone:
    """Return a Keras model as a backbone for pictures of `size`, (height, width).

    `name` is that of its constructor in `keras.applications`, where it is one. `preprocessing` is a word of `MODES`;
    without one the model's own scaling layers say it, or the constructor, or nothing: RGB 0..255.
    Raises `UnsupportedModelError` where a layer that is needed has no form here, `SourceError` for taps that are not
    there or a preprocessing that is not known.
    """
    found = translate(model, size)
    prepared = without_scaling(found.network)
    chosen = _chosen(prepared.network, taps, found)
    mode = preprocessing or (None if prepared.found else OF_APPLICATIONS.get(name))
    normalisation = mode_named(mode) if mode else prepared.normalisation
    notes = [_told(tap) for tap in chosen.values()] + list(found.notes)
    if prepared.found and mode:
        notes.append(f"the backbone's own scaling of pictures is left out: {mode} was asked for")
    elif not prepared.found and not mode:
        notes.append("the backbone does not say how its pictures are scaled: it gets RGB 0..255 as it is")
    network = pruned(prepared.network, {f"C{level}": tap.position for level, tap in chosen.items()})
    values = {key: found.reads[key]() for key in network.variables}
    placed = {level: replace(tap, position=network.outputs[f"C{level}"]) for level, tap in chosen.items()}
    return Backbone(name or found.name, size, network, placed, values, normalisation, tuple(notes))


def _told(tap: Tap) -> str:
    """Return a sentence about a tap, which the summary shows."""
    high, wide, channels = tap.shape
    return f"the map of stride {tap.stride} is {tap.layer!r}, {high} × {wide} × {channels:,}"


def _chosen(network: Network, taps: Taps, model: Translation) -> dict[int, Tap]:
    """Return the taps by name, or by stride; by stride none from within a layer that has no form as a whole."""
    if taps is not None:
        return taps_by_name(network, taps, model.refused)
    whole = {name: at for name, at in network.outputs.items() if not any(up in model.refused for up in _around(name))}
    found = taps_by_stride(Network(network.nodes, whole))
    lost = model.lost if found else model.refused
    if lost and max(found, default=0) < DEEPEST:
        first = next(iter(lost.values()))
        # A layer that is refused for one within it says so, and stands behind it.
        told = max((reason for reason in lost.values() if reason.endswith(first)), key=len)
        fact = f"the backbone's map of stride {2**DEEPEST} cannot be had here" if found else "the backbone has no map"
        raise UnsupportedModelError(fact, found=told, help=ADVICE)
    if not found:
        raise SourceError(
            "the backbone has no map of stride 4, 8, 16 or 32", where=model.name, help="name layers: taps=[…]"
        )
    return found


def _around(name: str) -> list[str]:
    """Return the names of the layers that one lies in."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
