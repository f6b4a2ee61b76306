"""A dataset on one screen, and as a document: format, splits, classes with their counts, what was skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.report.plain import plain

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset

    Counts = npt.NDArray[np.int64]

ROWS = 24
"""Classes that are shown unless all are asked for; a screen has about fifty lines."""

SENTENCES = 5
_LABEL = 11
_REST = "no split"


def dataset_text(dataset: Dataset, *, everything: bool = False) -> str:
    """Return the report of a dataset, without a final newline; `everything` cuts no list."""
    groups = _groups(dataset)
    counts = {name: class_counts(dataset, rows) for name, rows in groups.items()}
    objects = sum(int(count.sum()) for count in counts.values())
    shown = sum(1 for example in dataset.examples if len(example.objects))
    lines = [f"{dataset.source}   {dataset.format}"]
    listed = ", ".join(f"{len(rows):,} {name}" for name, rows in groups.items())
    lines += _rows("pictures", [f"{len(dataset.examples):,}" + (f": {listed}" if list(groups) != [_REST] else "")])
    empty = len(dataset.examples) - shown
    without = f"; {empty:,} {'has' if empty == 1 else 'have'} none" if empty else ""
    lines += _rows("objects", [f"{objects:,} in {shown:,} pictures{without}"])
    lines += _rows("of these", list(_marks(dataset)))
    if dataset.keypoint_names:
        lines += _rows("keypoints", [f"{len(dataset.keypoint_names):,}: {', '.join(dataset.keypoint_names[:20])}"])
    lines += _rows("classes", [f"{len(dataset.classes):,}"])
    lines += _table(dataset, counts, everything)
    lines += _rows("skipped", _cut(dataset.skipped, everything))
    lines += _rows("note", _cut(dataset.notes, everything))
    return "\n".join(map(plain, lines))


def dataset_document(dataset: Dataset) -> dict[str, Any]:
    """Return the same as plain JSON values, nothing cut."""
    groups = _groups(dataset)
    counts = {name: class_counts(dataset, rows) for name, rows in groups.items()}
    return {
        "schema_version": 1,
        "source": dataset.source,
        "format": dataset.format,
        "pictures": {"" if name == _REST else name: len(rows) for name, rows in groups.items()},
        "classes": [
            {
                "name": name,
                "id": number,
                "objects": {"" if split == _REST else split: int(count[at]) for split, count in counts.items()},
            }
            for at, (name, number) in enumerate(zip(dataset.classes, dataset.ids, strict=True))
        ],
        "unknown": sum(int(count[-1]) for count in counts.values()),
        "keypoints": list(dataset.keypoint_names),
        "skipped": list(dataset.skipped),
        "notes": list(dataset.notes),
    }


def class_counts(dataset: Dataset, rows: Sequence[int]) -> Counts:
    """Return int64 (C + 1,): objects of each class among some examples, those of no known class last."""
    total = len(dataset.classes)
    counts = np.zeros(total + 1, np.int64)
    for row in rows:
        classes = dataset.examples[row].objects.classes
        counts += np.bincount(np.where(classes < 0, total, classes), minlength=total + 1)
    return counts


def _groups(dataset: Dataset) -> dict[str, Sequence[int]]:
    """Return the examples of each split, and those of none."""
    groups: dict[str, Sequence[int]] = dict(dataset.splits)
    told = {row for rows in groups.values() for row in rows}
    if rest := [row for row in range(len(dataset.examples)) if row not in told]:
        groups[_REST] = rest
    return groups


def _marks(dataset: Dataset) -> Iterator[str]:
    """Say how many objects are marked as something."""
    objects = [example.objects for example in dataset.examples]
    counts = {
        "crowds": sum(int(one.crowd.sum()) for one in objects),
        "difficult": sum(int(one.difficult.sum()) for one in objects),
        "groups": sum(int(one.group_of.sum()) for one in objects),
        "with another weight than 1": sum(int((one.weights != 1).sum()) for one in objects),
        "with masks": sum(mask is not None for one in objects for mask in one.masks or ()),
    }
    if said := [f"{count:,} {words}" for words, count in counts.items() if count]:
        yield ", ".join(said)


def _rows(label: str, values: Sequence[str]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield f"  {label if number == 0 else '':<{_LABEL}}{value}"


def _cut(sentences: Sequence[str], everything: bool) -> list[str]:
    if everything or len(sentences) <= SENTENCES:
        return list(sentences)
    return [*sentences[:SENTENCES], f"and {len(sentences) - SENTENCES:,} more; --all shows them"]


def _table(dataset: Dataset, counts: dict[str, Counts], everything: bool) -> Iterator[str]:
    """Yield a head and a row for each class, the most frequent ones where not all are shown."""
    if not dataset.classes:
        return
    total: Counts = np.sum(list(counts.values()), axis=0)
    order: Sequence[int] = range(len(dataset.classes))
    if not everything and len(order) > ROWS:
        order = sorted(np.argsort(-total[:-1], kind="stable")[:ROWS].tolist())
    columns = [name if name != _REST or len(counts) > 1 else "objects" for name in counts]
    widths = [
        max(len(name), len(f"{int(count.max()):,}"), 7) for name, count in zip(columns, counts.values(), strict=True)
    ]
    head = "  ".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True))
    yield f"    {head}  {'id':>6}  name"
    for at in order:
        cells = (f"{int(count[at]):>{width},}" for count, width in zip(counts.values(), widths, strict=True))
        yield f"    {'  '.join(cells)}  {dataset.ids[at]:>6}  {dataset.classes[at]}"
    if total[-1]:
        cells = (f"{int(count[-1]):>{width},}" for count, width in zip(counts.values(), widths, strict=True))
        yield f"    {'  '.join(cells)}  {'':>6}  of classes that the dataset does not list"
    if len(order) < len(dataset.classes):
        yield f"    and {len(dataset.classes) - len(order):,} classes of fewer objects; --all shows them"
