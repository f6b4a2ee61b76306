"""The model needs classes or functions of its author's that the loader was not given.

What is seen

    `Unknown layer: 'AttentionLayer'`, `Could not locate class 'X'. Make sure custom classes are decorated with
    @keras.saving.register_keras_serializable()`, `Unknown activation function`.

Why

    A Keras file names the classes of its layers and stores the arguments of their constructors. The code itself
    is not in the file.

Remedy

    Pass all of them at once: `load_model(FILE, custom_objects={…})`, or import the module that registers them.
    `loadstone check FILE --skeleton custom.py` writes a module to fill in, with every name, argument and weight
    shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from loadstone.checks.custom.custom_compile_object import LOSSES
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import in_targets_words, keras_file
from loadstone.checks.views.keras_missing import LATER, missing, weights_of
from loadstone.dialects.custom import HOMES, Missing
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "custom-object-not-registered",
    "error",
    help="load_model(FILE, custom_objects={...}) with every one of them",
)

TEXTS = (
    Saying(
        (
            r"Unknown (?P<kind>layer|activation function|activation|initializer|regularizer|constraint|object"
            rf"|config_item):? ?'?(?P<name>(?!(?:{LATER})\b)"
            r"(?!Functional|Policy|TFOpLambda|SlicingOpLambda|DTypePolicy|Convolution"
            r"|ClassMethod|InstanceProperty|TensorFlowOpLayer|Merge|MaxoutDense|Highway|Custom>Adam"
            r"|BatchNormalizationV|Glorot(?:Uniform|Normal)\b|(?:He|Lecun)(?:Uniform|Normal)\b|type\b"
            r"|TimeDistributedDense|AtrousConv|Deconvolution|SeparableConvolution)[A-Za-z_][\w>.]*)"
        ),
        "the file needs the {kind} `{name}`, which is not Keras' own and was not given to the loader",
        help="load_model(FILE, custom_objects={{'{name}': {name}}})",
    ),
    Saying(
        (
            r"Could not locate class '(?P<name>(?!Functional|Sequential|Model'|Policy|TFOpLambda|SlicingOpLambda"
            r"|LSTM|GRU|SimpleRNN|Dense'|Conv[123]D'|ClassMethod|Convolution)\w[\w>.]*)'"
        ),
        "the file needs the class `{name}`, which was not registered when it was loaded",
        help="import the module that defines it first, or load_model(FILE, custom_objects={{'{name}': {name}}})",
    ),
    Saying(
        r"Could not locate function '(?P<name>(?!mse'|mae'|mape'|msle'|bce'|kld'|acc'|accuracy'|cosine'|logcosh')\w+)'",
        "the file needs the function `{name}`, which was not given to the loader",
        unless=(rf"Could not locate function '{LOSSES}'",),
        help="load_model(FILE, custom_objects={{'{name}': {name}}})",
        certainty="likely",
    ),
    Saying(
        r"Could not interpret (?:activation function|initializer|regularizer|constraint) identifier: (?P<name>\w+)",
        "the file needs `{name}`, which is not Keras' own",
    ),
    Saying(
        r"Cannot deserialize object of type `(?P<name>\w+)`\. If `\w+` is a custom class",
        "the file needs the class `{name}`, which was not registered when it was loaded",
    ),
    Saying(
        r"Unable to restore (?:custom object of (?:type|class)|a layer of class) \"?(?P<name>[\w>]+)",
        "the SavedModel needs the class `{name}`, which was not registered when it was loaded",
    ),
    Saying(
        (
            r"Could not deserialize class '(?P<name>\w+)' because its parent module (?P<module>(?!keras\."
            r"|tf_keras\.)[\w.]+) cannot be imported"
        ),
        "the file needs {name} of the module {module}, which is not here",
        help="install or import {module}",
    ),
    Saying(
        r"load_model\([^\n]*\)\s*\n?[^\n]*(?:classes not defined|not defined after restart)",
        "the custom classes were not defined when the file was loaded",
        certainty="likely",
    ),
    Saying(
        r"NameError: name '(?P<name>\w+)' is not defined",
        "the code of a Lambda layer uses `{name}`, which is not defined where the model is loaded",
        needs=(r"[Ll]ambda|func_load|python_utils",),
        certainty="likely",
        help="load_model(FILE, custom_objects={{'{name}': {name}}})",
    ),
    Saying(
        r"Unable to restore object of class '(?P<name>\w+)' likely due to name conflict",
        "the class `{name}` has the name of one of Keras' own, and was not registered under another",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every class and function that the file needs, and one with those that Loadstone has."""
    found = subject.view(keras_file)
    wanted = tuple(one for one in subject.view(missing) if not one.brought)
    yield from _brought(subject)
    made = subject.view(in_targets_words)
    names = [f"`{one.key}`" for one in wanted]
    named = [item for item in made.obstacles if item.fault == FAULT.name] if made else []
    names += [f"`{item.found.strip(chr(34))}`" for item in named]
    if found is None or not names:
        return
    weights = weights_of(subject, wanted)
    place = f"{subject.source}: {found.place}"
    evidence = [_evidence(place, one, weights) for one in wanted]
    evidence += [
        Evidence(f"{place}: {item.where}", f"calls the Python function {item.found}", "given") for item in named
    ]
    several = "objects" if len(names) > 1 else "object"
    fact = f"the file needs {len(names)} {several} of its author's own: {', '.join(names[:12])}"
    help_ = (
        f"loadstone check {subject.in_shell} --skeleton custom.py   writes what to fill in; pass it as custom_objects"
    )
    yield FAULT.finding(fact, *evidence, help=help_)


def _brought(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with the layers of other packages that the repair replaces by Loadstone's own."""
    found, brought = subject.view(keras_file), [one for one in subject.view(missing) if one.brought]
    if found is None:
        return
    if ours := [one.name for one in brought if one.ours]:
        yield FAULT.finding(
            f"the file needs {', '.join(ours)} of Loadstone, which `import loadstone` makes known to Keras",
            Evidence(f"{subject.source}: {found.place}", ", ".join(f"loadstone>{name}" for name in ours)),
            help=f"import loadstone before load_model, or loadstone.load({json.dumps(subject.source)})",
            severity="info",
        )
    wanted = tuple(one for one in brought if not one.ours)
    if not wanted:
        return
    place, weights = f"{subject.source}: {found.place}", weights_of(subject, wanted)
    names = ", ".join(f"`{one.name}` of {one.package}" for one in wanted)
    yield FAULT.finding(
        f"the file needs {names}, which Loadstone computes as well",
        *(_evidence(place, one, weights) for one in wanted),
        help=f"loadstone fix {subject.in_shell}   names Loadstone's own; import loadstone before load_model",
        repair="keras-dialect",
    )


def _evidence(place: str, one: Missing, weights: dict[str, list[str]]) -> Evidence:
    stored = ", ".join(f"{key}={value!r}"[:80] for key, value in list(one.arguments.items())[:8])
    shapes = next((weights[layer] for layer in one.used if weights.get(layer)), [])
    told = f"{one.name}({stored})" + (f"; weights {', '.join(shapes[:6])}" if shapes else "")
    home = one.package or HOMES.get(one.name, "")
    return Evidence(
        f"{place}: {', '.join(one.used[:4])}", told, f"the class of {home}" if home else f"a {one.kind} of that name"
    )
