"""Fixtures of the export room's tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import loadstone as ls
from tests.export.two_stages import loaded

Detectors = Callable[[str], ls.Model]


@pytest.fixture(scope="session")
def two_stages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Detectors:
    """A function that opens a small two-stage detector by name, made once: two of them have all of their weights."""

    @cache
    def opened(name: str) -> ls.Model:
        return loaded(name, shared, tmp_path_factory.mktemp("two-stages"))

    return opened
