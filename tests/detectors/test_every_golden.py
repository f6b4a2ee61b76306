"""Each of the goldens has its asserting tests: variables, raw outputs, detections. What stands where is this table."""

from __future__ import annotations

from pathlib import Path

from tests.blueprint import test_center_net, test_faster_rcnn, test_reader, test_tf1

TF1_TWO_STAGE = ("tf1_faster_rcnn_inception_v2_coco",)

ASSERTED = {
    # tests/blueprint/test_reader.py; tests/runtime/test_ssd_goldens.py; for EfficientDet test_keras_model.py as well
    "SSD": test_reader.GOLDENS,
    # tests/blueprint/test_center_net.py; test_center_net_outputs.py; tests/runtime/test_center_net.py
    "CenterNet": test_center_net.GOLDENS,
    # tests/blueprint/test_faster_rcnn.py; tests/runtime/test_faster_rcnn.py
    "two stages": test_faster_rcnn.GOLDENS,
    # tests/blueprint/test_tf1.py; tests/runtime/test_tf1_rebuilt.py
    "TF1's SSDs": test_tf1.GOLDENS,
    "TF1's two stages": TF1_TWO_STAGE,
}
"""Family → its goldens, each of which is a parameter of the tests named above it: variables; outputs; detections."""


def test_every_golden_is_asserted(shared: Path) -> None:
    present = {path.name.removesuffix(".vars.json.gz") for path in (shared / "goldens").glob("*.vars.json.gz")}
    listed = [name for names in ASSERTED.values() for name in names]
    assert len(listed) == len(set(listed)) == 32
    assert set(listed) == present
