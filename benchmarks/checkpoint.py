"""Listing, reading and verifying a checkpoint, against plain NumPy on the same bytes.

    python -m benchmarks.checkpoint [--megabytes 500] [--tensors 400] [--rounds 5] [--many 100000]

The checkpoint is made here, with the package's own writer, in a temporary folder.
Goals for 500 MB: listed under 100 ms in process with less than 50 MB of memory; read at 0.8 of the speed of
`numpy.fromfile` or better; verified at 1 GB/s or better.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.clock import medians
from loadstone.facts import ModelFile
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.formats.checkpoint.shards import data_name
from loadstone.formats.registry import open_source

MEMORY = """
import re, sys
from loadstone.formats.registry import open_source
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before = peak()
model = open_source(sys.argv[1])
print(len(model.tensors), peak() - before, peak())
"""
"""Linux counts the peak of a process from its own start here; `getrusage` begins with the parent's."""


def tensors(count: int, nbytes: int) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Yield `count` kernels of random values that have `nbytes` together, one in memory at a time."""
    dice = np.random.default_rng(0)
    side = max(1, nbytes // count // 4 // 9)
    for number in range(count):
        yield f"model/block_{number:06}/conv/kernel", dice.random((3, 3, side), dtype=np.float32)


def copy_all(model: ModelFile) -> list[npt.NDArray[Any]]:
    """Copy every tensor into memory of its own, all of them at once."""
    return [np.array(tensor.read()) for tensor in model.tensors.all]


def use_all(model: ModelFile) -> None:
    """Use every value once where it lies in the file, as a loader that converts or sums does."""
    for tensor in model.tensors.all:
        np.bitwise_xor.reduce(tensor.read().view(np.uint32), axis=None)


def from_file_each(data: Path, model: ModelFile) -> list[npt.NDArray[Any]]:
    """Read the same tensors one after the other with `numpy.fromfile`."""
    with open(data, "rb") as stream:
        return [np.fromfile(stream, dtype=np.float32, count=spec.elements) for spec in model.tensors.specs]


def verify_all(model: ModelFile) -> None:
    """Check every tensor's checksum."""
    for tensor in model.tensors.all:
        if tensor.verify is not None:
            tensor.verify()


def listed(prefix: Path, rounds: int) -> None:
    """Print how long listing takes in this process, and the memory that it takes in a fresh one."""
    seconds = medians({"list": lambda: open_source(str(prefix))}, rounds)["list"]
    done = subprocess.run([sys.executable, "-c", MEMORY, str(prefix)], capture_output=True, text=True, check=True)
    count, grown, peak = done.stdout.split()
    memory = f"{float(grown):.1f} MB more, {float(peak):.1f} MB in all"
    print(f"list            {seconds * 1000:8.1f} ms   {int(count):,} tensors; {memory}")


def compared(prefix: Path, rounds: int) -> None:
    """Print the speed of reading and verifying beside that of `numpy.fromfile`, whole and tensor by tensor."""
    data = Path(data_name(str(prefix), 0, 1))
    size = data.stat().st_size
    plain = open_source(str(prefix))
    sides: dict[str, Callable[[], object]] = {
        "fromfile, whole": lambda: np.fromfile(data, dtype=np.uint8),
        "fromfile, each": lambda: from_file_each(data, plain),
        "copy": lambda: copy_all(open_source(str(prefix))),
        "use in place": lambda: use_all(open_source(str(prefix))),
        "verify": lambda: verify_all(open_source(str(prefix))),
    }
    seconds = medians(sides, rounds)
    for name, spent in seconds.items():
        whole, each = (seconds[f"fromfile, {kind}"] / spent for kind in ("whole", "each"))
        speed = f"{spent * 1000:8.1f} ms   {size / spent / 1e9:5.2f} GB/s"
        print(f"{name:15} {speed}   {whole:4.2f} of fromfile as a whole, {each:4.2f} of fromfile for each")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--tensors", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=100_000, help="tensors of a second, small checkpoint; 0 for none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "model-1"
        write_bundle(prefix, tensors(arguments.tensors, arguments.megabytes * 1_000_000))
        print(f"{arguments.megabytes:,} MB in {arguments.tensors:,} tensors")
        listed(prefix, arguments.rounds)
        compared(prefix, arguments.rounds)
        if arguments.many:
            prefix = Path(folder) / "many-1"
            write_bundle(prefix, tensors(arguments.many, arguments.many * 36))
            listed(prefix, 3)


if __name__ == "__main__":
    main()
