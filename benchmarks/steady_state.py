"""One picture after the other, against OpenVINO's own loop on the same network and the same pixels.

    python -m benchmarks.steady_state IMAGE MODEL... [--rounds 50] [--limit 1.1]

Goal: within 10%. OpenVINO's loop is that of its benchmark application with one request: the input is set once, and
`infer` is called again and again; what comes out is not looked at. Ours hands out boxes.
The network is the file's own, as OpenVINO reads it, where it can (`whole`); where it cannot, as with TFLite detectors,
it is the part that we cut out for it (`cut`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import medians
from loadstone.errors import UnsupportedModelError
from loadstone.runtime import open_detector
from loadstone.runtime.conversions.frontends import convert
from loadstone.runtime.engine import SETTINGS, openvino
from loadstone.runtime.pictures.picture_files import read_picture
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
    compiled, kind = own_network(model)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino().Tensor(pixels[None].copy()))
    sides = {"openvino": request.infer, "loadstone": lambda: detector.run([pixels])}
    seconds = medians(sides, rounds)
    ratio = seconds["loadstone"] / seconds["openvino"]
    print(
        f"{ratio:5.2f}×  loadstone {seconds['loadstone'] * 1000:7.2f}, openvino {seconds['openvino'] * 1000:7.2f} ms  "
        f"{kind:5} {model}",
        flush=True,
    )
    return ratio


def own_network(model: str) -> tuple[Any, str]:
    """Return the network that OpenVINO makes of the file itself, with `whole`; else the prepared one, with `cut`."""
    core = openvino().Core()
    try:
        network = convert("tf", Path(model))
        if network.inputs[0].element_type.get_type_name() == "u8":
            network.reshape({network.inputs[0]: [1, -1, -1, 3]})
            return core.compile_model(network, "CPU", SETTINGS), "whole"
    except (UnsupportedModelError, RuntimeError):
        pass
    plan, _ = prepared(model, "CPU")
    return core.import_model(plan.network, "CPU", SETTINGS), "cut"


if __name__ == "__main__":
    sys.exit(main())
