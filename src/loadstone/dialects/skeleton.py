"""Code to fill in for the custom objects that a file needs: the signature from the stored arguments, the rest open."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence

from loadstone.dialects.custom import Missing

_HEAD = '''"""What {source} needs to load. The arguments and shapes are the file's; what the code did is not in it."""

import keras
'''


def skeleton(source: str, missing: Sequence[Missing], weights: Mapping[str, Sequence[str]]) -> str:
    """Return a module that defines every missing object as far as the file tells.

    `weights` maps a layer's name to lines that say which weights the file has for it.
    """
    parts = [_HEAD.format(source=source.rpartition("/")[2])]
    parts += [_function(one) if one.kind == "function" else _class(one, weights) for one in missing]
    names = "\n".join(f"    {one.key!r}: {_identifier(one.name)}," for one in missing)
    parts.append(f"custom_objects = {{\n{names}\n}}\n")
    return "\n\n".join(parts)


def _function(one: Missing) -> str:
    return f"{_used(one)}def {_identifier(one.name)}(x):\n    ...\n"


def _class(one: Missing, weights: Mapping[str, Sequence[str]]) -> str:
    arguments = [name for name in one.arguments if name.isidentifier() and not keyword.iskeyword(name)]
    base = "keras.layers.Layer" if one.kind == "layer" else "object"
    lines = [
        f"{_used(one)}class {_identifier(one.name)}({base}):",
        f"    def __init__(self, {', '.join([*(f'{name}=None' for name in arguments), '**kwargs'])}):",
        "        super().__init__(**kwargs)",
        *(f"        self.{name} = {name}  # in the file: {_shown(one.arguments[name])}" for name in arguments),
    ]
    if one.kind == "layer":
        lines += ["", "    def build(self, input_shape):", *_weight_lines(one.used, weights), "        ..."]
        lines += ["", "    def call(self, inputs):", "        ..."]
    stored = ", ".join(f"{name!r}: self.{name}" for name in arguments)
    parent = "super().get_config()" if one.kind == "layer" else "{}"
    lines += ["", "    def get_config(self):", f"        return {{**{parent}, {stored}}}".replace(", }", "}")]
    return "\n".join(lines) + "\n"


def _weight_lines(used: Iterable[str], weights: Mapping[str, Sequence[str]]) -> list[str]:
    for layer in used:
        if weights.get(layer):
            return [f"        # The file's weights of {layer}: {', '.join(weights[layer])}"]
    return ["        # The file has no weights for it."]


def _used(one: Missing) -> str:
    places = ", ".join(name for name in one.used[:6] if name) or "the model"
    package = f"; defined in {one.package}" if one.package else ""
    return f"# Used by {places}{' and others' if len(one.used) > 6 else ''}{package}.\n"


def _identifier(name: str) -> str:
    plain = "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name)
    return plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"_{plain}"


def _shown(value: object) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:77]}..."
