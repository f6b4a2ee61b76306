"""A graph uses operations of another package, which was not imported.

What is seen

    `Op type not registered 'SentencepieceOp' in binary running on …`.

Why

    TensorFlow finds operations by name in what was loaded into the process. Those of tensorflow_text and others
    are registered when their package is imported.

Remedy

    Install the package of TensorFlow's own release and import it before the model: `pip install
    tensorflow-text==2.N`, `import tensorflow_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.op_packages import package_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "op-not-registered",
    "error",
    help="install the package that has the operation, of TensorFlow's own release, and import it first",
)


_PATTERN = re.compile(r"Op type not registered \\?'(?P<op>[^'\\\n]+)")
_NAMED = re.compile(r"(?:No op named |KeyError: ')(?P<op>[A-Z]\w+)")
_NOT_BUILT_IN = re.compile(
    r"Regular TensorFlow ops are not supported by this interpreter[^\n]*?(?:\((?P<flex>Flex\w+)\)|$)"
    r"|Select TensorFlow op\(s\), included in the given model, is\(are\) not supported"
    r"|[Ee]ncountered unresolved custom op: (?P<custom>\w+)"
    r"|Unsupported Ops in the model[^\n]*\n?(?P<web>[\w, ]*)",
    re.MULTILINE,
)
_TEXT_ONLY = re.compile(r"Op type not registered of (?P<package>\w+)")


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the operations of a graph that no TensorFlow has, each with its package where that is known."""
    strangers = [name for name in (subject.model.custom if subject.model else ()) if _is_operation(name)]
    if not strangers:
        return
    told = ", ".join(strangers[:8]) + (", ..." if len(strangers) > 8 else "")
    homes = sorted({home for name in strangers if (home := package_of(name))})
    fact = f"the graph uses {len(strangers)} operations that TensorFlow itself does not have: {told}"
    evidence = [
        Evidence(subject.source, name, package_of(name) or "a package that registers it") for name in strangers[:8]
    ]
    installed = subject.environment.packages
    if _OPENCV.issuperset(strangers):
        help_ = "nothing is to be done: it is a text graph for cv2.dnn.readNetFromTensorflow, not for TensorFlow"
        yield FAULT.finding(f"the graph uses layers of OpenCV's own: {told}", *evidence, help=help_, severity="info")
        return
    there = bool(homes) and all(home.partition(" ")[0] in installed for home in homes)
    help_ = f"pip install {' '.join(homes)}, and import it before the model is loaded" if homes else FAULT.help
    yield FAULT.finding(fact, *evidence, help=help_, severity="info" if there else "warning")


_OPENCV = frozenset(("DetectionOutput", "Flatten", "L2Normalize", "Permute", "PriorBox", "Proposal"))
"""Layers that OpenCV's scripts (samples/dnn/tf_text_graph_*.py) write into the text graphs that they make."""


def _is_operation(name: str) -> bool:
    return name.replace(">", "").replace("_", "").isalnum() and package_of(name) != "keras"


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield the operation of a message, and the package that has it."""
    for found in _PATTERN.finditer(text.text):
        op = found["op"]
        home = package_of(op)
        line = Evidence(f"line {text.line_of(found.start())} of the text", found.group())
        if op.startswith("Custom>"):
            continue
        fact = f"the graph uses `{op}`, an operation of {home}" if home else f"this TensorFlow has no operation `{op}`"
        help_ = f"pip install {home} of TensorFlow's own release, and import it before the model" if home else ""
        yield FAULT.finding(fact, line, help=help_, certainty="proved" if home else "possible")
    for found in _NAMED.finditer(text.text):
        if home := package_of(found["op"]):
            line = Evidence(f"line {text.line_of(found.start())} of the text", found.group())
            fact = f"the graph uses `{found['op']}`, an operation of {home}"
            yield FAULT.finding(
                fact, line, help=f"pip install {home}, and import it before the model", certainty="likely"
            )
    for found in _NOT_BUILT_IN.finditer(text.text):
        line = Evidence(f"line {text.line_of(found.start())} of the text", found.group())
        ops = next((words for words in found.groups() if words), "operations of TensorFlow")
        fact = f"the model uses {ops.strip()}, which this runtime was not built with"
        help_ = (
            "a runtime with the Flex delegate (python -m pip install tensorflow), or convert with built-in ones only"
        )
        yield FAULT.finding(fact, line, help=help_, certainty="likely")
    for found in _TEXT_ONLY.finditer(text.text):
        line = Evidence(f"line {text.line_of(found.start())} of the text", found.group())
        package = found["package"]
        yield FAULT.finding(f"the graph uses operations of {package}, which was not imported", line, certainty="likely")
