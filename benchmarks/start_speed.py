"""How long `loadstone list`, and `loadstone get` of something already here, take beside a bare start of Python.

    python benchmarks/start_speed.py [--runs 30]

Counted is the processor time of the whole process, the least of all runs: what a busy machine does not change.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fetch.server import FaultServer
from tests.fetch.support import archive

LIMIT = 3.0


def least(words: list[str], runs: int, environment: dict[str, str]) -> tuple[float, float]:
    """Return the least processor time and the least wall time of a command, in milliseconds."""
    processor = wall = float("inf")
    for _ in range(runs):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        processor, wall = min(processor, spent), min(wall, ended - started)
    return processor * 1000, wall * 1000


def main() -> int:
    """Measure and print; exit code 1 if something takes more than three bare starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    loadstone = [sys.executable, "-m", "loadstone"]
    with tempfile.TemporaryDirectory() as folder, FaultServer(archive(10_000)) as server:
        environment = {**os.environ, "LOADSTONE_HOME": folder, "NO_PROXY": "127.0.0.1"}
        subprocess.run([*loadstone, "get", "-q", server.url], env=environment, check=True, stdout=subprocess.DEVNULL)
        rows = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "loadstone list": [*loadstone, "list"],
            "loadstone list ssd 320": [*loadstone, "list", "ssd", "320"],
            "loadstone get (already here)": [*loadstone, "get", server.url],
        }
        found = {name: least(words, runs, environment) for name, words in rows.items()}
    bare = found["python -c pass"][0]
    print(f"{'command':<30}{'processor ms':>14}{'wall ms':>10}{'of bare':>9}")
    for name, (processor, wall) in found.items():
        print(f"{name:<30}{processor:>14.1f}{wall:>10.1f}{processor / bare:>9.2f}")
    return int(any(processor > LIMIT * bare for processor, _ in found.values()))


if __name__ == "__main__":
    sys.exit(main())
