"""`loadstone inspect` as a whole process against `import numpy`, and against `saved_model_cli show --all`.

    python -m benchmarks.inspect_speed FOLDER_OF_MODELS... [--rounds 5] [--saved-model DIR ...] [--limit 3]

Goals: at most 3 times `python -c "import numpy"` on each file of the wild corpus, 6 times on the two exported
SavedModels; at least 20 times faster than saved_model_cli on the same SavedModel.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks.clock import medians, process, python


def against_numpy(sources: list[Path], rounds: int, limit: float) -> int:
    """Print the ratio for each source, slowest last; return how many pass the limit."""
    rows = []
    for source in sources:
        ours = [sys.executable, "-m", "loadstone", "inspect", str(source)]
        seconds = medians({"numpy": python("-c", "import numpy"), "inspect": process(ours)}, rounds)
        rows.append((seconds["inspect"] / seconds["numpy"], seconds["inspect"], source))
    for ratio, spent, source in sorted(rows):
        print(f"{ratio:6.2f}×  {spent * 1000:7.0f} ms  {'' if ratio <= limit else 'OVER '}{source}")
    over = sum(ratio > limit for ratio, _, _ in rows)
    print(f"{len(rows) - over} of {len(rows)} within {limit:g} × `import numpy`")
    return over


def against_saved_model_cli(folders: list[Path]) -> None:
    """Print how many times faster than saved_model_cli the same SavedModel is shown."""
    theirs = shutil.which("saved_model_cli") or str(Path(sys.executable).with_name("saved_model_cli"))
    for folder in folders:
        seconds = medians(
            {
                "saved_model_cli": process([theirs, "show", "--dir", str(folder), "--all"]),
                "inspect": python("-m", "loadstone", "inspect", str(folder), "--signatures"),
            },
            rounds=3,
        )
        ratio = seconds["saved_model_cli"] / seconds["inspect"]
        print(f"{ratio:6.1f} times faster than saved_model_cli ({seconds['saved_model_cli']:.1f} s)  {folder}")


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=3.0)
    parser.add_argument("--saved-model", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    files = [file for source in arguments.sources for file in _files(source)]
    over = against_numpy(files, arguments.rounds, arguments.limit) if files else 0
    against_saved_model_cli(arguments.saved_model)
    return int(over > 0)


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]


if __name__ == "__main__":
    sys.exit(main())
