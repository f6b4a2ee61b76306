"""A CenterNet learner computes what the original computed: every variant's losses, gradients, moving statistics."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.golden_truth import facts
from tests.training.running import OTHERS, on_tensorflow, run_check

CHECK = "tests.training.center_net.golden_check"
NAMES = ("centernet_mobilenetv2_fpn_kpts", "centernet_resnet50_v1_fpn_512")

LOSSES = 1e-4
GRADIENTS = 1e-3
"""Relative bounds that the issue of training states."""

BATCH_GRADIENTS = 5e-2
"""With batch statistics rounding grows from layer to layer; see the SSDs' goldens."""

OTHER_KERNELS = 1e-3
"""What the kernels of other backends make of the same, where rounding grows."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=on_tensorflow) for name in NAMES])
def test_every_variant_equals_the_original(name: str, shared: Path) -> None:
    found = run_check(CHECK, str(shared), name, "all", backend="tensorflow")
    assert set(found) == set(facts(shared, name)["variants"])
    assert found["bn_train"].pop("moved") <= LOSSES
    for variant, differences in found.items():
        assert differences["losses"] <= (OTHER_KERNELS if variant == "bn_train" else LOSSES), variant
        assert differences["gradients"] <= (BATCH_GRADIENTS if variant == "bn_train" else GRADIENTS), variant


@pytest.mark.slow
@pytest.mark.parametrize("backend", OTHERS)
def test_other_backends_lose_as_the_original_did(backend: str, shared: Path) -> None:
    found = run_check(CHECK, str(shared), NAMES[0], "losses", backend=backend)
    assert set(found) == {"weights", "bn_train"}
    for variant, differences in found.items():
        assert differences["losses"] <= (OTHER_KERNELS if variant == "bn_train" else LOSSES), variant
