"""The report on a terminal: each row says something true, once, and long lists are cut with a count."""

from __future__ import annotations

from loadstone.facts import Failure, FileFact, ModelFile, TensorSpec, Verification
from loadstone.report.inspect_text import inspect_text


def row(text: str, label: str) -> list[str]:
    """Return the lines of one label, without it."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"  {label}"))
    more = next((number for number in range(start + 1, len(lines)) if lines[number][2:3] != " "), len(lines))
    return [line[13:] for line in lines[start:more]]


def test_what_lacks_is_told_in_bytes_and_nothing_where_no_byte_lacks() -> None:
    files = (
        FileFact("a", "data", 20, 48, "truncated"),
        FileFact("b", "data", None, 48, "missing"),
        FileFact("c", "data", None, None, "missing"),
        FileFact("d", "file", 60, 48, "unreadable"),
        FileFact("e", "file", 120, 5000, "lfs-pointer"),
    )
    assert row(inspect_text(ModelFile("m", "savedmodel", complete=False, files=files)), "files") == [
        "a  truncated: 28 bytes short of 48 bytes",
        "b  missing: 48 bytes",
        "c  missing",
        "d  unreadable",
        "e  lfs-pointer: 120 bytes stand in for 5,000 bytes",
    ]


def test_a_file_without_checksums_is_not_said_to_hold() -> None:
    text = inspect_text(ModelFile("m", "keras-h5"), verification=Verification(0, 0, 28))
    assert row(text, "checksums") == ["none: the file carries none for its tensors"]


def test_a_reason_is_told_once_for_all_that_it_spoils() -> None:
    failures = (Failure("a", "the CRC-32 does not hold"), Failure("b", "the CRC-32 does not hold"), Failure("c", "cut"))
    text = inspect_text(ModelFile("m", "keras-zip"), verification=Verification(3, 12, 0, failures))
    assert row(text, "checksums") == [
        "3 hold (12 bytes)",
        "WRONG  a and 1 more tensor: the CRC-32 does not hold",
        "WRONG  c: cut",
    ]


def test_many_failures_and_many_parts_are_cut_with_a_count() -> None:
    failures = tuple(Failure(f"t{number}", f"reason {number}") for number in range(20))
    parts = tuple(ModelFile(f"p{number}", "tflite", complete=number > 0) for number in range(20))
    text = inspect_text(ModelFile("m", "archive", parts=parts), verification=Verification(0, 0, 0, failures))
    assert row(text, "checksums")[-1] == "… and 8 more that fail"
    assert row(text, "also")[0] == "p0  tflite, incomplete"
    assert row(text, "also")[-1] == "… and 8 more"


def test_an_output_of_unknown_type_is_said_to_be_so() -> None:
    text = inspect_text(ModelFile("m", "frozen-graph", outputs=(TensorSpec("y", "", None),)))
    assert row(text, "output") == ["y  unknown type, unknown rank"]


def test_records_say_what_they_hold() -> None:
    details = {"records": 5000, "message": "tf.train.Example", "features": {"f": {"kind": "float32", "count": 2}}}
    text = inspect_text(ModelFile("m", "tfrecord", details=details))
    assert row(text, "records") == ["5,000 of tf.train.Example", "f  float32, 2 in the first"]
