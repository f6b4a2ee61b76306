"""Which of a folder's `pipeline.config` files become detectors here, and why the others do not, as a Markdown table.

    python -m benchmarks.zoo_table ../shared/pipeline_configs

docs/zoo.md holds its output; a test compares the two.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from loadstone.blueprint.reader import read_any
from loadstone.errors import LoadstoneError
from loadstone.formats.detection.config import from_pipeline
from loadstone.wire.textproto import parse_prefix

HEAD = "| meta-architecture | feature extractor | files | built |\n|---|---|---|---|\n"


@cache
def verdict(path: Path) -> tuple[str, str, str]:
    """Return (meta-architecture, feature extractor, `yes` or why it is not built) of one file."""
    config = parse_prefix(path.read_bytes())[0]
    facts = from_pipeline(config)
    try:
        blueprint = read_any(config)
        result = f"no: {', '.join(blueprint.unsupported)}" if blueprint.unsupported else "yes"
    except LoadstoneError as error:
        result = f"no: {error.fact}"
    return facts.meta_architecture or "", facts.feature_extractor or "", result


def table(paths: Iterable[Path]) -> str:
    """Return the table, a row for each combination and verdict, sorted."""
    rows = Counter(map(verdict, paths))
    lines = [f"| {meta} | `{kind}` | {count} | {result} |\n" for (meta, kind, result), count in sorted(rows.items())]
    return HEAD + "".join(lines)


def main(folder: Path) -> int:
    """Print the table of every configuration in a folder."""
    print(table(sorted(folder.glob("*.config"))), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
