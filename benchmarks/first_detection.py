"""First detection as a whole process, on the second run of a model, against a bare start of OpenVINO.

    python -m benchmarks.first_detection IMAGE MODEL... [--rounds 5] [--limit 2]

Goal: at most 2 times `python -c "import openvino; openvino.Core()"` for the detectors of the wild corpus.
The first run of each model, which converts and compiles, is shown beside; it is timed once, with an empty cache.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.clock import medians, process, python

BARE = python("-c", "import openvino; openvino.Core()")


def main() -> int:
    """Print a line for each model; exit code 1 where one passes the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=2.0)
    arguments = parser.parse_args()
    over = 0
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOADSTONE_HOME"] = home
        for model in arguments.models:
            over += one(model, arguments.image, rounds=arguments.rounds, limit=arguments.limit)
    print(f"{len(arguments.models) - over} of {len(arguments.models)} within {arguments.limit:g} × a bare start")
    return 1 if over else 0


def one(model: Path, image: Path, *, rounds: int, limit: float) -> bool:
    """Time one model and print its line; return whether it passes the limit."""
    words = [sys.executable, "-m", "loadstone", "detect", str(model), str(image), "--json", "--no-pictures", "--quiet"]
    start = time.perf_counter()
    process(words)()
    first = time.perf_counter() - start
    seconds = medians({"bare": BARE, "detect": process(words)}, rounds)
    ratio = seconds["detect"] / seconds["bare"]
    print(
        f"{ratio:5.2f}×  detect {seconds['detect'] * 1000:6.0f} ms, bare {seconds['bare'] * 1000:6.0f} ms, "
        f"first ever {first:5.1f} s  {'' if ratio <= limit else 'OVER '}{model}",
        flush=True,
    )
    return ratio > limit


if __name__ == "__main__":
    sys.exit(main())
