"""A folder: the models in it, the one that is meant, and what else lies there.

What it is: a choice among what `folder_parts` found; the chosen model keeps its own place as `source`, the others are
its `parts`. What it is not: a judge; a model whose files lack is chosen too where nothing better is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from loadstone.facts import ModelFile
from loadstone.formats.folder_parts import Part, read_parts
from loadstone.formats.registry import Candidate

PREFERENCE = (
    "tfhub-v1",
    "savedmodel",
    "frozen-graph",
    "keras-zip",
    "keras-h5",
    "tflite",
    "tfjs-layers",
    "tfjs-graph",
    "checkpoint-v2",
    "checkpoint-v1",
    "metagraph",
    "keras-config",
    "keras-h5-weights",
)
"""Formats from the one that runs with the least help to the one that needs the most."""

AUXILIARY = ("pipeline-config", "label-map", "tfrecord", "archive")
"""What stands beside a model; it is the main thing only where there is no model."""

_NAMED_LINKS = 5


def sniff(candidate: Candidate) -> bool:
    """Return whether the candidate is a folder."""
    return candidate.is_folder


def read(candidate: Candidate) -> ModelFile:
    """Read every model below the folder, and return the main one with the others as its parts."""
    parts, unseen = read_parts(candidate)
    if not parts:
        return _nothing(candidate)
    chosen = min(parts, key=_order)
    others = tuple(part.model for part in parts if part is not chosen)
    main = chosen.model
    detector = main.detector or next((model.detector for model in others if model.detector), None)
    notes = main.notes
    if unseen:
        notes += (f"{unseen:,} more files here were not looked at",)
    notes += tuple(_links(candidate))
    return replace(main, detector=detector, labels=_labels(candidate, chosen, others), notes=notes, parts=others)


def _order(part: Part) -> tuple[int, bool, int, int, bool, str]:
    """Sort the most useful part first: whole before short, told before blank, by preference, outer before inner."""
    kind = part.model.format
    blank = not part.model.complete and not part.model.tensors
    place = PREFERENCE.index(kind) if kind in PREFERENCE else len(PREFERENCE)
    return (_tier(part), blank, place, part.path.count("/"), part.path.endswith("txt"), part.path)


def _tier(part: Part) -> int:
    model = part.model
    if model.format in AUXILIARY:
        return 4
    if model.format == "metagraph" or (part.path.endswith("txt") and not model.parameters):
        # A graph without its weights describes the model in another file.
        return 3
    if model.format not in PREFERENCE:
        return 1 if part.in_place_of_model else 2
    return 0 if model.complete else 1


def _labels(candidate: Candidate, chosen: Part, others: tuple[ModelFile, ...]) -> Mapping[int, str]:
    """Return the main model's labels: its own, else those of the label file beside it or at the top."""
    if chosen.model.labels:
        return chosen.model.labels
    found = _label_file(candidate, chosen) or next((model.labels for model in others if model.labels), {})
    if found and 0 not in found and chosen.model.format == "tflite" and chosen.model.detector is not None:
        # Detection post-processing counts classes from 0, label maps count them from 1.
        return {number - 1: name for number, name in found.items()}
    return found


def _label_file(candidate: Candidate, chosen: Part) -> Mapping[int, str]:
    from loadstone.formats.labels import labels_beside

    prefix = f"{candidate.name}/" if candidate.name else ""
    for folder in dict.fromkeys((f"{prefix}{chosen.folder}".rstrip("/"), candidate.name)):
        if found := labels_beside(candidate.tree, folder):
            return found
    return {}


def _links(candidate: Candidate) -> Iterator[str]:
    """Say which links there are; they are never followed, since a file could point anywhere with them."""
    prefix = f"{candidate.name}/" if candidate.name else ""
    links = [name for name in candidate.tree.links if name.startswith(prefix)]
    for name in links[:_NAMED_LINKS]:
        yield f"the link {name} to {candidate.tree.links[name]} is not followed; name what it points to instead"
    if len(links) > _NAMED_LINKS:
        yield f"{len(links) - _NAMED_LINKS:,} more links are not followed"


def _nothing(candidate: Candidate) -> ModelFile:
    names, links = candidate.names, tuple(_links(candidate))
    if not names:
        notes = ("this folder holds no files", *links)
        return ModelFile(candidate.source, "empty", complete=False, notes=notes)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more files" if len(names) > 5 else "")
    note = f"this folder holds no model that is known here, but {shown}"
    return ModelFile(candidate.source, "unknown", notes=(note, *links))
