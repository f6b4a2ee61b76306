"""The heads of all stacks of a CenterNet, where the detector looks at the last one's only."""

from __future__ import annotations

import re

from loadstone.blueprint.network import Network

_LAST = re.compile(r"/_prediction_head_dict/(?P<head>[^/]+)/(?P<stack>\d+)/layer_with_weights-1/kernel$")


def all_stacks(network: Network) -> tuple[Network, dict[str, tuple[str, ...]]]:
    """Return the network with every stack's heads as outputs, and each head's outputs in the order of the stacks.

    A head's last output keeps its name; those before it have their stack's number behind it.
    """
    earlier: dict[str, dict[int, int]] = {head: {} for head in network.outputs}
    for position, node in enumerate(network.nodes):
        found = _LAST.search(node.variables[0].key) if node.variables else None
        if found and position not in network.outputs.values():
            earlier[found["head"].replace(".S", "/")][int(found["stack"])] = position
    outputs = dict(network.outputs)
    names: dict[str, tuple[str, ...]] = {}
    for head, positions in earlier.items():
        added = {f"{head}/{stack}": positions[stack] for stack in sorted(positions)}
        names[head] = (*added, head)
        outputs |= added
    return Network(network.nodes, outputs), names
