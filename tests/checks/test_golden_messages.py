"""What a person reads of each fault, word for word: golden files that `--write` renews and a review reads.

    python -m tests.checks.test_golden_messages --write SHARED

`golden/texts.txt` has what `explain` says of one message of each fault, `golden/files.txt` what `check` says of a file
that shows it. Every fault of the table has its place in one of the two, or in a test of its own family.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import loadstone as ls
from loadstone.checks import check
from loadstone.checks.registry import faults
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding
from loadstone.report.check_text import finding_lines
from tests.checks.config.test_text_faults import BROKEN, LABEL_FAULTS
from tests.checks.files.builders import CASES
from tests.checks.files.test_safety import TOLD
from tests.checks.files.test_safety_builders import BUILDERS
from tests.checks.keras.test_keras_faults import SHOWN
from tests.checks.test_environment_faults import MESSAGES as OF_ENVIRONMENTS
from tests.checks.test_network_texts import MESSAGES as OF_CLIENTS
from tests.checks.test_wordings_of_sources import WORDINGS as OF_SOURCES
from tests.checks.wordings import WORDINGS
from tests.security.samples import SAMPLES

GOLDEN = Path(__file__).parent / "golden"
ENVIRONMENT = Environment(packages={"keras": "3.15.1", "tensorflow": "2.21.0"})
TESTS = Path(__file__).parent


def texts() -> str:
    """Return what `explain` says of the first message of each fault."""
    clients = [(fault, text) for text, fault in OF_CLIENTS]
    first = dict(reversed([*WORDINGS, *OF_SOURCES, *OF_ENVIRONMENTS, *clients]))
    parts = []
    for fault in sorted(first):
        found = [finding for finding in ls.explain(first[fault], files=False).findings if finding.fault == fault]
        parts.append(_shown(fault, found, ""))
    return "\n\n".join(parts) + "\n"


def files(wild: Path) -> str:
    """Return what `check` says of the file that each builder makes; places in scratch folders are PLACE."""
    return "\n\n".join(_built(wild)) + "\n"


def _built(wild: Path) -> Iterator[str]:
    for case in sorted(CASES, key=lambda case: (case.fault, case.build.__name__)):
        with tempfile.TemporaryDirectory() as name:
            yield _told(case.fault, case.build(wild, Path(name)), name)
    for attack in sorted(SAMPLES.keys() & TOLD.keys()):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "model"
            folder.mkdir()
            canary = Path(name) / "canary.txt"
            canary.write_text("another file")
            yield _told(TOLD[attack], SAMPLES[attack](folder, canary), name)
    for fault, (build, _) in sorted(BUILDERS.items()):
        with tempfile.TemporaryDirectory() as name:
            yield _told(fault, build(Path(name), True), name)
    for fault, (make, environment, _) in sorted(SHOWN.items()):
        with tempfile.TemporaryDirectory() as name:
            yield _told(fault, make(Path(name)), name, environment)
    for ending, table in (("pipeline.config", BROKEN), ("label_map.pbtxt", LABEL_FAULTS)):
        for fault, text in sorted(dict(reversed([(fault, text) for text, fault in table.values()])).items()):
            with tempfile.TemporaryDirectory() as name:
                path = Path(name) / ending
                path.write_text(text, encoding="utf-8")
                yield _told(fault, path, name)


def _told(fault: str, source: Path, scratch: str, environment: Environment = ENVIRONMENT) -> str:
    found = [finding for finding in check(source, environment).findings if finding.fault == fault]
    return _shown(fault, found, str(source)).replace(scratch, "PLACE")


def _shown(fault: str, found: list[Finding], source: str) -> str:
    if not found:
        raise AssertionError(f"{fault} is not shown by its example")
    return "\n".join(finding_lines(found[0], source))


def test_what_explain_says_is_the_golden_text() -> None:
    assert texts() == (GOLDEN / "texts.txt").read_text(encoding="utf-8")


def test_what_check_says_is_the_golden_text(wild: Path) -> None:
    assert files(wild) == (GOLDEN / "files.txt").read_text(encoding="utf-8")


def test_every_fault_is_shown_by_a_test() -> None:
    """A fault that no builder and no message shows is one that nobody has seen work."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("*.py")))
    assert [name for name in faults() if f'"{name}"' not in sources] == []


if __name__ == "__main__" and "--write" in sys.argv:
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "texts.txt").write_text(texts(), encoding="utf-8")
    (GOLDEN / "files.txt").write_text(files(Path(sys.argv[-1]) / "wild"), encoding="utf-8")
