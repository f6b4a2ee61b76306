"""A program for the TF1 zoo looks for `frozen_inference_graph.pb`, which TF2 exports do not have.

What is seen

    `NotFoundError: …/frozen_inference_graph.pb; No such file or directory`.

Why

    The TF2 zoo's archives and `exporter_main_v2.py` give `checkpoint/`, `saved_model/` and `pipeline.config`.

Remedy

    Load `saved_model/`, or make a frozen graph of it: `loadstone fix FOLDER/saved_model --only freeze-saved-
    model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "zoo-tf2-archive-has-no-frozen-graph",
    "error",
    help="load saved_model/, or freeze it: loadstone fix FOLDER/saved_model --only freeze-saved-model",
    repair="freeze-saved-model",
)

TEXTS = (
    Saying(
        r"(?P<path>(?<![^\s'\"])[^\s'\"]{0,400}frozen_inference_graph\.pb)['\"]?[;:]? ?(?:: )?"
        r"(?:No such file or directory|not found|does not exist|The system cannot find the file)|(?i:there is no|has no"
        r"|without an?y?|not? contain\w*(?: any)?) frozen_inference_graph\.pb|(?:No such file or directory|not found"
        r"|does not exist)[^\n]{0,300}?(?P<other>(?<![^\s'\"])[^\s'\"]{0,400}frozen_inference_graph\.pb)",
        "{path}{other} is not there: exports of TensorFlow 2 have saved_model/ and checkpoint/ and no frozen graph",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield an export of TensorFlow 2 that is whole and has no frozen graph."""
    candidate = subject.candidate
    if candidate is None or not subject.container:
        return
    names = set(candidate.names)
    roots = {name.removesuffix("pipeline.config") for name in names if name.rpartition("/")[2] == "pipeline.config"}
    for root in sorted(roots):
        here = {name.removeprefix(root) for name in names if name.startswith(root)}
        tf2 = "saved_model/saved_model.pb" in here and any(name.startswith("checkpoint/ckpt-") for name in here)
        if tf2 and "frozen_inference_graph.pb" not in here:
            place = f"{subject.source.rstrip('/')}/{root}".rstrip("/")
            fact = (
                "an export of TensorFlow 2: it has no frozen_inference_graph.pb, "
                "which programs for the TF1 zoo look for"
            )
            help_ = f"loadstone fix {quote(place)}/saved_model --only freeze-saved-model"
            yield FAULT.finding(
                fact, Evidence(place, ("checkpoint/, saved_model/, pipeline.config")), help=help_, severity="info"
            )
