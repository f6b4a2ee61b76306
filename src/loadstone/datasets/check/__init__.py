"""What is wrong with a dataset: each question one small function, its answers findings as of `loadstone check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from loadstone.facts.finding import CheckReport, Failed, NotExamined

if TYPE_CHECKING:
    from loadstone.datasets.check.subject import Shapes, Subject, Table
    from loadstone.facts.dataset import Dataset

__all__ = ["examine", "report", "table"]


def table() -> Table:
    """Return every check with the function that asks it, in the order of the page `docs/data-check.md`."""
    from loadstone.datasets.check import boxes, classes, contents, leaks, masks, pictures, sizes

    return (
        *contents.CHECKS,
        *classes.CHECKS,
        *boxes.CHECKS,
        *sizes.CHECKS,
        *masks.CHECKS,
        *pictures.CHECKS,
        *leaks.CHECKS,
    )


def examine(
    dataset: Dataset,
    *,
    other: Dataset | None = None,
    shapes: Shapes | None = None,
    strays: Sequence[str] = (),
    pictures: bool = True,
    step: Callable[[], None] = lambda: None,
) -> Subject:
    """Walk the annotations, read the pictures, and return what the checks ask questions of.

    `other` is a dataset that must share no picture with this one. `strays` are picture files that no annotation names.
    `step` is called after each picture that was read; without `pictures` none is.
    """
    from loadstone.datasets.check.alike import alike
    from loadstone.datasets.check.look import look_at
    from loadstone.datasets.check.mask_survey import survey_masks
    from loadstone.datasets.check.subject import Subject
    from loadstone.datasets.check.survey import survey

    looks = look_at(dataset.examples, step=step) if pictures else None
    neighbour = None if other is None else examine(other, pictures=pictures, step=step)
    theirs = neighbour.looks if neighbour is not None else ()
    masked = any(example.objects.masks is not None for example in dataset.examples)
    return Subject(
        dataset=dataset,
        survey=survey(dataset),
        looks=looks,
        masks=survey_masks(dataset.examples, drawn=pictures) if masked else None,
        alike=tuple(alike([*(looks or ()), *(theirs or ())])),
        strays=tuple(strays),
        shapes=shapes,
        other=neighbour,
    )


def report(subject: Subject) -> CheckReport:
    """Ask every check, and return the findings, gravest first; what the reader skipped, and what was not examined."""
    findings = [finding for _, ask in table() for finding in ask(subject)]
    return CheckReport(
        subject.dataset.source,
        tuple(sorted(findings, key=lambda finding: finding.rank)),
        tuple(Failed(subject.dataset.source, said, "skipped") for said in subject.dataset.skipped),
        tuple(_not_examined(subject)),
        subject.other.dataset.source if subject.other is not None else "",
    )


def _not_examined(subject: Subject) -> Iterator[NotExamined]:
    if subject.looks is None:
        yield NotExamined(subject.dataset.source, "the pictures themselves were not read (--no-pictures)")
    if subject.masks is not None and not subject.masks.drawn:
        yield NotExamined(subject.dataset.source, "masks that are no outlines were not drawn (--no-pictures)")
    if subject.shapes is None:
        yield NotExamined(subject.dataset.source, "box sizes against a detector's input: give --input-size or --config")
