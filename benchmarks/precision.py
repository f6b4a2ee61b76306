"""What fewer bits cost and gain: each precision against float32, on the same pictures, in turns.

    python -m benchmarks.precision MODEL PICTURE_OR_FOLDER… [--least 0.3]

An object of float32 with a score of at least `--least` counts as found where the other has one of its class that
overlaps it by more than half; `more` are objects that float32 does not have. Then the differences in score, the time
that a picture takes (medians, in turns), and the size of the prepared network.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from loadstone.runtime import open_detector
from loadstone.runtime.cache import NETWORK, plans
from loadstone.runtime.detector import Detector
from loadstone.runtime.nms import overlaps
from loadstone.runtime.prepare import prepared
from loadstone.runtime.quantise import PRECISIONS
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.wish import AS_FOUND

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")


def read(paths: list[Path]) -> list[npt.NDArray[np.uint8]]:
    """Return the pictures, those of folders sorted by name."""
    files: list[Path] = []
    for path in paths:
        files += sorted(one for one in path.iterdir() if one.suffix in ENDINGS) if path.is_dir() else [path]
    return [np.asarray(Image.open(one).convert("RGB")) for one in files]


def sure(detector: Detector, picture: npt.NDArray[np.uint8], least: float) -> RawDetections:
    """Return what scores at least so much."""
    raw = detector.run([picture])[0]
    if not isinstance(raw, RawDetections):
        raise SystemExit("the model finds no boxes")
    kept = raw.scores >= least
    return RawDetections(raw.boxes[kept], raw.scores[kept], raw.class_ids[kept])


def compare(exact: RawDetections, other: RawDetections) -> tuple[int, int, list[float]]:
    """Return (objects found again, objects more, differences in score)."""
    alike = overlaps(exact.boxes, other.boxes) > 0.5
    alike &= exact.class_ids[:, None] == other.class_ids
    found = np.flatnonzero(alike.any(axis=1))
    differences = [float(np.abs(other.scores[alike[row]] - exact.scores[row]).min()) for row in found]
    return len(found), int((~alike.any(axis=0)).sum()), differences


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--least", type=float, default=0.3)
    arguments = parser.parse_args()
    pictures = read(arguments.pictures)
    detectors = {precision: open_detector(arguments.model, precision=precision) for precision in PRECISIONS}
    wanted = [sure(detectors["float32"], picture, arguments.least) for picture in pictures]
    seconds = timed(detectors, pictures)
    for precision, detector in detectors.items():
        rows = [
            compare(one, sure(detector, picture, arguments.least))
            for one, picture in zip(wanted, pictures, strict=True)
        ]
        differences = [difference for row in rows for difference in row[2]] or [0.0]
        key = prepared(arguments.model, "CPU", AS_FOUND, precision)[1]
        size = (plans() / key / NETWORK).stat().st_size
        print(
            f"{precision:<8} found {sum(row[0] for row in rows):4} of {sum(map(len, wanted)):4}"
            f"   more {sum(row[1] for row in rows):3}   score off by {statistics.mean(differences):.4f} in the mean,"
            f" {max(differences):.4f} at most   a picture {seconds[precision] * 1000:6.1f} ms"
            f" ({seconds['float32'] / seconds[precision]:.2f}×)   {size / 1e6:.1f} MB"
        )
    return 0


def timed(detectors: dict[str, Detector], pictures: list[npt.NDArray[np.uint8]]) -> dict[str, float]:
    """Return the median seconds that each takes for a picture, in turns."""
    spent: dict[str, list[float]] = {precision: [] for precision in detectors}
    for _ in range(3):
        for picture in pictures:
            for precision, detector in detectors.items():
                start = time.perf_counter()
                detector.run([picture])
                spent[precision].append(time.perf_counter() - start)
    return {precision: statistics.median(times) for precision, times in spent.items()}


if __name__ == "__main__":
    sys.exit(main())
