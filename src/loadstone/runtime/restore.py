"""`loadstone.restore`: any Keras model of the user's, filled from a checkpoint or any other container of weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import LoadstoneError, SourceError, UnsupportedModelError
from loadstone.facts.filling import WeightReport
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.checkpoint.object_paths import ObjectPaths
from loadstone.formats.registry import open_source
from loadstone.runtime.keras.keras_targets import Target, keys_by_path, targets_of
from loadstone.runtime.restore_match import Found, find
from loadstone.runtime.source_names import Rename, Source, sources_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts import ModelFile

    Array = npt.NDArray[Any]


def restore_from(
    model: Any,
    source: str,
    *,
    rename: Rename | None = None,
    only: str | Iterable[str] | None = None,
    strict: bool = True,
) -> WeightReport:
    """Fill the model; see `loadstone.restore`."""
    every = targets_of(model)
    file = weights_in(source)
    targets = [one for one in every if _asked_for(one.name, only)]
    if not targets:
        raise SourceError("only matches none of the model's variables", found=str(only))
    sources = sources_of(file, rename)
    found = find(targets, sources, _paths(model, file), lambda names: _same_values(names, file))
    arrays, broken = _read(found, file)
    report = _report(file, every, targets, found, broken, sources)
    if strict and not report.complete:
        raise _refusal(report)
    for number, array in arrays.items():
        targets[number].variable.assign(array)
    return report


def weights_in(source: str) -> ModelFile:
    """Return the file, or the one part of a folder or archive, that holds weights."""
    file = open_source(source)
    having = [part for part in (file, *file.parts) if any(spec.role == "weight" for spec in part.tensors.specs)]
    if not having and any(spec.role == "constant" for spec in file.tensors.specs):
        having = [file]
    if not having:
        raise UnsupportedModelError("there are no weights here", where=source, found=file.format)
    if having[0] is not file and len(having) > 1:
        named = ", ".join(part.source for part in having[:5])
        raise SourceError(f"{len(having):,} models with weights lie here", where=source, found=named, help="name one")
    return having[0]


def _asked_for(name: str, only: str | Iterable[str] | None) -> bool:
    patterns = [only] if isinstance(only, str) else only
    return patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)


def _same_values(names: Sequence[str], file: ModelFile) -> bool:
    first = np.asarray(file.tensors[names[0]])
    return all(np.array_equal(first, np.asarray(file.tensors[name])) for name in names[1:])


def _paths(model: Any, file: ModelFile) -> dict[int, list[str]]:
    """Return the keys that the model's own objects lead to in the file's object graph, where it has one."""
    if OBJECT_GRAPH_KEY not in file.tensors:
        return {}
    try:
        return keys_by_path(model, ObjectPaths(b"".join(file.tensors[OBJECT_GRAPH_KEY].ravel()[:1])))
    except LoadstoneError:
        return {}


def _read(found: Found, file: ModelFile) -> tuple[dict[int, Array], set[int]]:
    """Return the arrays to assign, and which hold NaN or infinity; nothing has been assigned yet."""
    arrays: dict[int, Array] = {}
    broken: set[int] = set()
    for number, (source, _) in found.taken.items():
        array = np.asarray(file.tensors[source.spec.name])
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            broken.add(number)
        else:
            arrays[number] = array
    return arrays, broken


def _report(
    file: ModelFile,
    every: Sequence[Target],
    targets: Sequence[Target],
    found: Found,
    broken: set[int],
    sources: Sequence[Source],
) -> WeightReport:
    good = {number: pair for number, pair in found.taken.items() if number not in broken}
    asked = {id(one.variable) for one in targets}
    used = {source.spec.name for source, _ in found.taken.values()} | {one.tensor for one in found.misshapen.values()}
    return WeightReport(
        source=file.source,
        matched={targets[number].label: source.spec.name for number, (source, _) in good.items()},
        how={targets[number].label: how for number, (_, how) in good.items()},
        unmatched=tuple(one.label for number, one in enumerate(targets) if not found.settled(number)),
        misshapen=tuple(found.misshapen.values()),
        ambiguous=tuple(found.unclear.values()),
        not_finite=tuple(targets[number].label for number in sorted(broken)),
        skipped=tuple(one.label for one in every if id(one.variable) not in asked),
        unused=tuple(one.spec.name for one in sources if one.spec.role == "weight" and one.spec.name not in used),
    )


def _refusal(report: WeightReport) -> LoadstoneError:
    """Return the error for a model that is not filled whole: nothing was assigned, and the report says why."""
    lacking = report.total - len(report.matched)
    return LoadstoneError(
        f"{lacking:,} of the model's {report.total:,} variables cannot be filled, so none was\n{report}",
        where=report.source,
        help="rename={…} or only=[…] says what belongs together; strict=False fills what fits",
    )
