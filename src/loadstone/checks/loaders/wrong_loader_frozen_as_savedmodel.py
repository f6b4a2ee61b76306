"""A frozen graph is given where a SavedModel is expected.

What is seen

    `MetaGraphDef associated with tags {'serve'} could not be found in SavedModel`, `Could not find meta graph def
    matching supplied tags: { serve }`, and `saved_model_cli show` lists no tag-set.

Why

    A frozen graph was renamed to `saved_model.pb`. It parses as a SavedModel of no graphs, since protobuf skips
    fields that it does not know, so that the loader finds no tags.

Remedy

    Wrap the graph in a SavedModel: `loadstone fix FILE --only wrap-graph`; or load it as what it is, with
    `tf.compat.v1.import_graph_def`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.savedmodel_files import NAMES

FAULT = Fault(
    "wrong-loader-frozen-as-savedmodel",
    "error",
    help="wrap it: loadstone fix FILE --only wrap-graph; or import it: tf.compat.v1.import_graph_def",
    repair="wrap-graph",
)

TEXTS = (
    Saying(
        r"MetaGraphDef associated with tags \{?[^\n]*?\}? could not be found in SavedModel",
        "the SavedModel holds no graph with these tags: most likely its file is a bare frozen graph",
        certainty="likely",
        # A bare graph lacks `serve`; who asks for a train, gpu or tpu graph lacks that one.
        unless=(r"available[_ ]tags:? '?\[\{", r"associated with tags [^\n]{0,40}\b(?:train|gpu|tpu)\b"),
    ),
    Saying(
        r"MetaGraphDef associated with tags [^\n]* could not be found in SavedModel[\s\S]{0,2000}?"
        r"available[_ ]tags:? '?\[\]",
        "the SavedModel holds no graph at all: its file is a bare graph, or another message",
    ),
    Saying(
        r"(?i)saved_model\.pb\b[^\n]{0,40}(?:fr[eo]+ze[nd]?|GraphDef)"
        r"|fr[eo]+zen?[^\n]{0,60}(?:renamed?|copied|moved|cp|mv)[^\n]{0,30}saved_model\.pb",
        "a frozen graph was given the name saved_model.pb; that does not make it a SavedModel",
        certainty="likely",
    ),
    Saying(
        r"SavedModel file does not exist at: (?P<word>all|-\S+)\s*$",
        "{word} was taken for the folder of a SavedModel: --dir "
        "needs the folder itself, which a frozen graph does not have",
        certainty="likely",
    ),
    Saying(
        r"there are 0 MetaGraphs in the SavedModel",
        "the SavedModel holds no graph at all: its file is a bare graph, or another message",
    ),
    Saying(
        r"Cannot parse file b?'?(?P<path>[^\n':]*saved_model\.pb(?:txt)?)'?: ",
        "{path} is no SavedModel: a bare graph under its name, or a damaged file",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a bare graph that is named as a SavedModel's."""
    if subject.candidate is None or subject.path.name not in NAMES:
        return
    fact = f"{subject.path.name} is a bare graph (GraphDef), not a SavedModel: loaders find no tags in it"
    place = Evidence(subject.source, "a GraphDef", "a SavedModel with the tag serve")
    help_ = f"loadstone fix {subject.in_shell} --only wrap-graph"
    yield FAULT.finding(fact, place, help=help_)
