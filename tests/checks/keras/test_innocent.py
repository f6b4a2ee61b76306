"""What stock Keras wrote and opens again has no finding above `info`, whatever the layer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from loadstone.checks import check
from loadstone.facts.environment import Environment
from loadstone.repairs import fix

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow"),
]
ROOT = Path(__file__).resolve().parents[3]


OWN_HDF5 = ("mobile.h5", "operations.h5", "words.h5")
"""What Keras 3.15 writes into HDF5 and does not read again: models with operations between their layers."""


def names_from_child(*words: str) -> list[str]:
    """Run the child and return the names that it prints."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    called = [sys.executable, "-W", "ignore", "-m", "tests.checks.keras.innocent_models", *words]
    done = subprocess.run(called, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


def test_models_of_every_kind_of_layer_have_no_findings(tmp_path: Path) -> None:
    names = names_from_child(str(tmp_path))
    assert len([name for name in names if name.endswith(".keras")]) == 10
    assert len(names) > 14
    packages = {"keras": version("keras"), "tensorflow": version("tensorflow")}
    here = Environment(python=".".join(map(str, sys.version_info[:3])), packages=packages)
    told = {
        name: [
            (finding.fault, finding.fact)
            for finding in check(tmp_path / name, here).findings
            if finding.severity != "info"
        ]
        for name in names
    }
    assert told == {name: [] for name in names}
    mended = tmp_path / "mended"
    mended.mkdir()
    for name in OWN_HDF5:
        assert name not in names
        assert [finding.fault for finding in check(tmp_path / name, here).findings] == ["keras3-h5-operations"]
        assert fix(tmp_path / name, mended / name, environment=here).remaining == ()
    assert names_from_child(str(mended), "--open") == sorted(OWN_HDF5)
