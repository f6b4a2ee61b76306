"""How long `loadstone check` takes beside `python -c "import numpy"`, for each file of a folder, and many models.

    python benchmarks/check_speed.py FOLDER [--runs 5] [--many 1000]

FOLDER holds one model, or several beside each other, in each of its folders (the shared `wild/`). Counted is the
processor time of the whole process, the least of all runs: what a busy machine does not change. `--many` copies the
models to that number, and measures `check --each` over them beside reading the same bytes with `cat`.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
LIMIT = 4.0


def least(words: list[str], runs: int, environment: dict[str, str]) -> float:
    """Return the least processor time of a command, in milliseconds; its exit code says findings, not failure."""
    found = float("inf")
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = min(found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return found * 1000


def each_beside_numpy(models: list[Path], runs: int, environment: dict[str, str]) -> list[tuple[float, str]]:
    """Return (ratio to importing NumPy, name), the slowest first; both sides alternate in one go."""
    # Once unmeasured, so that bytecode is written as an installation does.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(SOURCE)], env=environment, check=False)
    rows = []
    for model in models:
        numpy = least([sys.executable, "-c", "import numpy"], runs, environment)
        checked = least([sys.executable, "-m", "loadstone", "check", str(model)], runs, environment)
        rows.append((checked / numpy, f"{checked:8.1f} ms {numpy:8.1f} ms   {model.name}"))
    return sorted(rows, reverse=True)


def many(models: list[Path], count: int, environment: dict[str, str]) -> None:
    """Copy the models to `count`, check them all, and read them all; print both times."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            source = models[number % len(models)]
            target = Path(folder) / f"{number:04d}-{source.name}"
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        started = time.perf_counter()
        words = [sys.executable, "-m", "loadstone", "check", folder, "--each", "--json"]
        done = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
        checked = time.perf_counter() - started
        started = time.perf_counter()
        for path in Path(folder).rglob("*"):
            if path.is_file():
                path.read_bytes()
        read = time.perf_counter() - started
    cores = os.cpu_count() or 1
    print(
        f"{count:,} models, {size / 1e6:,.0f} MB, {cores} cores: checked in {checked:.1f} s ({count / checked:.0f}/s)"
    )
    print(f"reading every byte of them once: {read:.1f} s; the report is {len(done.stdout):,} characters of JSON")


def main() -> int:
    """Measure and print; exit code 1 where a model takes more than four imports of NumPy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--many", type=int, default=0)
    given = parser.parse_args()
    models = sorted(path for path in given.folder.iterdir() if path.is_dir())
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if given.many:
        many(models, given.many, environment)
        return 0
    rows = each_beside_numpy(models, given.runs, environment)
    for ratio, words in rows:
        print(f"{ratio:6.2f} ×  {words}")
    print(f"slowest {rows[0][0]:.2f} ×, median {rows[len(rows) // 2][0]:.2f} ×, limit {LIMIT:.0f} ×")
    return int(rows[0][0] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
