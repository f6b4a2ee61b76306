"""Fixtures that every room's tests share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with other things is no fault of what is tested.
settings.register_profile("loadstone", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("loadstone")

# TensorFlow is asked for what it computes, not for what oneDNN makes of it on this processor: with AVX-512 that lacks
# kernels (Dequantize of qint32), gives other numbers where a scale is denormal, and rounds by 2e-6 otherwise.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# Keras takes its backend once in a process, and tests share one: here it is the one that detectors run on. A test that
# needs another starts a process for it.
os.environ.setdefault("KERAS_BACKEND", "openvino")

SHARED = Path(os.environ.get("LOADSTONE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


LONGEST = (
    "runtime/test_keras_engines.py",
    "training/run/test_devices.py",
    "training/faster_rcnn/test_goldens.py",
    "training/test_learns.py",
    "test_guide_train.py",
    "detectors/test_keras_model.py",
    "training/center_net/test_goldens.py",
    "builder/test_exported.py",
    "export/test_built.py",
    "export/test_tensorflow.py",
    "builder/test_from_keras.py",
    "training/run/test_run.py",
    "runtime/test_center_net.py",
)
"""Files whose slow tests take a minute or more, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest: one that begins last keeps a worker busy while the others have nothing left to do."""

    def rank(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((at for at, file in enumerate(LONGEST) if path.endswith(f"tests/{file}")), len(LONGEST))

    items.sort(key=rank)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what a run leaves out, so that green is not taken for everything."""
    return ["slow tests are left out: -m slow runs them"] if config.option.markexpr == "not slow" else []


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout; tests that need it skip, visibly, where it is absent."""
    if not (SHARED / "wild" / "manifest.jsonl").is_file():
        pytest.skip("the shared folder of real files is not here")
    return SHARED


@pytest.fixture(scope="session")
def wild(shared: Path) -> Path:
    """The folder of artifacts found in public repositories."""
    return shared / "wild"


@pytest.fixture(scope="session")
def manifest(wild: Path) -> dict[str, dict[str, Any]]:
    """What is known of each wild artifact: its id → the manifest's record."""
    lines = (wild / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the person's own cache."""
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path_factory.getbasetemp() / "home"))
