"""Which class of a model is which class of a dataset: by name, and where that says nothing, by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadstone.errors import SourceError

SAME = {"aeroplane": "airplane", "motorbike": "motorcycle", "sofa": "couch", "tvmonitor": "tv"}
"""Pascal VOC's names of what COCO has under others; the rest of its twenty differ by a space at most."""

MOST_NAMED = 8
"""Classes that a note names before it counts the others."""


@dataclass(frozen=True, slots=True)
class ClassMatch:
    """`positions`: the model's class id → the position in the dataset's classes. `notes` say how, and what is left."""

    positions: Mapping[int, int]
    notes: tuple[str, ...]


def match_classes(labels: Mapping[int, str], first_id: int, classes: Sequence[str], ids: Sequence[int]) -> ClassMatch:
    """Match a model's `labels` (id → name; `first_id` is that of the first class) with a dataset's classes and ids.

    Names are compared by their letters and digits alone. Where no name fits, or the model has none, ids are taken:
    the dataset's first, which is 0 where it begins there and else 1, is the model's `first_id`.
    Raises `SourceError` where nothing matches.
    """
    if not classes:
        raise SourceError("the dataset has no classes", help="run: loadstone data check DIR")
    places: dict[str, int] = {}
    for place, name in enumerate(classes):
        places.setdefault(_letters(name), place)
    positions = {id_: places[_letters(name)] for id_, name in labels.items() if _letters(name) in places}
    if positions:
        return ClassMatch(positions, _notes("by name", positions, labels, classes))
    offset = first_id - (0 if 0 in ids else 1)
    known = {id_ + offset: place for place, id_ in enumerate(ids)}
    positions = {id_: place for id_, place in known.items() if not labels or id_ in labels}
    if not positions:
        raise SourceError(
            "none of the model's classes is in the dataset",
            expected=_listed(classes),
            found=_listed(labels.values()),
            help="name the model's classes as the dataset names them: --labels FILE",
        )
    why = "the model names none" if not labels else "no name is in both"
    how = f"by id, because {why}: {_pairs(positions, labels, classes)}"
    return ClassMatch(positions, _notes(how, positions, labels, classes))


def notes_on_labels(given: Mapping[int, str], own: Mapping[int, str]) -> tuple[str, ...]:
    """Return a sentence where the labels given do not name the classes, by id, that a model's own files name."""
    lacking, beyond = own.keys() - given.keys(), given.keys() - own.keys()
    if not own or not (lacking or beyond):
        return ()
    without = f", and not {_listed(own[id_] for id_ in sorted(lacking))}: never counted" if lacking else ""
    more = f"; the model lists no class {_listed(map(str, sorted(beyond)))}" if beyond else ""
    return (f"the labels given name {len(own) - len(lacking)} of the model's {len(own)} classes{without}{more}",)


def _letters(name: str) -> str:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return SAME.get(plain, plain)


def _notes(
    how: str, positions: Mapping[int, int], labels: Mapping[int, str], classes: Sequence[str]
) -> tuple[str, ...]:
    matched = set(positions.values())
    notes = [f"{len(matched)} of the dataset's {len(classes)} classes are matched {how}"]
    unknown = [name for place, name in enumerate(classes) if place not in matched]
    if unknown:
        notes.append(f"the model does not know, and so never finds: {_listed(unknown)}")
    beyond = [name for id_, name in labels.items() if id_ not in positions]
    if beyond:
        notes.append(f"the dataset does not have, and so is not counted: {_listed(beyond)}")
    return tuple(notes)


def _pairs(positions: Mapping[int, int], labels: Mapping[int, str], classes: Sequence[str]) -> str:
    return _listed(f"{labels.get(id_, id_)} = {classes[place]}" for id_, place in positions.items())


def _listed(words: Iterable[str]) -> str:
    every = [*words]
    left = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {left:,} more" if left > 0 else "") if every else "none"
