"""Which of a detector's classes each class of the data is, and whether the heads have to be made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.errors import FormatError


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """`count` classes the detector is to have, with these `labels` (id from 1 → name); `order` is each data class's
    number in it, from 0. `note` says how, in a sentence.
    """

    count: int
    labels: Mapping[int, str]
    order: tuple[int, ...]
    note: str = ""


def plan_classes(
    classes: Sequence[str], ids: Sequence[int], *, known: Mapping[int, str], count: int, fixed: bool
) -> ClassPlan:
    """Return the plan for data with these classes, and a detector with `count` classes named `known`.

    Where the detector has just the data's names, they stay what they are to it. Else the data decides the number, and
    its classes stand in their own order. `fixed` is a configuration's number: the label map's ids, from 1, are classes.
    Raises `FormatError` where the data has classes that a fixed number has no room for.
    """
    if fixed:
        return _by_id(classes, ids, count)
    if classes and sorted(known.values()) == sorted(classes):
        places = {name: number for number, name in known.items()}
        return ClassPlan(count, dict(known), tuple(places[name] - 1 for name in classes))
    labels = dict(enumerate(classes, 1))
    note = ""
    if len(classes) != count:
        note = f"the data has {_counted(len(classes))}, the model {count:,}: the heads that tell them apart begin anew"
    elif known and dict(known) != labels:
        note = f"the data's {_counted(len(classes))} take the place of the model's, whose heads are kept"
    return ClassPlan(len(classes), labels, tuple(range(len(classes))), note)


def refuse_other_labels(classes: Sequence[str], ids: Sequence[int], labels: Mapping[int, str], where: str) -> None:
    """Raise `FormatError` where a label map gives a class of the data another number, or does not have it.

    Which is right cannot be told from here: trained all the same, one class would go by another's name.
    """
    wrong = [(number, name) for number, name in zip(ids, classes, strict=True) if labels.get(number) != name]
    if not wrong:
        return
    number, name = wrong[0]
    own = {known: at for at, known in labels.items()}.get(name)
    said = f"{labels[number]!r}" if number in labels else f"no class {number:,}"
    raise FormatError(
        f"the label map does not match the data in {len(wrong):,} of its {_counted(len(classes))}",
        where=where,
        expected=f"{name!r} with the id {number:,}, as the data has it",
        found=said if own is None else f"{said}; {name!r} has the id {own:,}",
        help="name the label map that belongs to the data, or leave label_map_path out: the data names its classes",
    )


def _by_id(classes: Sequence[str], ids: Sequence[int], count: int) -> ClassPlan:
    """Take ids as the original does: a label map's id less one is the class."""
    first = 0 if 0 in ids else 1
    order = tuple(one - first for one in ids)
    if any(not 0 <= one < count for one in order):
        worst = max(zip(ids, classes, strict=True))
        raise FormatError(
            "the data has a class that the configuration's num_classes has no room for",
            expected=f"ids up to {count - 1 + first:,}",
            found=f"{worst[1]!r}, id {worst[0]:,}",
            help="set num_classes in the configuration, or name another label map",
        )
    labels = {number + 1: name for number, name in zip(order, classes, strict=True)}
    note = "" if len(classes) == count else f"num_classes is {count:,}, and the data has {_counted(len(classes))}"
    return ClassPlan(count, labels, order, note)


def _counted(count: int) -> str:
    return "1 class" if count == 1 else f"{count:,} classes"
