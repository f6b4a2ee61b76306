"""The graph was written by a newer TensorFlow than the one that is to read it.

What is seen

    `NodeDef mentions attr 'incompatible_shape_error' not in Op<name=Equal; …> (Check whether your GraphDef-interpreting
    binary is up to date with your GraphDef-generating binary.)`, or `Op type not registered` for an operation that
    newer TensorFlow has of its own.

Why

    Each release adds operations and attributes. TensorFlow refuses a graph that states an attribute which it does not
    know, even where the value is the default. The attribute dates the graph: `explicit_paddings` came with 1.14,
    `Truncate` with 1.11. That the versions are believed to be equal on both sides proves nothing.

Remedy

    Read it with the TensorFlow that the attribute came with, or a newer one; or strip the attributes that hold their
    defaults from a copy of the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.newer_ops import unknown_attributes, unknown_operations
from loadstone.environment.tables.ops import attribute, oldest, operation
from loadstone.facts.finding import Certainty, Evidence, Finding

FAULT = Fault(
    "graph-newer-than-runtime",
    "error",
    help="use a newer TensorFlow, or export the graph with the older one",
    repair="strip-default-attributes",
    reference="https://www.tensorflow.org/guide/versions#compatibility_of_savedmodels_graphs_and_checkpoints",
)

_ATTRIBUTE = re.compile(
    r"(?:NodeDef mentions attr(?:ibute)?|has attribute|mentions unknown attr) ['`\"]?(?P<attr>\w+)['`\"]? "
    r"(?:is )?not in (?:the op definition: ?)?(?:Op<name=(?P<op>\w+))?"
)
_OPERATION = re.compile(r"(?:Op type not registered \\?'|No op named )(?P<op>\w+)")
_PRODUCER = re.compile(
    r"built when GraphDef version was (?P<here>\d+)\. The GraphDef was produced by a binary built when GraphDef "
    r"version was (?P<there>\d+)|min consumer version (?P<wanted>\d+) above current version (?P<current>\d+)"
)
_GENERIC = re.compile(r"GraphDef-interpreting binary is (?:not )?up to date")


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield what the attribute, the operation or the version number of a message says of the graph's age."""
    if found := _ATTRIBUTE.search(error.text):
        entry = attribute(found["attr"], found["op"] or "")
        yield _finding(error, found, _dated(f"the attribute {found['attr']} of {found['op'] or 'a node'}", entry))
    elif (found := _OPERATION.search(error.text)) and (entry := operation(found["op"])) and not entry.gone:
        yield _finding(error, found, _dated(f"the operation {found['op']}", entry), "likely")
    elif found := _PRODUCER.search(error.text):
        here, there = found["here"] or found["current"], found["there"] or found["wanted"]
        if int(there) > int(here):
            fact = f"the graph is of GraphDef version {there}, this TensorFlow of {here}"
            yield _finding(error, found, fact)
    elif found := _GENERIC.search(error.text):
        yield _finding(error, found, "the graph states something that this TensorFlow does not know", "likely")


def _dated(what: str, entry: object) -> str:
    first = getattr(entry, "first", "")
    if first and first != oldest():
        return f"{what} came with TensorFlow {first}, and this TensorFlow does not know it"
    return f"{what} is not known to this TensorFlow: the graph is newer"


def _finding(error: ErrorText, found: re.Match[str], fact: str, certainty: Certainty = "proved") -> Finding:
    number = error.line_of(found.start())
    first = re.search(r"came with TensorFlow ([\d.]+)", fact)
    remedy = (
        f'python -m pip install "tensorflow>={first[1]}", or export the graph anew with the older one' if first else ""
    )
    place = Evidence(f"line {number} of the text", found[0][:300])
    return FAULT.finding(fact, place, help=remedy, certainty=certainty)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the operations and attributes of a graph that the target environment's TensorFlow does not know."""
    tensorflow = subject.environment.packages.get("tensorflow", "")
    if not tensorflow or subject.model is None:
        return
    evidence = [
        Evidence(f"{subject.source}: {what}", "in the graph", f"known since TensorFlow {first}")
        for what, first in (*unknown_operations(subject, tensorflow), *subject.view(unknown_attributes))
    ]
    if evidence:
        names = ", ".join(one.where.partition(": ")[2] for one in evidence[:3])
        more = f" and {len(evidence) - 3} more" if len(evidence) > 3 else ""
        fact = f"TensorFlow {tensorflow} does not know what the graph states: {names}{more}"
        yield FAULT.finding(fact, *evidence)
