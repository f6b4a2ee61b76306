"""The Object Detection API's protos were not compiled: there is no `_pb2.py` beside the `.proto` files.

What is seen

    `cannot import name 'preprocessor_pb2'`, or `No module named 'object_detection.protos.…_pb2'`.

Why

    The repository holds `.proto` files; protoc makes the Python from them, once, in the folder `models/research`.

Remedy

    In `models/research`: protoc object_detection/protos/*.proto --python_out=.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "odapi-protos-not-compiled",
    "error",
    help="compile them, in models/research: protoc object_detection/protos/*.proto --python_out=.",
    reference="https://github.com/tensorflow/models/blob/master/research/object_detection/g3doc/tf2.md",
)

TEXTS = (
    Saying(
        r"cannot import name '?(?P<name>\w+_pb2)'?",
        "{name}.py is not there: the protos of the Object Detection API were not compiled",
        needs=(r"object_detection|_pb2",),
        unless=(r"cannot import name '?\w+_pb2'? from '?(?:google|tensorflow)\.",),
    ),
    Saying(
        r"No modules? named '?(?:object_detection[./\\])?(?:protos\.)?(?P<name>\w+_pb2)'?",
        "{name}.py is not there: the protos of the Object Detection API were not compiled",
        unless=(r"No modules? named '?(?:google|tensorflow)\.[\w.]*_pb2",),
    ),
    Saying(
        r"No modules? named '?object_detection\.protos'?"
        r"|object_detection[/\\]protos[^\n]*(?:No such file or directory|Could not make proto path relative)",
        "the compiled protos of the Object Detection API are not there",
        certainty="likely",
    ),
)
