"""What a person reads of each fault, word for word: golden files that `--write` renews and a review reads.

    python -m tests.checks.test_golden_messages --write SHARED

`golden/texts.txt` has what `explain` says of one message of each fault, `golden/files.txt` what `check` says of a file
or an environment that shows it. Every fault of the table has its place in one of the two: a row of the tables below,
which the fault is truly found in.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import loadstone as ls
from loadstone.checks import check
from loadstone.checks.registry import faults
from loadstone.environment.described import described
from loadstone.facts.environment import Environment
from loadstone.facts.finding import Finding
from loadstone.report.check_text import finding_lines
from tests.checks.beside import BESIDE, Shown
from tests.checks.config.test_text_faults import BROKEN, LABEL_FAULTS
from tests.checks.files.builders import CASES
from tests.checks.files.test_safety import TOLD
from tests.checks.files.test_safety_builders import BUILDERS
from tests.checks.keras.test_keras_faults import SHOWN
from tests.checks.test_environment_faults import MESSAGES as OF_ENVIRONMENTS
from tests.checks.test_environment_faults import VERSIONS
from tests.checks.test_network_texts import MESSAGES as OF_CLIENTS
from tests.checks.test_wordings_of_sources import WORDINGS as OF_SOURCES
from tests.checks.weights.test_checkpoint_against_config import written
from tests.checks.weights.test_h5_files import WEIGHTS
from tests.checks.weights.test_h5_files import written as hdf5
from tests.checks.weights.test_weight_texts import MESSAGES as OF_WEIGHTS
from tests.checks.wordings import WORDINGS
from tests.security.samples import SAMPLES
from tests.support.checkpoints import config

GOLDEN = Path(__file__).parent / "golden"
ENVIRONMENT = Environment(packages={"keras": "3.15.1", "tensorflow": "2.21.0"})


def messages() -> dict[str, str]:
    """Return the first message of each fault that is met in a text."""
    clients, weights = ([(fault, text) for text, fault in table] for table in (OF_CLIENTS, OF_WEIGHTS))
    return dict(reversed([*WORDINGS, *OF_SOURCES, *OF_ENVIRONMENTS, *clients, *weights]))


def texts() -> str:
    """Return what `explain` says of the first message of each fault."""
    first = messages()
    parts = []
    for fault in sorted(first):
        found = [finding for finding in ls.explain(first[fault], files=False).findings if finding.fault == fault]
        parts.append(_shown(fault, found, ""))
    return "\n\n".join(parts) + "\n"


Make = Callable[[Path, Path], Shown]


@dataclass(frozen=True)
class Example:
    """A file or environment that shows a fault: what `make` gives from the real files and an empty folder."""

    fault: str
    make: Make
    environment: Environment = ENVIRONMENT


def files(wild: Path) -> str:
    """Return what `check` says of each example; places in scratch folders are PLACE."""
    parts = []
    for example in examples():
        with tempfile.TemporaryDirectory() as name:
            made = example.make(wild, Path(name))
            report = check(made.source, example.environment, config=made.config)
            found = [finding for finding in report.findings if finding.fault == example.fault]
            parts.append(_shown(example.fault, found, str(made.source)).replace(name, "PLACE"))
    return "\n\n".join(parts) + "\n"


def examples() -> Iterator[Example]:
    """Yield every builder of the tables."""
    for case in sorted(CASES, key=lambda case: (case.fault, case.build.__name__)):
        yield Example(case.fault, _of_real(case.build))
    for attack in sorted(SAMPLES.keys() & TOLD.keys()):
        yield Example(TOLD[attack], _made(partial(_attack, SAMPLES[attack])))
    for fault, (build, _) in sorted(BUILDERS.items()):
        yield Example(fault, _made(partial(_hostile, build)))
    for fault, (show, environment, _) in sorted(SHOWN.items()):
        yield Example(fault, _made(show), environment)
    for ending, table in (("pipeline.config", BROKEN), ("label_map.pbtxt", LABEL_FAULTS)):
        for fault, text in sorted(dict(reversed([(fault, text) for text, fault in table.values()])).items()):
            yield Example(fault, _made(partial(_text, ending, text)))
    for fault, beside in sorted(BESIDE.items()):
        yield Example(fault, partial(_beside, beside))
    for fault, description in sorted(dict(reversed([(fault, words) for words, fault in VERSIONS])).items()):
        yield Example(fault, _made(partial(_loaded, fault)), described(description))


def _of_real(build: Callable[[Path, Path], Path]) -> Make:
    return lambda wild, folder: Shown(build(wild, folder))


def _made(build: Callable[[Path], Path]) -> Make:
    return lambda _, folder: Shown(build(folder))


def _beside(build: Callable[[Path], Shown], _: Path, folder: Path) -> Shown:
    return build(folder)


def _hostile(build: Callable[[Path, bool], Path], folder: Path) -> Path:
    return build(folder, True)


def _attack(make: Callable[[Path, Path], Path], folder: Path) -> Path:
    place = folder / "model"
    place.mkdir()
    canary = folder / "canary.txt"
    canary.write_text("another file")
    return make(place, canary)


def _text(name: str, text: str, folder: Path) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _loaded(fault: str, folder: Path) -> Path:
    """Return a whole file of the kind that has the environment examined for a fault."""
    kinds = faults()[fault][1]
    return written(folder, config()) if "pipeline-config" in kinds else hdf5(folder / "m.h5", WEIGHTS)


def _shown(fault: str, found: list[Finding], source: str) -> str:
    if not found:
        raise AssertionError(f"{fault} is not shown by its example")
    return "\n".join(finding_lines(found[0], source))


def test_what_explain_says_is_the_golden_text() -> None:
    assert texts() == (GOLDEN / "texts.txt").read_text(encoding="utf-8")


def test_what_check_says_is_the_golden_text(wild: Path) -> None:
    assert files(wild) == (GOLDEN / "files.txt").read_text(encoding="utf-8")


def test_every_fault_is_shown_by_an_example() -> None:
    """A fault that no message and no builder shows is one that nobody has seen work: both tests above make them all."""
    shown = messages().keys() | {example.fault for example in examples()}
    assert [name for name in faults() if name not in shown] == []


if __name__ == "__main__" and "--write" in sys.argv:
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "texts.txt").write_text(texts(), encoding="utf-8")
    (GOLDEN / "files.txt").write_text(files(Path(sys.argv[-1]) / "wild"), encoding="utf-8")
