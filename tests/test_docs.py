"""The pages say what the code does: names of formats, caps, fields and commands are compared with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadstone import cli
from loadstone.facts import ModelFile
from loadstone.facts.finding import CheckReport, Evidence, Finding
from loadstone.repairs import registry as repairs
from loadstone.report.check_json import check_document, finding_document
from loadstone.report.inspect_json import inspect_document
from loadstone.wire import limits

ROOT = Path(__file__).resolve().parents[1]
MODEL_FORMATS = {
    "savedmodel",
    "frozen-graph",
    "checkpoint-v2",
    "checkpoint-v1",
    "metagraph",
    "keras-h5",
    "keras-h5-weights",
    "keras-zip",
    "keras-config",
    "tfhub-v1",
    "tflite",
    "tfjs-layers",
    "tfjs-graph",
    "pipeline-config",
    "label-map",
    "tfrecord",
    "safetensors",
    "archive",
}


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _first_cells(section: str) -> set[str]:
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_formats_page_lists_every_format() -> None:
    models = _page("formats.md").split("## Models")[1].split("## Not a model")[0]
    assert _first_cells(models) == MODEL_FORMATS
    named = re.findall(r"`([a-z0-9-]+)`", _page("inspect-json.md").split("## Names of formats")[1].split("Anything")[0])
    assert set(named) == MODEL_FORMATS


def test_the_formats_are_the_ones_that_readers_give() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/loadstone/formats").glob("*.py"))
    missing = {name for name in MODEL_FORMATS if f'"{name}"' not in sources}
    assert missing == set()


@pytest.mark.parametrize(
    "row",
    [
        line
        for page in ("formats.md", "data.md")
        for line in _page(page).splitlines()
        if re.match(r"\| `[A-Z_]+` \|", line)
    ],
)
def test_a_cap_is_what_the_page_says(row: str) -> None:
    name, value = (cell.strip(" `").replace(",", "") for cell in row.split("|")[1:3])
    assert getattr(limits, name) == int(value)


def test_the_json_page_lists_every_field() -> None:
    table = _page("inspect-json.md").split("| field |")[1].split("## Names")[0]
    document = inspect_document(ModelFile("x", "unknown"), variables=True, ops=True)
    assert set(document) | {"verification"} == _first_cells(table)


def test_the_page_of_repairs_lists_each_with_its_own_first_line() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", _page("fix.md"), re.MULTILINE))
    assert rows.keys() == repairs.names().keys()
    for name, found in repairs.modules():
        first = (found.__doc__ or "").split("\n")[0].strip()
        assert rows[name] == first + (" *On request.*" if getattr(found, "ON_REQUEST", False) else "")


def test_the_page_of_check_lists_every_field() -> None:
    document = check_document(CheckReport("x"))
    assert set(document) == _first_cells(_page("check.md").split("| field |")[1].split("`--sarif`")[0])
    evidence = finding_document(Finding("a", "error", "b", (Evidence("c"),)))
    row = next(line for line in _page("check.md").splitlines() if line.startswith("| `findings`"))
    assert {*evidence, "where", "found", "expected"} <= set(re.findall(r"`([a-z_]+)`", row))


def test_the_readme_lists_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in cli.COMMANDS:
        assert re.search(rf"`(loadstone )?{name}\b", readme), name
        assert (ROOT / "src/loadstone/cli" / f"{name}.py").exists(), name


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
