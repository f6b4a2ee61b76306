"""Where the results of `loadstone detect` go: standard output, drawn pictures, COCO, CSV, and the list of errors.

No picture that this program did not draw itself is ever overwritten.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from loadstone.errors import SourceError
from loadstone.report.plain import plain

if TYPE_CHECKING:
    from loadstone.facts.detections import Classification, Detections
    from loadstone.report.detections_csv import DetectionsCsv
    from loadstone.runtime.detecting import Outcome
    from loadstone.runtime.pictures.picture_files import BadPicture, Picture

SUFFIXES = {".jpg": ".jpg", ".jpeg": ".jpeg", ".png": ".png", ".bmp": ".png", ".gif": ".png", ".tif": ".png"}
"""Ending of a picture → ending of its drawing; any other becomes a JPEG. Both forms carry the mark of our drawings."""

ERRORS_FILE = "errors.csv"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for. `folder` None draws no pictures and keeps no list of errors."""

    folder: Path | None
    json: bool = False
    coco: Path | None = None
    csv: Path | None = None
    quiet: bool = False


class Output:
    """Takes one result after another. Use `opened`, which closes what was begun."""

    def __init__(self, wishes: Wishes, stack: ExitStack) -> None:
        self._wishes = wishes
        self._stack = stack
        self._used: set[str] = set()
        self._coco: list[dict[str, Any]] = []
        self._csv: DetectionsCsv | None = None
        self._errors: IO[str] | None = None
        self.bad = self.pictures = self.objects = 0
        if wishes.folder:
            make_folder(wishes.folder)
        if wishes.csv:
            from loadstone.report.detections_csv import DetectionsCsv

            self._csv = DetectionsCsv(stack.enter_context(_writing(wishes.csv)))

    def add(self, outcome: Outcome) -> None:
        """Write one result to every place that was asked for."""
        from loadstone.facts.detections import Detections

        found = outcome.found
        self.pictures += 1
        self.objects += len(found) if isinstance(found, Detections) else 0
        self._print(found)
        if self._csv:
            self._csv.add(found)
        if self._wishes.coco and isinstance(found, Detections):
            from loadstone.report.coco_results import coco_rows

            self._coco += coco_rows(found)
        if self._wishes.folder:
            pixels = outcome.picture.pixels
            replace(found, pixels=lambda: pixels).save(self._target(outcome.picture))

    def _print(self, found: Detections | Classification) -> None:
        from loadstone.report.detections_text import detections_line, detections_record

        if self._wishes.json:
            print(detections_record(found), flush=True)
        elif not self._wishes.quiet:
            print(detections_line(found))

    def add_bad(self, bad: BadPicture) -> None:
        """Report a picture that could not be had, and list it."""
        self.bad += 1
        print(plain(f"skipped   {bad.name}: {bad.error.fact}"), file=sys.stderr)
        if bad.error.help:
            print(plain(f"  help      {bad.error.help}"), file=sys.stderr)
        if self._wishes.folder:
            self._list(bad, self._wishes.folder)

    def _list(self, bad: BadPicture, folder: Path) -> None:
        if self._errors is None:
            self._errors = self._stack.enter_context(_writing(folder / ERRORS_FILE))
            csv.writer(self._errors).writerow(("image", "code", "message"))
        csv.writer(self._errors).writerow((bad.name, bad.error.code, bad.error.fact))

    def _target(self, picture: Picture) -> Path:
        """Name the drawing after the picture; a number is added where the name is taken by anything but our own."""
        from loadstone.report.draw import is_ours

        folder = self._wishes.folder or Path()
        name = Path(picture.file_name)
        suffix = SUFFIXES.get(name.suffix.lower(), ".jpg")
        number = 1
        while True:
            target = folder / f"{name.stem}{f'-{number}' if number > 1 else ''}{suffix}"
            if target.name.casefold() not in self._used and (not target.exists() or is_ours(target)):
                self._used.add(target.name.casefold())
                return target
            number += 1

    def finish(self) -> None:
        """Write what can only be written as a whole."""
        if self._wishes.coco:
            from loadstone.report.coco_results import coco_document

            with _writing(self._wishes.coco) as stream:
                stream.write(coco_document(self._coco))

    @property
    def written(self) -> list[str]:
        """Everything that was written, for the closing line."""
        places = [str(path) for path in (self._wishes.coco, self._wishes.csv) if path]
        if self._wishes.folder and self.pictures:
            places.insert(0, f"{self.pictures:,} picture{'' if self.pictures == 1 else 's'} in {self._wishes.folder}")
        if self._errors is not None:
            places.append(str(Path(self._errors.name)))
        return places


@contextmanager
def opened(wishes: Wishes) -> Iterator[Output]:
    """Give an `Output` whose files are closed at the end."""
    with ExitStack() as stack:
        yield Output(wishes, stack)


def make_folder(folder: Path) -> None:
    """Make the folder where there is none yet; raises `SourceError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"the folder cannot be made: {error.strerror}", where=str(folder)) from error


@contextmanager
def _writing(path: Path) -> Iterator[IO[str]]:
    try:
        stream = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise SourceError(f"the file cannot be written: {error.strerror}", where=str(path)) from error
    with stream:
        yield stream
