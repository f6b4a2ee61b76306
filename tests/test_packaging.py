"""The extras install what is imported; a missing one shows only in an environment without TensorFlow, which has all."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _names(requirements: list[str]) -> set[str]:
    plain = [line for line in requirements if "extra ==" not in line]
    return {re.split(r"[\s<>=!~;\[]", line)[0].lower().replace("-", "_") for line in plain}


def _imported_at_once(source: str) -> set[str]:
    """Return the top-level packages that importing this module imports."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_detect_extra_has_what_keras_on_openvino_imports() -> None:
    spec = find_spec("keras")
    if spec is None or spec.origin is None:
        pytest.skip("no Keras")
    backend = Path(spec.origin).parent / "src" / "backend" / "openvino"
    modules = sorted(backend.glob("*.py"))
    assert modules
    imported = {name for path in modules for name in _imported_at_once(path.read_text(encoding="utf-8"))}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = _names([*project["dependencies"], *project["optional-dependencies"]["detect"]])
    declared |= _names(requires("keras") or [])
    assert {name.lower() for name in imported} - set(sys.stdlib_module_names) - declared - {"keras"} == set()
