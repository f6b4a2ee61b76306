"""`--devices` and `--mixed-precision`: the losses are one device's, and those of float32 as far as halves go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import QUICK_TO_COMPILE

pytestmark = pytest.mark.slow
BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}"))
    for name in ("tensorflow", "jax", "torch")
]
WHOLE = "1-float32"
HALVES = {"tensorflow": ("1-float16",), "jax": ("1-float16",), "torch": ("1-bfloat16", "1-float16")}
"""float16 overflows and is scaled, by each backend's own step; bfloat16 needs neither, and is tried on one."""
SEVERAL = {"tensorflow": ("2-float32",), "jax": ("3-float32", "2-float32"), "torch": ("2-float32",)}


def trained(tmp_path: Path, backend: str) -> dict[str, Any]:
    """Return what `devices_check` prints of a backend's trainings."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    if backend == "jax":
        environment["XLA_FLAGS"] += f" {QUICK_TO_COMPILE}"
    words = [str(tmp_path), WHOLE, *HALVES[backend], *SEVERAL[backend]]
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


@pytest.mark.parametrize("backend", BACKENDS)
def test_halves_and_devices_give_the_losses_of_one_in_float32(backend: str, tmp_path: Path) -> None:
    """What halves give is saved in float32; backends other than JAX say that they have one device."""
    found = trained(tmp_path, backend)
    whole = found[WHOLE]["losses"]
    assert len(whole) == 3
    for precision in HALVES[backend]:
        assert "error" not in found[precision], found[precision]
        assert found[precision]["losses"] == pytest.approx(whole, rel=0.05), precision
        assert found[precision]["opens"]
    if backend == "jax":
        two_are_one(found, whole)
    else:
        error = found["2-float32"]["error"]
        assert error["message"] == "several devices train together on JAX only"
        assert error["found"] == backend


def two_are_one(found: Mapping[str, Any], whole: list[float]) -> None:
    """Assert that two devices give one's losses, and that there is no third."""
    assert found["2-float32"]["losses"] == pytest.approx(whole, rel=1e-3)
    assert found["2-float32"]["opens"]
    assert found["3-float32"]["error"]["message"] == "there are not so many devices"
