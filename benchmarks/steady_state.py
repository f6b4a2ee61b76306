"""One picture after the other, against OpenVINO's own loop on the same network and the same pixels.

    python -m benchmarks.steady_state IMAGE MODEL... [--rounds 50] [--limit 1.1]

Goal: within 10%. OpenVINO's loop is that of its benchmark application with one request: the input is set once, and
`infer` is called again and again; what comes out is not looked at. Ours hands out boxes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.clock import medians
from loadstone.runtime import open_detector
from loadstone.runtime.engine import SETTINGS, openvino
from loadstone.runtime.picture_files import read_picture
from loadstone.runtime.prepare import prepared


def main() -> int:
    """Print a line for each model; exit code 1 where one passes the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--limit", type=float, default=1.1)
    arguments = parser.parse_args()
    pixels = np.ascontiguousarray(read_picture(arguments.image).pixels)
    rows = [one(model, pixels, arguments.rounds) for model in arguments.models]
    over = sum(ratio > arguments.limit for ratio in rows)
    print(f"{len(rows) - over} of {len(rows)} within {arguments.limit:g} × OpenVINO's own loop")
    return 1 if over else 0


def one(model: str, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], rounds: int) -> float:
    """Time one model and print its line; return the ratio."""
    detector = open_detector(model)
    plan, _ = prepared(model, "CPU")
    ov = openvino()
    request = ov.Core().import_model(plan.network, "CPU", SETTINGS).create_infer_request()
    request.set_input_tensor(ov.Tensor(pixels[None].copy()))
    sides = {"openvino": request.infer, "loadstone": lambda: detector.run([pixels])}
    seconds = medians(sides, rounds)
    ratio = seconds["loadstone"] / seconds["openvino"]
    print(
        f"{ratio:5.2f}×  loadstone {seconds['loadstone'] * 1000:7.2f}, openvino {seconds['openvino'] * 1000:7.2f} ms  "
        f"{plan.manifest.reading:18} {model}",
        flush=True,
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main())
