"""What measuring costs: `loadstone eval` beside `loadstone detect` on the same pictures with the same opened detector.

    python -m benchmarks.evaluation MODEL DATA [--pictures 1000] [--rounds 3] [--streams 1]

DATA is a folder of annotated pictures; where it has fewer than `--pictures`, they are taken again from the start. Both
sides read and decode the same files a few ahead of the detector. `detect` names and filters what it finds (score 0.25);
`eval` keeps everything from 0.001 on, computes COCO's, Pascal VOC's and Open Images' metrics, curves, confusion and
mistakes. The sides take turns; medians and their ratio are printed, and that of processor seconds (all threads), which
other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.clock import medians
from loadstone.api.eval import Wish, evaluate_detector
from loadstone.datasets.find import open_dataset
from loadstone.facts.dataset import Dataset
from loadstone.runtime import open_detector
from loadstone.runtime.detecting import detect
from loadstone.runtime.detector import Detector
from loadstone.runtime.filters import Rule
from loadstone.runtime.pictures.picture_sources import PictureSource, ahead, pictures

AHEAD = 4


class Counted:
    """A call that keeps how many processor seconds each run took."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self.seconds: list[float] = []

    def __call__(self) -> object:
        began = time.process_time()
        try:
            return self._call()
        finally:
            self.seconds.append(time.process_time() - began)


def repeated(dataset: Dataset, count: int) -> Dataset:
    """Return the dataset with this many examples, each under a key of its own, and no splits."""
    every = itertools.islice(itertools.cycle(dataset.examples), count)
    return replace(dataset, examples=[replace(one, key=f"{at}-{one.key}") for at, one in enumerate(every)], splits={})


def detecting(detector: Detector, paths: Sequence[str], streams: int) -> Callable[[], object]:
    """Return a call that detects in every file."""
    sources = [PictureSource("file", path) for path in paths]

    def call() -> int:
        coming = ahead(pictures(sources), max(AHEAD, streams))
        return sum(1 for _ in detect(detector, coming, rule=Rule(), batch=streams))

    return call


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=1)
    arguments = parser.parse_args()
    dataset = repeated(open_dataset(arguments.data), arguments.pictures)
    detector = open_detector(arguments.model, streams=arguments.streams)
    paths = [one.path for one in dataset.examples if one.path]
    if len(paths) != len(dataset.examples):
        raise SystemExit("a dataset whose pictures are files is needed: detect reads files")
    wish = Wish(families=("coco", "voc", "oid"), together=arguments.streams)
    sides = {
        "detect": Counted(detecting(detector, paths, arguments.streams)),
        "eval": Counted(lambda: evaluate_detector(detector, arguments.model, dataset, wish)),
    }
    seconds = medians(dict(sides), arguments.rounds)
    busy = {name: statistics.median(side.seconds) for name, side in sides.items()}
    for name, spent in seconds.items():
        rate = len(paths) / spent
        print(
            f"{name:<7} {spent:7.2f} s for {len(paths):,} pictures, {rate:7.1f} a second; processor {busy[name]:.2f} s"
        )
    print(f"eval takes {seconds['eval'] / seconds['detect']:.2f} times what detect takes")
    print(f"     and {busy['eval'] / busy['detect']:.2f} times the processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
