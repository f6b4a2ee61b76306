"""One export from end to end: read, write beside the destination, read again, compare, rename into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadstone.comparison.pairing import agreement
from loadstone.errors import RefusedError, SourceError
from loadstone.export.check import checked
from loadstone.export.detector import as_exported
from loadstone.export.targets import Target, target_of
from loadstone.facts.comparison import Comparison, Difference
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.rebuilt import Rebuilt


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export: where it lies, its bytes, what it was compared on, and the largest difference by output.

    `differs` says in what it is not the detector that was exported, where its format cannot say that.
    """

    target: str
    path: Path
    files: tuple[Path, ...]
    size: int
    note: str
    comparisons: tuple[Comparison, ...]
    differs: str = ""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The largest difference of each output over all pictures."""
        return agreement(self.comparisons)

    @property
    def detections(self) -> int:
        """Detections that were compared."""
        return sum(comparison.paired for comparison in self.comparisons)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "schema_version": 1,
            "target": self.target,
            "path": str(self.path),
            "files": [str(file) for file in self.files],
            "bytes": self.size,
            "note": self.note,
            "differs": self.differs or None,
            "detections_compared": self.detections,
            "largest_differences": {one.output: one.largest for one in self.differences},
            "comparisons": [comparison.as_json() for comparison in self.comparisons],
        }


def export(found: Rebuilt, target: str, path: str | os.PathLike[str]) -> Exported:
    """Export a rebuilt detector to a new file or folder; nothing is left there unless it proves equal.

    `target` is a name of `TARGETS`. Raises `RefusedError` where the destination exists, `SourceError` where it cannot
    be written, and `UnsupportedModelError` where the detector has no form in the target, or comes out different.
    """
    kind = target_of(target)
    if Path(path).name in ("", ".."):
        raise SourceError(
            "the destination has no name of its own", expected=kind.what, found=os.fspath(path), help="name a new path"
        )
    destination = kind.named(Path(path))
    _refuse_existing(kind, destination)
    workplace = _workplace(destination)
    try:
        made = workplace / destination.name
        kind.write(found, made)
        stands_for, said = as_exported(found, kind.reader)
        comparisons = checked(found, Detector(finish(conversion_of(stands_for), "CPU")), kind, made)
        files = _moved(kind, made, destination)
    except OSError as error:
        raise SourceError(
            "the export cannot be written", where=str(destination), found=error.strerror or str(error)
        ) from error
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    size = sum(file.stat().st_size for file in files)
    return Exported(target, destination, files, size, found.note, comparisons, said)


def _refuse_existing(target: Target, destination: Path) -> None:
    for path in (destination, *(destination.with_suffix(suffix) for suffix in target.beside)):
        if os.path.lexists(path):
            raise RefusedError(
                "there is something at the destination already",
                where=str(path),
                help="name another path, or remove it first: nothing is ever overwritten",
            )


def _workplace(destination: Path) -> Path:
    """Return a new folder on the destination's own file system, so that a finished export is only renamed."""
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".loadstone-export-", dir=destination.parent))
    except OSError as error:
        raise SourceError(
            "the export cannot be written there", where=str(destination), found=error.strerror or str(error)
        ) from error


def _moved(target: Target, made: Path, destination: Path) -> tuple[Path, ...]:
    """Rename what was made into place, the file that names the others last; return all files."""
    for suffix in target.beside:
        os.replace(made.with_suffix(suffix), destination.with_suffix(suffix))
    os.replace(made, destination)
    if destination.is_dir():
        return tuple(sorted(path for path in destination.rglob("*") if path.is_file()))
    return (destination, *(destination.with_suffix(suffix) for suffix in target.beside))
