"""`loadstone.check` and `fix`: what a source is judged for can be named in four ways."""

from __future__ import annotations

import sys

import pytest

from loadstone.api.check import target
from loadstone.environment.here import here
from loadstone.errors import SourceError
from loadstone.facts.environment import Environment


def test_the_default_is_this_python() -> None:
    assert target(None) == here()


def test_a_value_is_taken_as_it_is() -> None:
    value = Environment(name="mine", packages={"keras": "2.4.3"})
    assert target(value) is value


def test_a_description_is_filled_up() -> None:
    found = target("tensorflow==2.15,python==3.11")
    assert (found.version("tensorflow") or ())[:2] == (2, 15)
    assert (found.version("keras") or ())[:2] == (2, 15)
    assert not found.complete


def test_a_path_is_asked() -> None:
    assert target(sys.executable).packages["numpy"] == here().packages["numpy"]


def test_words_that_are_neither_say_what_was_expected() -> None:
    with pytest.raises(SourceError, match=r"tensorflow==2\.15"):
        target("nonsense")
