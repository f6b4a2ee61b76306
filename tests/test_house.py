"""The shape of the house: who may import whom, how long a file and a function may be, what is public.

The arrows are those of the design: each room may import only what stands left of it.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "loadstone"
REPOSITORY = PACKAGE.parents[1]

READERS = {"errors", "facts", "wire", "formats"}
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "settings": set(),
    "facts": {"errors"},
    "wire": {"errors", "facts"},
    "formats": {"errors", "facts", "wire"},
    "dialects": READERS,
    "graphs": READERS,
    "blueprint": {*READERS, "graphs"},
    "environment": {"errors", "facts"},
    "differences": READERS,
    "checks": {*READERS, "dialects", "graphs", "blueprint", "environment"},
    "repairs": {*READERS, "dialects", "graphs", "blueprint", "environment", "checks"},
    "detectors": {"errors", "facts", "blueprint"},
    "runtime": {*READERS, "dialects", "settings", "environment", "graphs", "blueprint", "detectors"},
    "builder": {*READERS, "settings", "blueprint", "detectors", "runtime"},
    "datasets": READERS,
    "augmentation": {*READERS, "detectors"},
    "evaluation": {"errors", "facts"},
    "training": {
        *READERS,
        *("settings", "environment", "graphs", "blueprint", "detectors", "runtime"),
        *("datasets", "augmentation", "evaluation"),
    },
    "comparison": {*READERS, "settings", "graphs", "blueprint", "detectors", "runtime", "environment"},
    "export": {*READERS, "settings", "graphs", "blueprint", "detectors", "runtime", "comparison", "environment"},
    "fetch": {*READERS, "settings"},
    "report": {"errors", "facts"},
    "demo": set(),
}
"""Room → the rooms it may import. `cli`, `api` and the package itself stand at the right end and may import all."""

EXCEPTIONS = {
    # A result offers its own picture and table (`detections.draw()`), and the renderer stays in its room.
    ("facts", "report"),
    # Plans are kept by the version that made them; the package itself is imported before any of its rooms.
    ("runtime", "__version__"),
}

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60


@cache
def _sources() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield (imported module of ours, line), lazy imports inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "loadstone":
            names = [f"loadstone.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.startswith("loadstone."))


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for path, tree in _sources().items():
        room = _room(path)
        if room not in ARROWS:
            continue
        for name, line in _imports(tree):
            target = name.split(".")[1]
            if target != room and target not in ARROWS[room] and (room, target) not in EXCEPTIONS:
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert wrong == []


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms - {"api", "cli"} <= set(ARROWS)
    # `errors` and `settings` are rooms of one file each; the page tells of the latter below its table.
    page = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == {*rooms, "errors"}


def test_files_keep_their_budget() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _sources()}
    assert {str(path.name): length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}
    assert statistics.median(lengths.values()) <= 150
    assert statistics.quantiles(lengths.values(), n=20)[-1] <= 400


def _functions() -> Iterator[tuple[str, int]]:
    for path, tree in _sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.end_lineno or node.lineno
                yield f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}", body - node.lineno + 1


def test_functions_keep_their_budget() -> None:
    lengths = dict(_functions())
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}
    assert statistics.quantiles(lengths.values(), n=20)[-1] <= 40


def test_modules_say_what_they_are() -> None:
    silent = [
        str(path.relative_to(PACKAGE))
        for path, tree in _sources().items()
        if not ast.get_docstring(tree) and path.read_text(encoding="utf-8").strip()
    ]
    assert silent == []


def test_nothing_is_left_open() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in _sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(mark in line for mark in marks)
    ]
    found += [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, tree in _sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node)
    ]
    assert found == []


@pytest.mark.parametrize("statement", ["import loadstone", "import loadstone.cli", "import loadstone.formats.registry"])
def test_heavy_things_are_imported_when_first_used(statement: str) -> None:
    heavy = ("numpy", "h5py", "PIL", "rich", "urllib3", "openvino", "keras", "tensorflow")
    code = f"{statement}; import sys; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_openvino_is_imported_in_one_place() -> None:
    """Importing it anywhere else sends an event over the network: `runtime.engine` keeps its telemetry out."""
    found = {
        str(path.relative_to(PACKAGE))
        for path, tree in _sources().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "openvino" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "openvino")
    }
    assert found == {"runtime/engine.py"}


def test_no_assert_guards_what_a_file_can_cause() -> None:
    asserts = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, tree in _sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert asserts == []
