"""The tags of a SavedModel are not those that loaders ask for.

What is seen

    `MetaGraphDef associated with tags {'serve'} could not be found`, with the tags that there are;
    `saved_model_cli` shows `tag-set: 's, e, r, v, e'`.

Why

    Loaders ask for the tag `serve`. A builder was given the word instead of a list of words, so that each letter
    became a tag; or none; or the graph is for training (`train`) or a TPU alone.

Remedy

    `loadstone fix FOLDER --only set-tags` writes a copy with the tag `serve`; or name the tags:
    `tf.saved_model.load(FOLDER, tags=[…])`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding, Severity

FAULT = Fault(
    "savedmodel-bad-tags",
    "error",
    help="name the tags that it has: tf.saved_model.load(FOLDER, tags=[…])",
    repair="set-tags",
)

TEXTS = (
    Saying(
        r"MetaGraphDef with tag-set: '(?P<tags>\w(?:, \w)+)'",
        "the tags are single letters ({tags}): a text was given where a list of tags is expected",
    ),
    Saying(
        r"MetaGraphDef associated with tags (?P<wanted>[^\n]*?) could not be found in SavedModel"
        r"[\s\S]{0,2000}?available[_ ]tags:? '?\[(?P<tags>[^\]]+)\]",
        "the SavedModel has the tags {tags}, not {wanted}",
    ),
    Saying(
        r"MetaGraphDef associated with tags [^\n]* could not be found in SavedModel"
        r"|Could not find meta graph def matching supplied tags",
        "the SavedModel holds no graph with the tags that were asked for",
        certainty="possible",
    ),
    Saying(
        r"requires a [`']tags=[`'] argument if there is more than one MetaGraph[^\n]*?there are (?P<count>[1-9]\d*)"
        r" MetaGraphs in the SavedModel with tag sets (?P<tags>[^\n]*)",
        "the SavedModel holds {count} graphs, of which none was named: their tags are {tags}",
        unless=(r"\bhub\b|tensorflow_hub", r"tag sets \[[^\n]*\[\]"),
    ),
    Saying(
        r"MetaGraphDef associated with tags (?P<wanted>\W*(?!serve\b)\w[^\n]*?) could not be found in SavedModel",
        "the SavedModel holds no graph with the tags {wanted}, which are not the usual `serve`",
        unless=(r"available[_ ]tags:? '?\[",),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield graphs of which none has the tag `serve`."""
    model = subject.model
    graphs = model.details.get("metagraphs", []) if model else []
    tags = [list(graph["tags"]) for graph in graphs]
    if not tags or any("serve" in one for one in tags):
        return
    shown = "; ".join(", ".join(one) or "no tag" for one in tags)
    letters = any(len(one) > 1 and all(len(word) == 1 for word in one) for one in tags)
    fact = (
        (f"the tags are single letters, {shown}: a text was given for a list")
        if letters
        else f"no graph has the tag serve, but {shown}"
    )
    place = Evidence(f"{subject.source}: meta_info_def.tags", shown, "serve")
    severity: Severity = "error" if letters or len(tags) == 1 else "warning"
    yield FAULT.finding(fact, place, severity=severity, help=f"loadstone fix {subject.in_shell} --only set-tags")
