"""Rows of a CSV file, line by line in bounded memory.

What it is: the standard library's reader over a view of the file, with a cap for a line. Specification: RFC 4180.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from loadstone.errors import FormatError, LimitError
from loadstone.wire.encodings import MARKS, as_utf8
from loadstone.wire.limits import CSV_LINE_BYTES, shown
from loadstone.wire.protobuf import Buffer


def lines(data: Buffer) -> Iterator[str]:
    """Yield the lines of a text with their ends; raises `LimitError` for one that is no row of a table."""
    content = as_utf8(bytes(data)) if isinstance(data, memoryview) or data[:2] in MARKS else data
    at, total = 0, len(content)
    while at < total:
        end = content.find(b"\n", at) + 1 or total
        if end - at > CSV_LINE_BYTES:
            expected = f"at most {shown(CSV_LINE_BYTES)}"
            raise LimitError("a line longer than a row is", where=f"byte {at:,}", expected=expected)
        yield content[at:end].decode("utf-8" if at else "utf-8-sig", "replace")
        at = end


def rows(data: Buffer, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of each row that is not empty."""
    reader = csv.reader(lines(data), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise FormatError("not a CSV", where=f"line {reader.line_num:,}", found=str(error)) from error


def pairs(data: Buffer, most: int, delimiter: str = ",") -> dict[str, str] | None:
    """Return a table of two columns as first → second; None for any other table, or a longer one."""
    found: dict[str, str] = {}
    for _, row in rows(data, delimiter):
        if len(row) != 2 or len(found) >= most:
            return None
        found[row[0].strip()] = row[1].strip()
    return found
