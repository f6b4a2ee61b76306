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
    # Read with tf.version.GRAPH_DEF_VERSION from the wheels themselves, where the facts give only a bound.
    "1.13.1": 27,
}


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
    if producer := MEASURED.get(release["tf"], release.get("graphdef_producer")):
        row["producer"] = producer
    rules = release.get("requires", {})
    row["requires"] = {name: rule.replace(" ", "") for name, rule in sorted(rules.items()) if rule != "any"}
    return row


def _with_minor(cuda: str) -> str:
    return cuda if "." in cuda else f"{cuda}.0"


if __name__ == "__main__":
    main(sys.argv[1])
