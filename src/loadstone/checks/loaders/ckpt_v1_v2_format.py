"""A checkpoint of one format is opened by the reader of the other.

What is seen

    `Unable to open table file X: Data loss: not an sstable (bad magic number)`, where X is a prefix; `Key
    _CHECKPOINTABLE_OBJECT_GRAPH not found in checkpoint`.

Why

    Up to TensorFlow 0.12 a checkpoint was one file `X` (or `X-00000-of-00001`); since then it is `X.index` with
    `X.data-…`. Where a file of the bare name `X` lies beside them, TensorFlow takes it for the old format.

Remedy

    Remove the stray file of the bare name; read an old checkpoint with `tf.compat.v1.train.Saver` or `loadstone
    inspect X --save-weights OUT.safetensors`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-v1-v2-format",
    "warning",
    help="remove the stray file of the bare name, or read an old checkpoint with tf.compat.v1.train.Saver",
)

TEXTS = (
    Saying(
        r"Unable to open table file (?P<path>(?!(?:[^\n]*[/\\])?checkpoint:)(?![^\n:]*(?:\.data-\d{5}-of-\d{5}"
        r"|\.meta|\.index|\.data|\.tar|\.gz|\.tgz|\.zip|\.h5|\.pb"
        r"|\.keras):)[^\n]*?): ?\s*(?:Data loss|DATA_LOSS): ?\s*not an sstable",
        "a file of the bare name {path} is taken for a checkpoint of the old, single-file format, and is none",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a file of the bare name beside an index, or that the checkpoint is of the old format."""
    candidate, model = subject.candidate, subject.model
    if candidate is None or model is None:
        return
    if subject.format == "checkpoint-v1":
        fact = "a checkpoint of the old, single-file format: tf.train.Checkpoint of TensorFlow 2 does not read it"
        place = Evidence(subject.source, "format V1", f"{subject.path.name}.index and {subject.path.name}.data-…")
        help_ = (
            f"read it with tf.compat.v1.train.Saver, or: loadstone inspect {subject.in_shell} "
            "--save-weights OUT.safetensors"
        )
        yield FAULT.finding(fact, place, severity="info", help=help_)
        return
    prefix = str(model.details.get("prefix", ""))
    if prefix and candidate.tree.size(candidate.beside(prefix)) is not None:
        fact = (
            f"a file named {prefix} lies beside {prefix}.index: TensorFlow takes it for a checkpoint of the old format"
        )
        yield FAULT.finding(
            fact,
            Evidence(f"{subject.source}: {prefix}", "a file of the bare prefix", "none"),
            help=f"remove {prefix} from that folder",
        )
