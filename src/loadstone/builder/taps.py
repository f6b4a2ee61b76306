"""Where a detector takes its maps from a backbone: by stride, from the graph itself, or by the layers' names.

The map of a stride is the last one of it that everything deeper comes from: the last node of that stride on every way
from the picture to the deepest map. What only pads, crops or drops is passed over. A backbone whose cells reach back
past a reduction (NASNet) has no such node; there it is the last sum or concatenation of the stride.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Network, Side
from loadstone.builder.graph import strides
from loadstone.errors import SourceError, UnsupportedModelError

PASSED_OVER = ("input", "pad", "crop", "dropout", "affine", "scale")
MERGES = ("add", "concat")
LEVELS = (2, 3, 4, 5)
"""The map of level L has stride 2^L."""

DEEPEST = LEVELS[-1]


@dataclass(frozen=True, slots=True)
class Tap:
    """A backbone's map: its level, the layer that gives it, and its (height, width, channels)."""

    level: int
    layer: str
    position: int
    shape: tuple[Side, ...]

    @property
    def stride(self) -> int:
        """Picture pixels from place to place."""
        return int(2**self.level)


def taps_by_stride(network: Network) -> dict[int, Tap]:
    """Return the taps that the graph itself shows, by level; the network's outputs name its layers."""
    steps = strides(network)
    named = {position: name for name, position in network.outputs.items()}
    maps = [at for at in named if steps[at] is not None]
    if not maps:
        return {}
    deepest = max(maps, key=lambda at: (min(steps[at] or 0, float(2 ** LEVELS[-1])), at))
    through = _dominators(network, deepest)
    found: dict[int, Tap] = {}
    for level in LEVELS:
        own = [at for at in maps if steps[at] == 2**level and network.nodes[at].operation not in PASSED_OVER]
        chosen = [at for at in own if at in through] or [at for at in own if network.nodes[at].operation in MERGES]
        if chosen:
            found[level] = Tap(level, named[max(chosen)], max(chosen), network.nodes[max(chosen)].shape)
    return found


def _dominators(network: Network, end: int) -> set[int]:
    """Return the positions that lie on every way from the input to a node.

    Each is kept as a number whose bits are positions; a node's are those common to its inputs, and itself.
    """
    bits: list[int] = []
    for position, node in enumerate(network.nodes):
        common = -1
        for source in node.inputs:
            common &= bits[source]
        bits.append((common if node.inputs else 0) | 1 << position)
    return {position for position in range(len(network.nodes)) if bits[end] >> position & 1}


def taps_by_name(
    network: Network, names: str | Sequence[str] | Mapping[int, str], refused: Mapping[str, str]
) -> dict[int, Tap]:
    """Return the taps that were named: layers, one layer, or stride → layer.

    Raises `SourceError` for a name that the backbone has not, or whose stride is not a power of 2 from 4 to 32 (or not
    the one said), `UnsupportedModelError` for a layer that has no form here, with the reason.
    """
    steps = strides(network)
    found: dict[int, Tap] = {}
    if isinstance(names, str):
        names = [names]
    wanted = names.items() if isinstance(names, Mapping) else [(None, name) for name in names]
    if not wanted or not all(isinstance(name, str) for _, name in wanted):
        raise SourceError("taps are names of the backbone's layers", expected="one or more", found=repr(names)[:80])
    for said, name in wanted:
        if name in refused:
            raise UnsupportedModelError(f"the layer {name!r} has no form here", found=refused[name])
        if name not in network.outputs:
            raise SourceError("the backbone has no such map", found=name, help=_near(name, network))
        position = network.outputs[name]
        stride = steps[position]
        level = next((level for level in LEVELS if 2**level == stride), None)
        if level is None or (said is not None and said != stride):
            expected = f"stride {said}" if said is not None else "a map of stride 4, 8, 16 or 32"
            raise SourceError(f"the layer {name!r} has another stride", expected=expected, found=_shown(stride))
        if level in found:
            raise SourceError(
                f"two taps have the stride {2**level}", found=f"{found[level].layer}, {name}", help="name one of them"
            )
        found[level] = Tap(level, name, position, network.nodes[position].shape)
    return dict(sorted(found.items()))


def _shown(stride: float | None) -> str:
    return "none: it is no map of the picture" if stride is None else f"{stride:g}"


def _near(name: str, network: Network) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, network.outputs, n=3, cutoff=0.4)
    return f"did you mean: {', '.join(near)}" if near else "leave taps out: they are chosen by stride"
