"""Make a frozen graph of a SavedModel: its main signature, with the variables as constants.

To be asked for: the file becomes another kind, for loaders that read GraphDefs. Outputs have the signature's names.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.graphs import meta_graphs
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.graph.meta_graph import main_meta_graph, main_signature

NAME = "freeze-saved-model"
ON_REQUEST = True


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a whole SavedModel with a signature; None where the graph cannot be read."""
    model = subject.model
    if model is None or subject.format not in ("savedmodel", "tfhub-v1") or not model.complete:
        return None
    try:
        graphs = subject.view(meta_graphs)
    except LoadstoneError:
        return None
    meta = main_meta_graph(list(graphs)) if graphs else None
    signature = main_signature(meta.signatures) if meta else None
    if meta is None or signature is None:
        return None
    edit = Edit(
        f"{subject.source}: {signature.name}",
        f"a SavedModel with {len(model.tensors):,} tensors beside its graph",
        f"a frozen graph with the outputs {', '.join(spec.name for spec in signature.outputs)}",
    )
    faults = ("wrong-loader-savedmodel-as-frozen", "zoo-tf2-archive-has-no-frozen-graph")
    return Plan(NAME, subject.source, (edit,), "ask", faults, suffix=".pb", details=(meta, signature, model.tensors))


def apply(plan: Plan, target: Path) -> None:
    """Write the GraphDef. Raises `UnsupportedModelError` for a signature that cannot be frozen."""
    from loadstone.graphs.freeze_saved_model import freeze_signature
    from loadstone.graphs.write import graph_bytes

    meta, signature, tensors = plan.details
    target.write_bytes(graph_bytes(freeze_signature(meta, signature, tensors).graph))
