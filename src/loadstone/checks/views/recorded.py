"""The record that lies beside a subject, if there is one."""

from __future__ import annotations

from loadstone.checks.subject import Subject
from loadstone.errors import SourceError
from loadstone.formats import record
from loadstone.wire.limits import TEXT_BYTES


def recorded(subject: Subject) -> record.Record | None:
    """Return the record beside the subject; None where there is none. Raises `FormatError` for one that is broken."""
    place = record.beside(subject.source)
    try:
        if not subject.top or not place.is_file():
            return None
        with place.open("rb") as stream:
            content = stream.read(TEXT_BYTES + 1)
    except OSError as error:
        raise SourceError(f"the record cannot be read: {error.strerror}", where=str(place)) from error
    return record.parse(content, str(place))
