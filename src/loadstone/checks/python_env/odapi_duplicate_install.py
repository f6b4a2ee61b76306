"""Two copies of the Object Detection API (or of its protos) are on the path at once.

What is seen

    `model_config not of type model_pb2.DetectionModel`, or `Couldn't build proto file into descriptor pool`, `duplicate
    file name`, `A file with this name is already in the pool`.

Why

    A class of one copy is not that of the other, and protobuf's pool takes each file once. One copy is usually an egg
    or a package in site-packages, the other the checkout that PYTHONPATH names.

Remedy

    Keep one: python -m pip uninstall object-detection, or take `models/research` off PYTHONPATH.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "odapi-duplicate-install",
    "error",
    help="keep one copy: python -m pip uninstall object-detection, then see which is left: "
    'python -c "import object_detection; print(object_detection.__path__)"',
)

TEXTS = (
    Saying(
        r"(?P<what>\w+) not of type (?:\w+\.)*(?P<type>\w+_pb2\.\w+)",
        "{what} is of another copy's {type}: the Object Detection API is there twice",
    ),
    Saying(
        r"(?:Couldn't build proto file into descriptor pool|duplicate (?:file name|symbol)|Conflict register for file"
        r"|[Aa] file with this name is already in the pool)[^\n]*",
        "a proto file is registered twice: the Object Detection API is there twice",
        needs=(r"object_detection[/.\\]",),
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the target environment has the API more than once."""
    if subject.top:
        yield from from_environment(subject.environment)


def from_environment(environment: Environment) -> Iterator[Finding]:
    """Yield a finding where the package lies in more than one folder of the path."""
    places = environment.copies.get("object-detection", ())
    if len(places) > 1:
        fact = f"the Object Detection API is installed {len(places)} times; the first copy counts"
        where = [Evidence(place, "object-detection") for place in places]
        yield FAULT.finding(fact, *where, severity="warning")
