"""Order and rules of versions, compared with the `packaging` library, which is PEP 440's reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from loadstone.environment.tables import table
from loadstone.environment.versions import is_version, minor_of, order, release_of, satisfies

NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
SUFFIXES = st.sampled_from(["", "", "", "rc1", "a2", "b0", ".post1", ".dev3", "rc1.dev2", "rc2.post1"])
VERSIONS = st.builds(str.__add__, NUMBERS, SUFFIXES)


@given(VERSIONS, VERSIONS)
def test_versions_sort_as_pep_440_says(one: str, two: str) -> None:
    assert (order(one) < order(two)) == (Version(one) < Version(two))
    assert (order(one) == order(two)) == (Version(one) == Version(two))


@given(VERSIONS, st.sampled_from([">=", "<=", "==", "!=", "<"]), NUMBERS)
def test_rules_hold_where_packaging_says_so(version: str, sign: str, bound: str) -> None:
    assert satisfies(version, sign + bound) == SpecifierSet(sign + bound).contains(version, prereleases=True)


@given(NUMBERS, st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)))
def test_the_compatible_rule_and_the_star_hold_too(version: str, bound: tuple[int, int, int]) -> None:
    text = ".".join(map(str, bound))
    for rule in (f"~={text}", f"=={text}.*", f"!={text}.*"):
        assert satisfies(version, rule) == SpecifierSet(rule).contains(version, prereleases=True), rule


def test_every_rule_of_the_tables_is_understood_as_packaging_does() -> None:
    rules = {rule for row in table("tensorflow")["releases"] for rule in row["requires"].values()}
    assert len(rules) > 50
    for rule in rules:
        for version in ("0.2.2", "1.18.5", "1.26.4", "2.0.0", "2.10.0", "3.1.0", "3.20.3", "4.21.5", "6.31.1"):
            assert satisfies(version, rule) == SpecifierSet(rule).contains(version, prereleases=True), (version, rule)


def test_what_is_no_version_keeps_every_rule() -> None:
    assert satisfies("unknown", ">=2")
    assert satisfies("1.0", "some words")
    assert release_of("nothing") == ()
    assert minor_of("2.15.0.post1") == "2.15"
    assert minor_of("3") == "3.0"
    assert not is_version("2.15 or so")
    assert is_version("2.16.0rc1")


@pytest.mark.parametrize(("local", "rule"), [("1.15.5+nv23", "==1.15.5"), ("2.4.0+cu110", ">=2.4")])
def test_a_local_version_is_its_public_one(local: str, rule: str) -> None:
    assert satisfies(local, rule)


def test_a_version_without_an_end_is_none() -> None:
    # A file may record anything; Python refuses to read a number of more than 4,300 digits.
    for text in ("9" * 5000, "2.15.0rc" + "9" * 5000, "2.15.0.post" + "9" * 5000, "2.15.0.dev" + "9" * 5000):
        assert not is_version(text)
        assert order(text) == order(text)
    assert release_of("9" * 5000) == ()
    assert release_of("2." + "9" * 5000) == (2,)
