"""Write the table of exact pins: for each TensorFlow feature release and each Python it has a wheel for.

Usage: python tools/compat_pins.py

Every row is what `uv pip compile` resolves for x86-64 Linux under the bounds of `BOUNDS`, which hold what the
releases themselves forgot to require. Rows of the older Pythons hold only what differs from the newest.
Pythons before 3.7 are left out: no current resolver serves them.
The result is src/loadstone/environment/tables/pins.json.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

TABLES = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "environment" / "tables"
BINARY = "tensorflow,numpy,h5py,grpcio,protobuf,scipy,ml-dtypes,libclang,cryptography,cffi,optree,jaxlib,pillow"
BOUNDS = [
    # (first release, first release that needs it no more, requirement, why)
    ((1, 13), (2, 12), "protobuf<3.21", "generated code of protoc 3.19 and older"),
    ((1, 13), (2, 5), "h5py<3", "attributes are bytes there, and the old code decodes them"),
    ((1, 13), (2, 12), "numpy<1.24", "np.object and its like are gone from 1.24"),
    ((2, 12), (2, 18), "numpy<2", "compiled against NumPy 1"),
    ((1, 13), (2, 16), "setuptools<81", "TensorBoard imports pkg_resources"),
    ((1, 13), (1, 15), "gast<0.3", "AutoGraph of that time reads the syntax trees of gast 0.2"),
    ((2, 6), (2, 16), "keras<3", "these releases are tf.keras's own package"),
]
"""What a working environment needs beyond what the wheels require."""

FIRST_PYTHON = (3, 7)


def main() -> None:
    """Write the table."""
    rows = {version: _row(version, pythons) for version, pythons in _releases().items()}
    lines = ",\n".join(
        f"  {json.dumps(version)}: {json.dumps(row, separators=(',', ':'))}" for version, row in rows.items()
    )
    (TABLES / "pins.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _releases() -> dict[str, list[str]]:
    """Return the last release of each feature release, with its Pythons, newest first."""
    found: dict[str, list[str]] = {}
    for row in json.loads((TABLES / "tensorflow.json").read_text(encoding="utf-8"))["releases"]:
        if not row["requires"]:
            continue
        minor = row["tf"].rsplit(".", 1)[0]
        found = {version: pythons for version, pythons in found.items() if version.rsplit(".", 1)[0] != minor}
        last = int(row["python"].rsplit("3.", 1)[1])
        first = max(int(re.findall(r"3\.(\d+)", row["python"])[0]), FIRST_PYTHON[1])
        found[row["tf"]] = [f"3.{minor}" for minor in range(last, first - 1, -1)]
    return found


def _row(version: str, pythons: list[str]) -> dict[str, dict[str, str]]:
    row: dict[str, dict[str, str]] = {}
    newest: dict[str, str] = {}
    for python in pythons:
        pins = _resolve(version, python)
        if pins is None:
            print(f"tensorflow {version} does not resolve on Python {python}", file=sys.stderr)
        elif not newest:
            row[python] = newest = pins
        else:
            changed = {name: pin for name, pin in pins.items() if newest.get(name) != pin}
            row[python] = changed | dict.fromkeys(newest.keys() - pins.keys(), "")
    return row


def _resolve(version: str, python: str) -> dict[str, str] | None:
    minor = (int(version.split(".")[0]), int(version.split(".")[1]))
    wanted = [f"tensorflow=={version}", "h5py", *(text for first, end, text, _ in BOUNDS if first <= minor < end)]
    if minor >= (2, 16):
        wanted.append(f"tf-keras~={minor[0]}.{minor[1]}.0")
    command = ["uv", "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--python-version", python]
    command += ["--python-platform", "x86_64-manylinux_2_28", "--only-binary", BINARY]
    done = subprocess.run(command, input="\n".join(wanted), capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip()[-300:], file=sys.stderr)
        return None
    pins = dict(line.split("==") for line in done.stdout.split() if "==" in line)
    return {name: pin for name, pin in sorted(pins.items()) if name != "tensorflow"}


if __name__ == "__main__":
    main()
