"""This interpreter and others, asked without importing anything; compared with importlib.metadata."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from loadstone.environment.cpu import flags_in, needed_instructions
from loadstone.environment.here import here
from loadstone.environment.other import PROBE, other
from loadstone.environment.probe import machine, packages_on, system
from loadstone.errors import EnvironmentLacksError, SourceError


def _script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def test_the_packages_here_are_those_that_importlib_finds() -> None:
    found = here(gpu=False).packages
    for name in ("numpy", "pillow", "filelock", "urllib3", "rich"):
        assert found[name] == importlib.metadata.version(name)
    assert here(gpu=False).complete


def test_nothing_that_is_reported_is_imported() -> None:
    code = (
        "from loadstone.environment.here import here; here(); import sys; "
        "print(*{'tensorflow', 'keras', 'numpy', 'h5py', 'importlib.metadata'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_first_copy_on_the_path_counts(tmp_path: Path) -> None:
    for folder, name in (
        ("a", "numpy-1.26.4.dist-info"),
        ("b", "numpy-2.1.0.dist-info"),
        ("b", "Keras_Hub-0.1.egg-info"),
    ):
        (tmp_path / folder / name).mkdir(parents=True)
    packages, copies = packages_on([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "absent")])
    assert packages == {"numpy": "1.26.4", "keras-hub": "0.1"}
    assert copies == {"numpy": [str(tmp_path / "a"), str(tmp_path / "b")]}


def test_a_development_install_states_its_version_inside(tmp_path: Path) -> None:
    (tmp_path / "object_detection.egg-info").mkdir()
    (tmp_path / "object_detection.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nVersion: 0.1\n")
    assert packages_on([str(tmp_path)])[0] == {"object-detection": "0.1"}


def test_a_wheel_of_another_name_counts_as_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensorflow_cpu-2.10.1.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert here(gpu=False).packages == {"tensorflow-cpu": "2.10.1", "tensorflow": "2.10.1"}


def test_another_interpreter_is_asked(tmp_path: Path) -> None:
    found = other(sys.executable)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["numpy"] == importlib.metadata.version("numpy")
    (tmp_path / "bin").mkdir()
    os.symlink(sys.executable, tmp_path / "bin" / "python")
    assert other(str(tmp_path)).name == str(tmp_path / "bin" / "python")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo no; exit 0", "not JSON"),
        ("echo '{}'", "without the expected fields"),
        ("echo boom >&2; exit 127", "boom"),
        ("exec sleep 20", "within 0.5 s"),
    ],
)
def test_an_interpreter_that_cannot_answer_is_named(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(EnvironmentLacksError, match="cannot be asked") as caught:
        other(_script(tmp_path / "python", body), timeout=0.5)
    assert words in caught.value.found


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    for place in (str(tmp_path), str(tmp_path / "nothing"), "no-such-python"):
        with pytest.raises(SourceError):
            other(place)


def test_the_probe_reads_as_python_3_7() -> None:
    source = PROBE.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"json", "os", "re", "sys"}


def test_the_machine_is_named_as_platform_names_it() -> None:
    assert (system(), machine()) == (platform.system(), platform.machine())


def test_the_probe_runs_on_the_oldest_python_found_here() -> None:
    found = [path for minor in (7, 8, 9, 10) if (path := shutil.which(f"python3.{minor}"))]
    found += sorted(map(str, Path("~/.pyenv/versions").expanduser().glob("3.7.*/bin/python")))
    for path in reversed(found):
        if subprocess.run([path, "-V"], capture_output=True, check=False).returncode == 0:
            assert other(path).python.startswith("3.")
            return
    pytest.skip("no Python older than 3.11 is here")


def test_flags_are_read_for_x86_and_arm() -> None:
    assert flags_in("processor : 0\nflags\t\t: fpu avx AVX2\nflags : none\n") == frozenset({"fpu", "avx", "avx2"})
    assert flags_in("Features : fp asimd\n") == frozenset({"fp", "asimd"})
    assert flags_in("nothing here") is None


def test_the_instructions_that_a_wheel_needs() -> None:
    assert needed_instructions("1.5.0") == frozenset()
    assert needed_instructions("2.4.0") == {"avx", "avx2", "fma"}
    assert needed_instructions("2.4.1") == {"avx"}
