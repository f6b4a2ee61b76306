"""Findings and plans on a terminal: the same thing in several places is told once, with their number."""

from __future__ import annotations

from loadstone.facts.explanation import Explanation
from loadstone.facts.finding import CheckReport, Evidence, Failed, Finding, NotExamined
from loadstone.facts.plan import Edit, Plan
from loadstone.report.check_each_text import each_text
from loadstone.report.check_text import check_text, plan_lines


def test_what_stands_in_several_places_is_told_once_without_the_sources_name() -> None:
    places = tuple(Evidence(f"a.h5: layer {number}", "groups: 1", "no such key") for number in range(3))
    finding = Finding("some-fault", "error", "it is so", (*places, Evidence("b.h5", "2.4.0")), "do this")
    report = CheckReport("a.h5", (finding,), (), (NotExamined("a.h5: x", "it is missing"),))
    assert check_text(report).splitlines() == [
        "error    some-fault   it is so",
        "       found     groups: 1   layer 0 and 2 more",
        "       expected  no such key",
        "       found     2.4.0   b.h5",
        "       help      do this",
        "not examined  a.h5: x: it is missing",
    ]


def test_an_uncertain_finding_says_so_and_a_bare_place_is_shown() -> None:
    finding = Finding("some-fault", "warning", "it may be", (Evidence("here"),), certainty="likely")
    assert check_text(CheckReport("a", (finding,))).splitlines() == [
        "warning  some-fault   it may be (likely)",
        "       at        here",
    ]


def test_nothing_found_is_one_line() -> None:
    assert check_text(CheckReport("a.h5", against="Keras 3")) == "ok     a.h5: nothing found for Keras 3"


def test_equal_edits_are_told_once() -> None:
    edits = tuple(Edit(f"layer {number}", "1", None, "a default") for number in range(13))
    assert plan_lines(Plan("keras-dialect", "a.h5", edits)) == [
        "safe      keras-dialect   13 edits",
        "       at        layer 0 and 12 more   a default",
        "       -         1",
    ]


def test_no_control_character_of_a_file_reaches_the_terminal() -> None:
    finding = Finding("some-fault", "error", "a\x1b[31mred", (Evidence("x\x00", "\x07"),), "one\ntwo")
    assert check_text(CheckReport("a", (finding,))).splitlines() == [
        "error    some-fault   a\\x1b[31mred",
        "       found     \\x07   x\\x00",
        "       help      one",
        "two",
    ]


def test_what_a_file_is_called_or_says_reaches_no_terminal_as_a_control_character() -> None:
    hostile = "a\x1b[2J\x07"
    failed = Failed(f"{hostile}.h5", f"the member {hostile}", help=f"look at {hostile}")
    finding = Finding("some-fault", "error", hostile, (Evidence(hostile, hostile, hostile),), hostile)
    report = CheckReport(hostile, (finding,), (failed,), (NotExamined(hostile, hostile),))
    explanation = Explanation((finding,), (("doubtful", hostile),), (hostile,), (failed,), (NotExamined(hostile, "x"),))
    unknown = Explanation((), (("path", hostile),))
    reports = [report, CheckReport(f"{hostile}\nok", errors=(failed,))]
    shown = [check_text(report), check_text(CheckReport(hostile)), each_text(reports), str(explanation), str(unknown)]
    for text in shown:
        assert "a\\x1b[2J\\x07" in text
        assert all(line.isprintable() for line in text.splitlines())
    assert "\nok" not in shown[2]
