"""A convolution by way of the map before its resizing gives what the convolution of the resized map gives."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.blueprint.network import Network, Scope, Writer

openvino = pytest.importorskip("openvino")

from loadstone.runtime.openvino import openvino_resized  # noqa: E402 - needs the optional engine
from loadstone.runtime.openvino.openvino_network import to_openvino  # noqa: E402


def _resized_conv(before: tuple[int, int], after: tuple[int, int], window: int, **options: int) -> Network:
    to = Writer()
    x = to.resize(to.input("picture", (*before, 5)), *after)
    to.output("map", to.conv(x, Scope("conv", "conv"), 4, window, bias=True, **options))
    return to.network()


def _run(network: Network, picture: np.ndarray) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(2)
    values = {key: random.normal(size=one.shape).astype(np.float32) for key, one in network.variables.items()}
    model = to_openvino(network, values)
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.asarray(compiled([picture])[0]), [node.get_type_name() for node in model.get_ops()]


@pytest.mark.parametrize(
    ("before", "after", "window"),
    [((9, 9), (33, 33), 3), ((2, 5), (7, 11), 3), ((1, 3), (4, 9), 5), ((4, 1), (9, 4), 1), ((1, 1), (2, 2), 3)],
)
def test_it_gives_the_same(
    before: tuple[int, int], after: tuple[int, int], window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = _resized_conv(before, after, window)
    picture = np.random.default_rng(1).normal(size=(1, *before, 5)).astype(np.float32)
    ours, operations = _run(network, picture)
    assert "Interpolate" not in operations
    monkeypatch.setattr(openvino_resized, "COARSE", 10**9)
    plain, operations = _run(network, picture)
    assert "Interpolate" in operations
    np.testing.assert_allclose(ours, plain, atol=2e-5 * np.abs(plain).max())


def test_what_is_resized_by_little_is_convolved_as_it_stands() -> None:
    """The taps of a map of nearly as many places would be more to move than to save."""
    network = _resized_conv((6, 6), (9, 9), 3)
    assert "Interpolate" in _run(network, np.zeros((1, 6, 6, 5), np.float32))[1]


def test_a_convolution_that_skips_places_stays() -> None:
    network = _resized_conv((3, 3), (9, 9), 3, stride=2)
    assert "Interpolate" in _run(network, np.zeros((1, 3, 3, 5), np.float32))[1]
