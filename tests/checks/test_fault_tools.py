"""The tools around faults: their page is up to date, and a skeleton fits into the house."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MESSAGE = "ValueError: Frobnicator 'a_layer' wants 3 frobs"


def _tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = _tool("make_fault_pages")
new_fault = _tool("new_fault")


def test_the_page_of_faults_is_up_to_date() -> None:
    assert pages.PAGE.read_text(encoding="utf-8") == pages.page(), "run python tools/make_fault_pages.py"


def test_a_message_becomes_a_pattern() -> None:
    assert new_fault.pattern_of(MESSAGE) == r"Frobnicator '(?P<name>[^']*)' wants \d+ frobs"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with a new fault and a new repair in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("src", "tests", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*", "*_cache"))
        else:
            shutil.copy(source, root / name)
    words = ["--message", MESSAGE, "--kinds", "file", "--root", str(root)]
    assert new_fault.main(["fault", "network", "frob-missing", *words]) == 0
    assert new_fault.main(["repair", "graphs", "add-frobs", "--root", str(root)]) == 0
    return root


def _pytest(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_skeleton_is_listed_and_works(checkout: Path) -> None:
    done = _pytest(checkout, "tests/checks/test_table.py", "-k", "listed or frob or repair")
    assert done.returncode == 0, done.stdout
    done = _pytest(checkout, "tests/checks/test_frob_missing.py", "tests/repairs/test_add_frobs.py")
    failed = [
        line.partition("::")[2].partition(" ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")
    ]
    assert failed == ["test_the_page_is_written", "test_the_page_is_written", "test_it_mends_and_leaves_the_original"]


def test_a_skeleton_is_in_the_house_s_style(checkout: Path) -> None:
    ruff = shutil.which("ruff") or pytest.skip("ruff is not installed")
    made = ["src/loadstone/checks/network", "src/loadstone/repairs/graphs", "tests/checks/test_frob_missing.py"]
    done = subprocess.run([ruff, "check", *made], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([ruff, "format", "--check", *made], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["fault", "network", "Bad_Name", "--kinds", "file"],
        ["fault", "nowhere", "x", "--kinds", "file"],
        ["fault", "network", "x"],
    ],
)
def test_a_wrong_call_is_refused(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        new_fault.main([*words, "--root", str(tmp_path)])
    assert "error" in capsys.readouterr().err
