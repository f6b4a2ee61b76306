"""The table of faults: every scenario, with and without a known hash, a run against the fault and a run once it healed.

    python benchmarks/fault_table.py [--megabytes 12] [--only SCENARIO ...] [--json]

Each run is the command in a process of its own, as a user runs it. A cell reads `first → second`:
`ok` exit 0 and the right bytes; `fail` an error was reported; `WRONG-OK` exit 0 and other bytes; `!bad` a wrong file
under the final name; `HANG` still running at the limit; `0.3x` the body bytes sent over the file's bytes, both runs
together after the arrow. The last lines count what the promises are about.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fetch.server import SCENARIOS, FaultServer

RESUMABLE = ("clean", "drop_range", "chunked_ok", "redir1", "redir5", "drip", "stall_once", "cd_traversal")
"""Scenarios in which nothing but the connection fails and the server supports ranges."""

LIMIT_SECONDS = 120
ENVIRONMENT = {"LOADSTONE_STALL_SECONDS": "3", "LOADSTONE_RETRY_SECONDS": "0.1"}
"""A stall is noticed after 3 s here and after 30 s by default; the table would take long to make otherwise."""


@dataclass
class Cell:
    """One scenario with or without a hash."""

    scenario: str
    hashed: bool
    first: str
    second: str
    sent_first: float
    sent_total: float
    wrong: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.first} {self.sent_first:.2f}x → {self.second} {self.sent_total:.2f}x"


def archive(size: int, seed: int) -> bytes:
    """Return a .tar.gz of about `size` bytes that do not compress, except for an even tail."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("model/weights.bin")
        info.size = size
        tar.addfile(info, io.BytesIO(random.Random(seed).randbytes(size)))
    return raw.getvalue()


def run(home: Path, source: str) -> tuple[str, str]:
    """Run the command; return how it ended and what it printed."""
    environment = {**os.environ, **ENVIRONMENT, "LOADSTONE_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    words = [sys.executable, "-m", "loadstone", "get", "-q", "--no-adopt", source]
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return "HANG", ""
    return ("ok" if done.returncode == 0 else "fail"), done.stdout.strip()


def weights(payload: bytes) -> bytes:
    """Return the one file of an archive."""
    with tarfile.open(fileobj=io.BytesIO(payload)) as tar:
        member = tar.extractfile("model/weights.bin")
        return member.read() if member else b""


def judged(ended: str, printed: str, home: Path, right: set[bytes]) -> tuple[str, bool]:
    """Return the cell's word, and whether anything wrong was accepted or stands under a final name."""
    found = [path.read_bytes() for path in (home / "objects").glob("[!.]*/files/**/*") if path.is_file()]
    bad = any(content not in right for content in found)
    if ended == "ok" and (not printed or (Path(printed) / "weights.bin").read_bytes() not in right):
        return "WRONG-OK", True
    return (f"{ended}!bad" if bad else ended), bad


def measure(name: str, payload: bytes, second: bytes, *, hashed: bool) -> Cell:
    """Run one scenario twice."""
    started = time.monotonic()
    right = {weights(payload)} if hashed or name != "etag_change" else {weights(payload), weights(second)}
    with tempfile.TemporaryDirectory() as folder, FaultServer(payload, name, second=second) as server:
        home = Path(folder)
        source = f"{server.url}@sha256:{hashlib.sha256(payload).hexdigest()}" if hashed else server.url
        word, bad = judged(*run(home, source), home, right)
        sent = server.sent
        server.heal()
        again, bad_again = judged(*run(home, source), home, right)
        return Cell(
            scenario=name,
            hashed=hashed,
            first=word,
            second=again,
            sent_first=sent / len(payload),
            sent_total=server.sent / len(payload),
            wrong=bad or bad_again,
            seconds=round(time.monotonic() - started, 1),
        )


def main() -> None:
    """Measure, print the table and its sums; exit code 1 if a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=12)
    parser.add_argument("--only", nargs="*", default=list(SCENARIOS), metavar="SCENARIO")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    payload, second = (archive(int(arguments.megabytes * 1e6), seed) for seed in (0, 1))
    cells = []
    if not arguments.json:
        print(f"{'scenario':<16}{'with hash':<34}without")
    for name in arguments.only:
        pair = [measure(name, payload, second, hashed=hashed) for hashed in (True, False)]
        cells += pair
        if not arguments.json:
            print(f"{name:<16}{pair[0]!s:<34}{pair[1]!s}", flush=True)
    sys.exit(_sums(cells, as_json=arguments.json))


def _sums(cells: list[Cell], *, as_json: bool) -> int:
    wrong = [cell for cell in cells if cell.wrong]
    stuck = [cell for cell in cells if cell.second != "ok"]
    dear = [cell for cell in cells if cell.scenario in RESUMABLE and cell.sent_total > 1.02]
    if as_json:
        print(json.dumps([asdict(cell) for cell in cells], indent=1))
    else:
        print(f"\nwrong file accepted or under a final name   {len(wrong)} of {len(cells)}")
        print(f"not right after the second run              {len(stuck)} of {len(cells)}")
        print(f"over 1.02 of the bytes, with ranges         {len(dear)}")
    return 1 if wrong or stuck or dear else 0


if __name__ == "__main__":
    main()
