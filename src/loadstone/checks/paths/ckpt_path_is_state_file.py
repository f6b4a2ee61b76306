"""The text `checkpoint` is named where a checkpoint's prefix is expected.

What is seen

    `Unable to open table file …/checkpoint: Data loss: not an sstable (bad magic number)`.

Why

    TensorFlow keeps a small text named `checkpoint` in each folder, which names the latest prefix. It is not
    itself a checkpoint.

Remedy

    Give the prefix that the text names, or the folder to `tf.train.latest_checkpoint`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.checkpoint.checkpoint_files import is_state_file, plain_prefix
from loadstone.formats.checkpoint.checkpoint_state import local_name, read_state

FAULT = Fault(
    "ckpt-path-is-state-file",
    "warning",
    help="give the prefix that the text names: model_checkpoint_path in it",
)

TEXTS = (
    Saying(
        r"(?:Unable to open table file|Could not open) (?P<path>(?:[^\n]*[/\\])?checkpoint):\s*(?:Data loss|DATA_LOSS)",
        "{path} is the text that names the latest checkpoint, not a checkpoint",
    ),
    Saying(
        r"(?:Failed to find any matching files for|match files for checkpoint"
        r"|not a valid checkpoint:?) (?P<path>(?:\S*[/\\])checkpoint)\s*$",
        "{path} is the text that names the latest checkpoint, not a checkpoint",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the prefix that the state file names."""
    candidate = subject.candidate
    if candidate is None or not subject.top or subject.container or not is_state_file(candidate):
        return
    state = read_state(candidate.tree, candidate.folder)
    if state is None:
        return
    prefix = str(subject.path.with_name(plain_prefix(local_name(state.latest))))
    fact = f"{subject.path.name} is the text that names the latest checkpoint; loaders want the prefix {prefix}"
    yield FAULT.finding(fact, Evidence(subject.source, "a state file", prefix), help=f"give the prefix: {prefix}")
