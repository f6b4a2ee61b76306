"""What stands beside a checkpoint and tells about it: its `.meta` graph, and the signs of a detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadstone.errors import LoadstoneError
from loadstone.facts import DetectorFacts, FileFact, Tensors
from loadstone.facts.tensor import Shape
from loadstone.formats.checkpoint.shards import file_fact, lacks, shortage
from loadstone.formats.detection import recognise
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class MetaFacts:
    """The `.meta` file of a checkpoint, if there is one, and what it records of its maker."""

    files: tuple[FileFact, ...] = ()
    producer: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def meta_facts(tree: Tree, prefix: str) -> MetaFacts:
    """Return the facts of the MetaGraph beside a prefix. It is an extra: absent or broken, the checkpoint stands."""
    name = f"{prefix}.meta"
    if tree.size(name) is None:
        return MetaFacts()
    fact = file_fact(tree, name, "metagraph")
    if lacks(fact):
        return MetaFacts((fact,), notes=(shortage(fact),))
    try:
        return MetaFacts((fact,), _producer(tree, name))
    except LoadstoneError as error:
        return MetaFacts((fact,), notes=(f"{name.rpartition('/')[2]} is not readable: {error}",))


def _producer(tree: Tree, name: str) -> dict[str, str]:
    """Return the versions that a MetaGraph records; its nodes are stepped over."""
    from loadstone.formats.graph.producer import producer_facts
    from loadstone.formats.message_file import open_message
    from loadstone.wire.schemas.saved_model import META_GRAPH

    message = open_message(tree, name, META_GRAPH)
    version = message.message("meta_info_def").text("tensorflow_version")
    versions = message.message("graph_def").message("versions")
    producer = producer_facts(versions.sint("producer"), versions.sint("min_consumer"))
    return {**({"tensorflow": version} if version else {}), **producer}


def detector_facts(candidate: Candidate, tensors: Tensors) -> tuple[DetectorFacts | None, tuple[str, ...]]:
    """Return what names, shapes and a configuration nearby tell of a detector, and notes on what contradicts."""
    shapes: dict[str, Shape | None] = {spec.name: spec.shape for spec in tensors.specs}
    # Where the object graph is readable, a variable's own name tells as much as its key.
    shapes |= {spec.tensor_name: spec.shape for spec in tensors.specs if spec.tensor_name}
    return recognise(shapes, (), candidate.tree, candidate.folder)
