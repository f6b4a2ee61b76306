"""Write the compatibility tables that the package carries, from a file of published facts.

Usage: python tools/compat_tables.py COMPAT.json

What is kept of each TensorFlow release: when it came, which Pythons have a wheel, which CUDA and cuDNN it was built
for, what it requires, and its GraphDef producer. One release stands on one line, so that a change is one line.
The result is src/loadstone/environment/tables/tensorflow.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TABLES = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "environment" / "tables"
MEASURED = {
    "1.4": 24, "1.5": 24, "1.6": 26, "1.7": 26, "1.8": 26, "1.9": 26, "1.10": 26, "1.11": 27, "1.12": 27, "1.13": 27,
    "1.14": 38, "1.15": 134, "2.0": 119, "2.1": 175, "2.2": 175, "2.3": 440, "2.4": 561, "2.5": 716, "2.6": 808,
    "2.7": 898, "2.8": 987, "2.9": 1087, "2.10": 1205, "2.11": 1286, "2.12": 1395, "2.13": 1482, "2.14": 1575,
    "2.15": 1645, "2.16": 1766, "2.17": 1882, "2.18": 1994, "2.19": 2129, "2.20": 2288, "2.21": 2474,
}  # fmt: skip
"""GraphDef producers, read with tf.version.GRAPH_DEF_VERSION from the wheels themselves (tools/compat_ops.py)."""


def main(compat: str) -> None:
    """Write the table."""
    facts = json.loads(Path(compat).read_text(encoding="utf-8"))
    rows = [_row(release) for release in (*facts["tensorflow_older"], *facts["tensorflow"])]
    lines = ",\n".join("  " + json.dumps(row, separators=(", ", ": ")) for row in rows)
    (TABLES / "tensorflow.json").write_text(f'{{"releases": [\n{lines}\n]}}\n', encoding="utf-8")


def _row(release: dict[str, Any]) -> dict[str, Any]:
    row = {"tf": release["tf"], "released": release.get("released", "")}
    row["python"] = release["python"].replace(" ", "")
    row |= {"cuda": _with_minor(release["cuda"]), "cudnn": release["cudnn"]}
    if producer := MEASURED.get(release["tf"].rsplit(".", 1)[0]):
        row["producer"] = producer
    rules = release.get("requires", {})
    row["requires"] = {name: rule.replace(" ", "") for name, rule in sorted(rules.items()) if rule != "any"}
    return row


def _with_minor(cuda: str) -> str:
    return cuda if "." in cuda else f"{cuda}.0"


if __name__ == "__main__":
    main(sys.argv[1])
