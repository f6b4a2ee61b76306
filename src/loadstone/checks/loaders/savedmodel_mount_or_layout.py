"""A SavedModel does not lie as its loader expects.

What is seen

    `Could not find meta graph def matching supplied tags`, `No versions of servable … found under base path`,
    `Could not find SavedModel .pb or .pbtxt at supplied export directory path`.

Why

    A loader wants a folder with `saved_model.pb` and `variables/` in it; TensorFlow Serving wants a folder of
    folders whose names are numbers. One level too many or too few, a file with another name, or a volume mounted
    at the path of the file itself leaves it without a model.

Remedy

    Give the folder that holds `saved_model.pb`; for Serving, the one above a numbered folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.registry import Candidate
from loadstone.formats.savedmodel_files import NAMES

FAULT = Fault(
    "savedmodel-mount-or-layout",
    "error",
    help="give the folder that holds saved_model.pb; for Serving, the one above a numbered folder",
    repair="lay-out-saved-model",
)

TEXTS = (
    Saying(
        r":(?P<target>/[^\s\"']*/saved_model\.pb)(?=[\"'\s:]|$)",
        "a folder is mounted at {target}, the path of the file itself",
        needs=(r"docker|podman|-v\b|--mount|volumes:",),
    ),
    Saying(
        r"No versions of servable (?P<name>\S+) found under base path (?P<path>\S+)",
        "{path} holds no numbered folder with a SavedModel in it",
    ),
    Saying(
        r"Could not find SavedModel \.pb or \.pbtxt at supplied export directory path: ?(?P<path>[^\n]*)",
        "{path} holds no saved_model.pb",
        certainty="likely",
        unless=(r"export directory path: ?[^\n]*\.pb(?:txt)?\s*$",),
    ),
    Saying(
        r"Could not find meta graph def matching supplied tags: \{ (?P<tags>[^}]*)\}",
        "the file that lies where saved_model.pb is expected holds no graph with the tags {tags}",
        certainty="likely",
        unless=(r"(?i)saved_model\.pb\b[^\n]{0,40}fr[eo]+ze",),
    ),
    Saying(
        r"Could not find base path (?P<path>\S+) for servable (?P<name>\S+)",
        "the server finds no folder {path}, where the model {name} is to lie",
    ),
    Saying(
        r"[Ll]oading servable[^\n]*Could not find SavedModel \.pb",
        "the folder of the servable's version holds no saved_model.pb",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a folder that stands in the place of the file, a graph under another name, or variables beside it."""
    candidate = subject.candidate
    if candidate is None or not candidate.is_folder:
        return
    if subject.container:
        yield from _folder_for_file(subject, candidate)
    elif subject.model is not None and subject.format in ("savedmodel", "tfhub-v1"):
        yield from _renamed(subject)
        yield from _loose(subject, candidate)


def _folder_for_file(subject: Subject, candidate: Candidate) -> Iterator[Finding]:
    inner = [name for name in candidate.names if name.startswith("saved_model.pb/")]
    if inner:
        fact = "saved_model.pb is a folder: something was mounted or unpacked at the path of the file"
        yield FAULT.finding(
            fact, Evidence(f"{subject.source}/saved_model.pb", f"a folder with {inner[0]}", "a file"), mended=False
        )


def _renamed(subject: Subject) -> Iterator[Finding]:
    graph = next((file for file in (subject.model.files if subject.model else ()) if file.role == "graph"), None)
    if graph is not None and graph.state == "present" and graph.path.rpartition("/")[2] not in NAMES:
        fact = f"the graph's file is named {graph.path}; loaders look for saved_model.pb"
        shown = Evidence(f"{subject.source}: {graph.path}", graph.path, "saved_model.pb")
        help_ = f"loadstone fix {subject.in_shell}   copies the folder with the name that loaders look for"
        yield FAULT.finding(fact, shown, help=help_)


def _loose(subject: Subject, candidate: Candidate) -> Iterator[Finding]:
    """Yield variables that lie beside the graph and not in variables/."""
    listed = candidate.tree.listing(candidate.folder)
    loose = [name for name in listed if name.rpartition("/")[2].startswith("variables.") and not name.endswith(".pb")]
    missing = any(
        file.role in ("index", "data") and file.state == "missing"
        for file in (subject.model.files if subject.model else ())
    )
    if loose and missing:
        fact = "the variables lie beside saved_model.pb; loaders look for them in variables/"
        yield FAULT.finding(
            fact, Evidence(subject.source, loose[0].rpartition("/")[2], f"variables/{loose[0].rpartition('/')[2]}")
        )
