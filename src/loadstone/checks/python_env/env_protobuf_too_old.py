"""The installed protobuf is older than the code that was generated for it.

What is seen

    `cannot import name 'builder' from 'google.protobuf.internal'`, `cannot import name 'runtime_version'`,
    `has no attribute '_internal_create_key'`, `unexpected keyword argument 'serialized_options'`, or a `VersionError`
    that names the versions of gencode and runtime.

Why

    A `_pb2.py` file calls functions of the protobuf it was generated for: those of protoc 3.20 need `builder`, those of
    5.26 and newer check the runtime's version. Files come from TensorFlow's wheel, or from a protoc that ran here.

Remedy

    Install a newer protobuf, within what TensorFlow allows; or generate the files again with an older protoc.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.python_env._rules import broken_rule, install
from loadstone.checks.subject import Subject
from loadstone.environment.versions import order
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding

FAULT = Fault(
    "env-protobuf-too-old",
    "error",
    help='install a newer protobuf: python -m pip install --upgrade "protobuf>=3.20.3,<5"',
    reference="https://protobuf.dev/support/cross-version-runtime-guarantee/",
)

TEXTS = (
    Saying(
        r"cannot import name '?builder'?(?: from '?google\.protobuf|\s*$|\s*\()",
        "generated code of protoc 3.20 or newer needs `builder`, and the installed protobuf is older than 3.20",
    ),
    Saying(
        r"cannot import name '?runtime_version'? from '?google\.protobuf",
        "generated code of protoc 5.26 or newer needs `runtime_version`, and the installed protobuf is older",
        help='install the protobuf that the code was generated for: python -m pip install --upgrade "protobuf>=5.28"',
    ),
    Saying(
        r"[Ii]ncompatible Protobuf Gencode/Runtime versions[\s\S]{0,300}?gencode (?P<code>[\d.]+\d)[\s\S]{0,40}?"
        r"runtime (?P<runtime>[\d.]+\d)",
        "the code was generated for protobuf {code}, and {runtime} is installed",
        help='install what the code was generated for: python -m pip install --upgrade "protobuf>={code}"',
    ),
    Saying(
        r"has no attribute '_internal_create_key'|unexpected keyword argument '(?:serialized_\w+|create_key)'"
        r"|[Nn]o module named '?google\.protobuf\.internal\.(?:builder|enum_type_wrapper)",
        "generated code calls what the installed protobuf does not have yet",
    ),
    Saying(
        r"cannot import name '?(?P<name>symbol_database|descriptor_pool|enum_type_wrapper|empty_pb2|message_factory)'?"
        r"[^\n]*google[./]protobuf",
        "the installed protobuf has no {name}, which generated code imports",
        certainty="likely",
    ),
    Saying(
        r"__init__\(\) got an unexpected keyword argument '(?:syntax|file|options)'",
        "generated code calls what the installed protobuf does not have yet",
        needs=(r"_pb2\.py|google[./]protobuf|_descriptor",),
        certainty="likely",
    ),
    Saying(
        r"module 'collections' has no attribute 'Mutable(?:Mapping|Sequence)'",
        "the installed protobuf is older than this Python, which has moved what it uses",
        needs=(r"google[./\\]protobuf",),
    ),
    Saying(
        r"__new__\(\) got an unexpected keyword argument '(?:syntax|file|options|serialized_pb)'",
        "generated code calls what the installed protobuf does not have yet",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment's protobuf is too old for its TensorFlow."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where protobuf is below the lower bound of the installed TensorFlow."""
    broken = broken_rule(environment, "protobuf")
    if broken is None:
        return
    lowers = [part.strip()[2:] for part in broken.rule.split(",") if part.strip().startswith(">=")]
    if any(order(broken.found) < order(lower) for lower in lowers):
        fact = f"protobuf {broken.found} is older than what TensorFlow {broken.tensorflow} needs"
        yield FAULT.finding(fact, broken.evidence(environment), help=f"install: {install('protobuf' + broken.rule)}")
