"""How fast a clean file comes over loopback, hash included, beside curl and whatever else is installed.

    python benchmarks/downloads.py [--megabytes 1000] [--rounds 3] [--folder DIR]

Each tool is a process of its own; rounds are interleaved, so that a busy moment hits all of them, and the best round of
each counts. `seconds` is the call alone (what a script that is already running waits for), `process` the whole process.
`memory` is the peak resident set above that of a Python that only sleeps; it is left out for tools that are no Python.
The folder should be one in memory (/dev/shm), or the disk is what is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOADSTONE = """
import os, resource, sys, time
url, sha256, folder = sys.argv[1:]
os.environ["LOADSTONE_HOME"] = folder
import filelock, urllib3
from loadstone.fetch import core, download, transport
started = time.perf_counter()
core.obtain(url, sha256 or None)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
KERAS = """
import resource, sys, time
url, sha256, folder = sys.argv[1:]
import keras
started = time.perf_counter()
keras.utils.get_file("model.bin", url, file_hash=sha256 or None, cache_dir=folder)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
POOCH = """
import resource, sys, time
url, sha256, folder = sys.argv[1:]
import pooch
started = time.perf_counter()
pooch.retrieve(url, known_hash=f"sha256:{sha256}" if sha256 else None, path=folder)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
BARE = "import resource; print(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


@dataclass
class Run:
    """One tool's best round."""

    name: str
    seconds: float
    process: float
    memory: int | None


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve one file on loopback from a process of its own, as fast as the kernel copies it."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(path)], stdout=subprocess.PIPE, text=True, close_fds=True
    )
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        yield f"http://127.0.0.1:{port}/model.bin"
    finally:
        process.terminate()
        process.wait()


def serve(path: str) -> None:
    """Be the server: one thread per connection, `sendfile`, one answer per request."""
    size = os.path.getsize(path)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def answer(connection: socket.socket) -> None:
        with connection, open(path, "rb") as source:
            while connection.recv(65536):
                head = f'HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nETag: "one"\r\nAccept-Ranges: bytes\r\n\r\n'
                connection.sendall(head.encode())
                at = 0
                while at < size:
                    at += os.sendfile(connection.fileno(), source.fileno(), at, size - at)

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def _python(code: str) -> Callable[[str, str, str], tuple[float, float, int | None]]:
    def run(url: str, sha256: str, folder: str) -> tuple[float, float, int | None]:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, url, sha256, folder], capture_output=True, text=True, check=True
        )
        wall = time.perf_counter() - started
        seconds, memory = done.stdout.split()[-2:]
        return float(seconds), wall, int(memory) * 1024

    return run


def _command(*words: str) -> Callable[[str, str, str], tuple[float, float, int | None]]:
    def run(url: str, _sha256: str, folder: str) -> tuple[float, float, int | None]:
        filled = [word.format(url=url, out=f"{folder}/model.bin") for word in words]
        started = time.perf_counter()
        subprocess.run(filled, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        return wall, wall, None

    return run


def tools() -> dict[str, Callable[[str, str, str], tuple[float, float, int | None]]]:
    """Return the tools that are installed here, curl first."""
    from importlib.util import find_spec

    found = {"curl": _command("curl", "-sS", "-o", "{out}", "{url}"), "loadstone": _python(LOADSTONE)}
    if shutil.which("wget"):
        found["wget"] = _command("wget", "-q", "-O", "{out}", "{url}")
    if find_spec("pooch"):
        found["pooch"] = _python(POOCH)
    if find_spec("keras"):
        found["keras"] = _python(KERAS)
    return found


def measure(path: Path, *, rounds: int, only: list[str]) -> list[Run]:
    """Run every tool in every round; keep the best."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    bare = _python(BARE)("", "", "")[2] or 0
    best: dict[str, Run] = {}
    with served(path) as url:
        for _ in range(rounds):
            for name, run in tools().items():
                if only and name not in only:
                    continue
                with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                    seconds, wall, memory = run(url, digest.hexdigest(), folder)
                this = Run(name, seconds, wall, memory - bare if memory else None)
                if name not in best or seconds < best[name].seconds:
                    best[name] = this
    return list(best.values())


def main() -> None:
    """Measure and print a table, and the same as JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir())
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder, "source.bin")
        with path.open("wb") as stream:
            for _ in range(arguments.megabytes):
                stream.write(os.urandom(1_000_000))
        runs = measure(path, rounds=arguments.rounds, only=arguments.only)
    if arguments.json:
        print(json.dumps([vars(run) for run in runs], indent=1))
        return
    curl = next((run.seconds for run in runs if run.name == "curl"), None)
    print(f"{'tool':<12}{'seconds':>9}{'MB/s':>8}{'of curl':>9}{'process':>9}{'memory MB':>11}")
    for run in runs:
        share = f"{curl / run.seconds:.2f}" if curl else ""
        memory = f"{run.memory / 1e6:.0f}" if run.memory is not None else ""
        rate = arguments.megabytes / run.seconds
        print(f"{run.name:<12}{run.seconds:>9.2f}{rate:>8.0f}{share:>9}{run.process:>9.2f}{memory:>11}")


if __name__ == "__main__":
    main()
