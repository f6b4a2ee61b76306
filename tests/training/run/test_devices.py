"""`--devices` and `--mixed-precision`: the losses are one device's, and those of float32 as far as halves go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.training.run.squares import write_squares

pytestmark = pytest.mark.slow
BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}"))
    for name in ("tensorflow", "jax", "torch")
]


def trained(tmp_path: Path, backend: str, devices: int = 1, precision: str = "float32") -> dict[str, Any]:
    """Return what `devices_check` prints."""
    data = tmp_path / "data"
    if not data.exists():
        write_squares(data)
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    words = [str(data), str(tmp_path / f"{backend}-{devices}-{precision}"), str(devices), precision]
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.run.devices_check", *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(find_spec("jax") is None, reason="no jax")
def test_two_devices_give_the_losses_of_one(tmp_path: Path) -> None:
    one, two = (trained(tmp_path, "jax", devices) for devices in (1, 2))
    assert len(one["losses"]) == 3
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-3)
    assert two["opens"]
    error = trained(tmp_path, "jax", 3)["error"]
    assert error["message"] == "there are not so many devices"


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one.values != ("jax",)])
def test_the_other_backends_say_that_they_have_one_device(backend: str, tmp_path: Path) -> None:
    error = trained(tmp_path, backend, 2)["error"]
    assert error["message"] == "several devices train together on JAX only"
    assert error["found"] == backend


@pytest.mark.parametrize("backend", BACKENDS)
def test_halves_give_nearly_the_same_losses_and_are_saved_in_float32(backend: str, tmp_path: Path) -> None:
    """float16 overflows and is scaled, by each backend's own step; bfloat16 needs neither, and is tried on one."""
    whole = trained(tmp_path, backend)["losses"]
    for precision in ("bfloat16", "float16") if backend == "torch" else ("float16",):
        found = trained(tmp_path, backend, precision=precision)
        assert found["losses"] == pytest.approx(whole, rel=0.05), precision
        assert found["opens"]
