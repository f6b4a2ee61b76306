"""Anchors against the ones that the original detectors report, sampled in the goldens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.detectors.anchors import Anchors, grid_anchors, multiscale_anchors, ssd_anchors, ssd_scales, ssd_shapes
from tests.detectors.goldens import recipe

SSD_300_MAPS = [(19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1)]
RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)


def ssd_300() -> Anchors:
    """The anchors of the six-map SSDs: 1,917 boxes."""
    return ssd_anchors(SSD_300_MAPS, ssd_shapes(ssd_scales(6, 0.2, 0.95), RATIOS), image=(300, 300))


CASES: dict[str, Anchors] = {
    "ssd_mobilenet_v2_fpnlite_320": multiscale_anchors((320, 320), min_level=3, max_level=7),
    "ssd_mobilenet_v1_fpn_640": multiscale_anchors((640, 640), min_level=3, max_level=7),
    "ssd_resnet50_v1_fpn_1024": multiscale_anchors((1024, 1024), min_level=3, max_level=7),
    "efficientdet_d0": multiscale_anchors((512, 512), min_level=3, max_level=7, scales_per_octave=3),
    "ssd_mobilenet_v2_320": ssd_300(),
    "tf1_ssd_mobilenet_v1_coco": ssd_300(),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_anchors_equal_the_original(name: str, shared: Path) -> None:
    golden = np.load(shared / "goldens" / f"{name}.npz")
    key = next(key for key in golden.files if key.endswith("prediction|anchors"))
    anchors = CASES[name]
    indices = recipe(shared).sample_indices("prediction/anchors", anchors.size)
    # TF1 goldens hold relative anchors in float32 as well; two units in the last place of 1.
    np.testing.assert_allclose(anchors.reshape(-1)[indices], golden[key], rtol=0, atol=3e-7)


def test_grid_anchors_run_over_place_then_ratio_then_scale() -> None:
    anchors = grid_anchors((2, 3), scales=(0.5, 1.0), aspect_ratios=(1.0, 4.0), base_size=(16, 16), stride=(8, 8))
    assert anchors.shape == (2 * 3 * 4, 4)
    np.testing.assert_allclose(anchors[0], [-4, -4, 4, 4])
    np.testing.assert_allclose(anchors[1], [-8, -8, 8, 8])
    np.testing.assert_allclose(anchors[2], [-2, -8, 2, 8])
    np.testing.assert_allclose(anchors[4], [-4, 4, 4, 12])
