"""The table of faults: every module is listed, every listed fault has its page, its text and its proof."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import loadstone.checks
from loadstone.checks.registry import FAMILIES, faults, module
from loadstone.repairs import registry as repairs

ROOM = Path(loadstone.checks.__file__).parent
NAMES = list(faults())


def test_every_module_of_a_family_is_listed() -> None:
    files = {(path.parent.name, path.stem) for family in FAMILIES for path in (ROOM / family).glob("*.py")}
    files = {(family, stem) for family, stem in files if not stem.startswith("_")}
    assert files == {(family, name.replace("-", "_")) for name, (family, _) in faults().items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_has_its_page_and_its_evidence(name: str) -> None:
    found = module(name)
    page = found.__doc__ or ""
    assert found.FAULT.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert [heading for heading in ("What is seen", "Why", "Remedy") if f"\n{heading}\n" in page] == [
        "What is seen",
        "Why",
        "Remedy",
    ]
    assert any(hasattr(found, part) for part in ("from_file", "from_text", "TEXTS"))
    assert bool(faults()[name][1]) == hasattr(found, "from_file")
    assert found.FAULT.help


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_names_a_repair_that_exists(name: str) -> None:
    repair = module(name).FAULT.repair
    assert repair is None or repair in repairs.names()


def test_every_repair_is_listed_and_has_its_page() -> None:
    room = Path(loadstone.checks.__file__).parents[1] / "repairs"
    files = {path.stem.replace("_", "-") for family in repairs.FAMILIES for path in (room / family).glob("[!_]*.py")}
    assert files == set(repairs.names())
    assert [name for name, found in repairs.modules() if not found.__doc__] == []
