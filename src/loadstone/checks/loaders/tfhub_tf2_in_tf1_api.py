"""A TF Hub module of the second format is given to `hub.Module`.

What is seen

    `RuntimeError: Missing implementation that supports: loader(*('…',), **{})` although the files are whole; `Op
    type not registered` for a function call.

Why

    Modules of the second format are SavedModels of TensorFlow 2 without a `tfhub_module.pb`; `hub.Module` looks
    for that file.

Remedy

    Load it with `hub.load` or `hub.KerasLayer` in TensorFlow 2, or take the first format of the module (its
    address ends in another number).
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "tfhub-tf2-in-tf1-api",
    "error",
    help="load it with hub.load or hub.KerasLayer in TensorFlow 2, or take the first format of the module",
)

TEXTS = (
    Saying(
        r"module 'tensorflow_hub' has no attribute 'KerasLayer'",
        "this tensorflow_hub is too old for modules of TensorFlow 2",
        help="python -m pip install --upgrade tensorflow-hub, beside TensorFlow 1.15 or newer",
    ),
    Saying(
        r"(?P<module>\S+) does not appear to be a valid module",
        "{module} is of the second format, which hub.Module does not read",
        certainty="likely",
    ),
    Saying(
        r"Missing implementation that supports: loader\(",
        "hub.Module found no module of the first format: it is of the second, or its files are incomplete",
        certainty="possible",
        needs=(r"hub\.Module|module\.py|native_module|registry\.py",),
    ),
    Saying(
        r"hub\.Module\([^\n]*(?:/[2-9]|tf2)[^\n]*\)",
        "hub.Module is given a module of TensorFlow 2",
        certainty="possible",
        needs=(
            (
                r"Missing implementation"
                r"|not registered|RuntimeError"
            ),
        ),
    ),
)
