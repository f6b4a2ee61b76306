"""The protoc that is to compile the Object Detection API's protos is too old for them.

What is seen

    `Expected "required", "optional", or "repeated".` with `Missing field number.`, at a line with `oneof`; or
    `Unrecognized syntax identifier "proto3"`.

Why

    protoc before 2.6 does not know `oneof`; before 3.0 it does not know proto3. Old systems package 2.5.

Remedy

    Install protoc 3 (its release page has it as one file), and compile again.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "odapi-protoc-too-old",
    "error",
    help="install protoc 3 and compile again: python -m pip install grpcio-tools && python -m grpc_tools.protoc "
    "-I. --python_out=. object_detection/protos/*.proto",
    reference="https://github.com/protocolbuffers/protobuf/releases",
)

TEXTS = (
    Saying(
        r'\.proto:\d+:\d+: Expected "required", "optional", or "repeated"',
        "protoc is older than 2.6: it does not know `oneof`",
    ),
    Saying(
        r'Unrecognized syntax identifier "(?P<syntax>proto3|editions)"',
        "protoc does not know {syntax}: it is too old",
    ),
    Saying(
        r"\.proto:\d+:\d+: Missing field number", "protoc cannot read the protos: it is too old", certainty="likely"
    ),
)
