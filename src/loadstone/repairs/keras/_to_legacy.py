"""The weights of a `.keras` archive as legacy HDF5 lists them: by layer, those that train first.

A reader of legacy HDF5 takes each layer's arrays in order; a model inside the model is one layer to it, whose arrays
that do not train (moving averages, frozen layers) all stand at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadstone.dialects.paths import below, layer_paths
from loadstone.dialects.tree import Config, children, layer_list, name_of, own
from loadstone.wire.hdf5.writer import OutArray, OutGroup

_MOST_ATTRIBUTE_BYTES = 60_000
_STATISTICS = ("BatchNormalization",)
_NEVER_TRAIN = ("Normalization",)


def legacy_weights(model: Config, arrays: Mapping[str, OutArray], version: str) -> OutGroup:
    """Return the group `model_weights` for a model whose archive has these arrays by path."""
    top = OutGroup(attributes={"backend": "tensorflow", "keras_version": version})
    paths = layer_paths(model)
    names = []
    for layer in children(model):
        name = name_of(layer)
        names.append(name)
        found = sorted(_arrays(layer, paths[name], arrays, trains=True), key=lambda item: not item[1])
        weights = [f"{name}/weight_{number}:0" for number in range(len(found))]
        group = top.group(name)
        _list(group, "weight_names", weights)
        for weight, (path, _) in zip(weights, found, strict=True):
            group.put(weight, OutArray(arrays[path].read))
    _list(top, "layer_names", names)
    return top


def _arrays(layer: Config, path: str, arrays: Mapping[str, OutArray], *, trains: bool) -> Iterator[tuple[str, bool]]:
    """Yield (path, whether it trains) of a layer's arrays, in the order in which the layer has them."""
    trains = trains and own(layer).get("trainable", True) is not False
    if layer_list(layer):
        for name, inner in zip(layer_paths(layer).values(), children(layer), strict=True):
            yield from _arrays(inner, f"{path}/{name}", arrays, trains=trains)
        return
    found = [item for item in below(path, arrays) if "seed_generator" not in item]
    learned = sum(own(layer).get(key, True) is not False for key in ("scale", "center"))
    for number, item in enumerate(found):
        statistic = layer["class_name"] in _STATISTICS and number >= learned
        yield item, trains and not statistic and layer["class_name"] not in _NEVER_TRAIN


def _list(group: OutGroup, attribute: str, names: list[str]) -> None:
    """Put a list of names into an attribute, or into numbered parts where it is too long for one, as Keras does."""
    width = max((len(name.encode()) for name in names), default=0)
    most = max(1, _MOST_ATTRIBUTE_BYTES // max(width, 1))
    if len(names) <= most:
        group.attributes[attribute] = names
        return
    for number, start in enumerate(range(0, len(names), most)):
        group.attributes[f"{attribute}{number}"] = names[start : start + most]
