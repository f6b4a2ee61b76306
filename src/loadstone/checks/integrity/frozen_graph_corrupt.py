"""A graph or SavedModel begins as one and is damaged or cut short.

What is seen

    `DecodeError: Error parsing message`, `Truncated message`, `Wire format was corrupt`, `Cannot parse file
    b'…saved_model.pb'`.

Why

    A download stopped or bytes changed. The message is the same for a file of another kind, so that its first
    bytes decide.

Remedy

    Fetch the file again, and compare its size.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.graph.graph_sniff import family

FAULT = Fault(
    "frozen-graph-corrupt",
    "error",
    help="fetch the file again, and compare its size",
)

TEXTS = (
    Saying(
        r"DecodeError: (?:Truncated message|Wire format was corrupt)"
        r"|Error parsing message with type '(?P<kind>[\w.]+)': Wire format was corrupt"
        r"|Cannot parse file b?['\"]?(?P<path>[^'\"\n]*?)['\"]?: Error parsing message",
        "the bytes are no whole {kind} message: cut short, damaged, or another kind of file",
        certainty="possible",
    ),
    Saying(
        r"DecodeError: Error parsing message\s*$",
        "the bytes are no whole message of the kind that was asked for: another kind of file, or damaged",
        certainty="possible",
        needs=(r"(?i)graph_?def|frozen|\.pb\b|import_graph",),
    ),
    Saying(
        r"DecodeError: Error parsing message\s*$",
        "the notebook of the Object Detection API reads a frozen graph there, and the file is no whole one",
        certainty="likely",
        needs=(r"od_graph_def|PATH_TO_(?:CKPT|FROZEN_GRAPH)|frozen_inference_graph",),
        unless=(r"saved_model",),
    ),
    Saying(
        r"Can't parse (?P<path>\S+) as (?:binary|text) proto",
        "the bytes of {path} are no message of the kind that was asked for",
        certainty="possible",
    ),
    Saying(
        r"Protocol message had invalid|Unexpected end-group tag|Protocol message tag had invalid wire type"
        r"|Protocol message contained an invalid tag",
        "the bytes are no message of the kind that was asked for",
        certainty="possible",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield where the message breaks."""
    error, candidate = subject.error, subject.candidate
    if candidate is None or not isinstance(error, FormatError) or isinstance(error, LimitError):
        return
    name = error.where if candidate.is_folder else candidate.name
    head = candidate.head if not candidate.is_folder else b""
    known = family(head) if head else subject.format if subject.format == "savedmodel" else ""
    if not known and not name.endswith((".pb", ".meta")):
        return
    words = {"graph": "the graph", "savedmodel": "the SavedModel", "metagraph": "the MetaGraph"}.get(
        known, "the message"
    )
    how = "is cut short" if isinstance(error, TruncatedError) else "is damaged"
    fact = f"{words} {how}: {error.fact}"
    yield FAULT.finding(fact, Evidence(error.where or subject.source, error.found, error.expected))
