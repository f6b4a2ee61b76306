"""Give the graph of a SavedModel the tag `serve`, and the signature that is its only one the name `serving_default`.

To be asked for: the tags say for what a graph is meant. Variables and assets are copied as they are.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.repairs.graphs._saved import META_GRAPHS, META_INFO, copy_with_graph, fields, graph_path, joined

NAME = "set-tags"
_TAGS = 4


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a SavedModel of which no graph has the tag."""
    graphs = subject.model.details.get("metagraphs", []) if subject.model else []
    path = graph_path(subject)
    if path is None or not graphs or subject.format != "savedmodel" or any("serve" in one["tags"] for one in graphs):
        return None
    edit = Edit(f"{subject.source}: meta_graphs[0].meta_info_def.tags", ", ".join(graphs[0]["tags"]) or None, "serve")
    return Plan(NAME, subject.source, (edit,), "ask", ("savedmodel-bad-tags",), details=path)


def apply(plan: Plan, target: Path) -> None:
    """Copy the folder with the tags replaced in its first graph."""
    path: Path = plan.details
    top = fields(path.read_bytes())
    done = False
    for number, (field, value) in enumerate(top):
        if field == META_GRAPHS and isinstance(value, bytes) and not done:
            top[number] = (field, _tagged(value))
            done = True
    if not done:
        raise LoadstoneError("the SavedModel holds no graph", where=str(path))
    copy_with_graph(path.parent, target, joined(top))


def _tagged(meta: bytes) -> bytes:
    parts = fields(meta)
    info = next((value for field, value in parts if field == META_INFO and isinstance(value, bytes)), b"")
    kept = [(field, value) for field, value in fields(info) if field != _TAGS]
    tagged = joined(sorted([*kept, (_TAGS, b"serve")], key=lambda part: part[0]))
    return joined([(META_INFO, tagged), *(part for part in parts if part[0] != META_INFO)])
