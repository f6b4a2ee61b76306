"""Two models compared: what they are, their layers and ends, shapes, configurations, values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from loadstone.differences.pairs import Pairs, paired
from loadstone.differences.texts import changes, flat_json
from loadstone.differences.values import compare_values
from loadstone.facts import LayerFact, ModelFile, TensorSpec
from loadstone.facts.difference import Changed, Difference

ROLES = ("weight", "constant")


def compare_models(left: ModelFile, right: ModelFile, configs: tuple[object, object] = (None, None)) -> Difference:
    """Return everything that differs. `configs` are the Keras configurations as JSON values, None where there is none.

    State of an optimizer and bookkeeping are counted, not compared value by value.
    """
    ours, theirs = _weights(left), _weights(right)
    pairs = paired(ours, theirs)
    values = compare_values(left, right, pairs.pairs)
    aliases = _aliases(left, right)
    structure = [*_renamed(aliases), *_structure(left, right, aliases)]
    found = [*structure, *_tensors(pairs), *_shapes(pairs), *_configurations(configs, aliases), *values.changed]
    return Difference(left.source, right.source, "models", tuple(found), values.same, values.unseen)


def _weights(model: ModelFile) -> list[TensorSpec]:
    """Return the tensors that are compared; a container that tells no roles gives all it has."""
    found = [spec for spec in model.tensors.specs if spec.role == "weight"]
    return found or [spec for spec in model.tensors.specs if spec.role in ROLES]


def _aliases(left: ModelFile, right: ModelFile) -> dict[str, str]:
    """Return right names → left names of layers, where both models have the same kinds of layers in one order.

    Keras counts names on from model to model in one process, so that equal models have other names.
    """
    ours, theirs = list(_layers(left.layers)), list(_layers(right.layers))
    if ours == theirs or [kind for _, kind in ours] != [kind for _, kind in theirs]:
        return {}
    pairs = zip(theirs, ours, strict=True)
    return {_last(two): _last(one) for (two, _), (one, _) in pairs if _last(one) != _last(two)}


def _last(label: str) -> str:
    return label.removeprefix("layer ").rpartition("/")[2]


def _renamed(aliases: Mapping[str, str]) -> Iterator[Changed]:
    if aliases:
        left, right = (", ".join(list(names)[:3]) + (", …" if len(aliases) > 3 else "") for names in _sides(aliases))
        yield Changed("structure", f"names of {len(aliases):,} layers", left, right)


def _sides(aliases: Mapping[str, str]) -> tuple[list[str], list[str]]:
    return list(aliases.values()), list(aliases)


def _structure(left: ModelFile, right: ModelFile, aliases: Mapping[str, str]) -> Iterator[Changed]:
    yield from _facts(_about(left), _about(right, aliases))
    yield from _facts(dict(_layers(left.layers)), dict(_layers(right.layers, aliases=aliases)))
    yield from _facts(_ops(left), _ops(right))
    labels = ({f"label {number}": name for number, name in model.labels.items()} for model in (left, right))
    yield from _facts(*labels)


def _facts(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[Changed]:
    for name in [*left, *(name for name in right if name not in left)]:
        if left.get(name) != right.get(name):
            yield Changed("structure", name, left.get(name, ""), right.get(name, ""))


def _about(model: ModelFile, aliases: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    found = {"format": model.format, **{f"producer {name}": value for name, value in model.producer.items()}}
    if model.detector is not None:
        for name in ("meta_architecture", "feature_extractor", "num_classes", "input_size"):
            value = getattr(model.detector, name)
            if value is not None:
                found[f"detector {name}"] = str(value)
    for end, specs in (("input", model.inputs), ("output", model.outputs)):
        for number, spec in enumerate(specs):
            found[f"{end} {aliases.get(spec.name, spec.name) or number}"] = f"{spec.dtype} {_shape(spec)}"
    found |= {f"signature {one.name}": ", ".join(spec.name for spec in one.inputs) for one in model.signatures}
    return found


def _layers(
    layers: tuple[LayerFact, ...], path: str = "", aliases: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, str]]:
    for layer in layers:
        label = f"{path}{aliases.get(layer.name, layer.name)}"
        yield f"layer {label}", layer.class_name
        yield from _layers(layer.inner, f"{label}/", aliases)


def _ops(model: ModelFile) -> dict[str, str]:
    return {f"operation {name}": f"{count:,}" for name, count in model.ops.items()}


def _tensors(pairs: Pairs) -> Iterator[Changed]:
    for spec in pairs.only_left:
        yield Changed("structure", spec.name, f"{spec.dtype} {_shape(spec)}", "")
    for spec in pairs.only_right:
        yield Changed("structure", spec.name, "", f"{spec.dtype} {_shape(spec)}")


def _shapes(pairs: Pairs) -> Iterator[Changed]:
    for pair in pairs.pairs:
        left, right = (f"{spec.dtype} {_shape(spec)}" for spec in (pair.left, pair.right))
        if left != right:
            yield Changed("shape", pair.left.name, left, right, reason=pair.reason)


def _shape(spec: TensorSpec) -> str:
    return "?" if spec.shape is None else str(list(spec.shape)).replace("None", "?")


def _configurations(configs: tuple[object, object], aliases: Mapping[str, str]) -> list[Changed]:
    if None in configs:
        return []
    left, right = (flat_json(config) for config in configs)
    return changes(left, {_named(path, aliases): aliases.get(value, value) for path, value in right.items()})


_ITEM = re.compile(r"\[([^\]]*)\]")


def _named(path: str, aliases: Mapping[str, str]) -> str:
    return _ITEM.sub(lambda found: f"[{aliases.get(found[1], found[1])}]", path) if aliases else path
