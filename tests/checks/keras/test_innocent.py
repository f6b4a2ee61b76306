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

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow"),
]
ROOT = Path(__file__).resolve().parents[3]


def test_models_of_every_kind_of_layer_have_no_findings(tmp_path: Path) -> None:
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words = [sys.executable, "-W", "ignore", "-m", "tests.checks.keras.innocent_models", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    names = json.loads(done.stdout.splitlines()[-1])
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
