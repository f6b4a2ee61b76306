"""`loadstone train`: a detector trained further on your own pictures, or gone on with."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from loadstone.cli.argument_types import not_negative, positive, share, size
from loadstone.errors import SourceError

if TYPE_CHECKING:
    from loadstone.facts.training import Training

SUMMARY = "train a detector on your own pictures: fine-tune a zoo model, a checkpoint or a built one"

OPTIONS = (
    "epochs", "batch", "optimizer", "rate", "schedule", "warmup", "clip", "average", "precision", "accumulate",
    "patience", "freeze", "augment", "input_size", "seed", "threads", "devices",
)  # fmt: skip
"""Arguments that are fields of `TrainOptions`, under the same names."""

_FLAGS = {"rate": "lr", "average": "ema", "precision": "mixed-precision", "input_size": "input-size"}

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    _add_sources(parser)
    how = parser.add_argument_group("how it is trained (default: the configuration's, else the family's usual)")
    how.add_argument("--epochs", type=positive, metavar="N", help="times that every picture is seen (default 50)")
    how.add_argument("--batch", type=positive, metavar="N", help="pictures a step (default 8)")
    how.add_argument("--optimizer", choices=("sgd", "adam", "adamw"))
    how.add_argument("--lr", dest="rate", type=not_negative, metavar="RATE", help="highest learning rate")
    how.add_argument("--schedule", choices=("cosine", "constant"), help="what follows the warm-up (default cosine)")
    how.add_argument("--warmup", type=int, metavar="N", help="updates until it (default 500, at most a tenth)")
    how.add_argument("--clip", type=not_negative, metavar="NORM", help="largest gradient norm; 0: any (default 10)")
    how.add_argument(
        "--ema", dest="average", nargs="?", type=share, const=0.9998, metavar="DECAY",
        help="keep a moving average of the weights, which is what is measured and saved (0.9998)",
    )  # fmt: skip
    how.add_argument(
        "--mixed-precision", dest="precision", nargs="?", choices=("bfloat16", "float16"), const="bfloat16",
        default="float32", help="compute in halves where that is safe (bfloat16), weights stay float32",
    )  # fmt: skip
    how.add_argument("--accumulate", type=positive, default=1, metavar="N", help="batches that make one update")
    how.add_argument("--patience", type=positive, metavar="N", help="end after N epochs without a better mAP")
    how.add_argument("--freeze", default="none", metavar="WHAT", help="backbone, none, or a pattern of variables' keys")
    how.add_argument("--augment", metavar="PRESET", help="none, ssd, retinanet, …, or a pipeline.config's augmentation")
    how.add_argument("--input-size", type=size, metavar="SIDE", help="pixels of the network's input: 320 or 320x640")
    how.add_argument("--seed", type=int, default=0, metavar="N", help="of every draw (default 0)")
    _add_machine(parser)


def _add_sources(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is trained on what")
    what.add_argument("--model", metavar="MODEL", help="a zoo name, a checkpoint, SavedModel, or .keras to start from")
    what.add_argument("--data", metavar="DIR", help="annotated pictures: a folder or file of any format")
    what.add_argument(
        "--val", metavar="DIR", help="pictures to validate on; none: none (default: the data's own, or a fifth of it)"
    )
    what.add_argument("--config", metavar="FILE", help="a pipeline.config whose training, data and start are taken")
    what.add_argument("--output", metavar="RUN", help="the run's folder, a new one (default runs/1, runs/2, …)")
    what.add_argument("--resume", metavar="RUN", help="go on with a run, from its last checkpoint")


def _add_machine(parser: argparse.ArgumentParser) -> None:
    machine = parser.add_argument_group("the machine")
    machine.add_argument("--backend", choices=("tensorflow", "jax", "torch"), help="what Keras computes with")
    machine.add_argument("--devices", type=positive, default=1, metavar="N", help="devices that share a batch (JAX)")
    machine.add_argument("--threads", type=int, default=0, metavar="N", help="threads for the input (default: cores)")
    machine.add_argument("--json", action="store_true", help="the account as JSON on standard output, at the end")
    machine.add_argument("-q", "--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    """Train; exit code 130 or 143 where it was interrupted, saved."""
    from loadstone.cli.quiet import quieten

    quieten()
    from loadstone.cli.train_progress import TrainProgress
    from loadstone.report.plain import plain

    def tell(sentence: str) -> None:
        if not arguments.quiet:
            print(plain(sentence), file=sys.stderr)

    with TrainProgress(quiet=arguments.quiet) as progress:
        done = _done(arguments, tell=tell, watchers=[progress])
    for note in done.notes:
        print(plain(note), file=sys.stderr)
    if arguments.json:
        import json

        print(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        print(_told(done))
    return EXIT_INTERRUPTED if done.ending == "interrupted" else 0


def _done(arguments: argparse.Namespace, **how: Any) -> Training:
    from loadstone.api.train import resume_training, train

    if arguments.resume is not None:
        _refuse_with_resume(arguments)
        own = {"data": arguments.data, "validation": arguments.val, "epochs": arguments.epochs}
        return resume_training(arguments.resume, backend=arguments.backend, **own, **how)
    if arguments.model is None and arguments.config is None:
        fact = "nothing to start from was named"
        raise SourceError(fact, expected="--model, --config or --resume", help="loadstone train --help")
    options = {name: getattr(arguments, name) for name in OPTIONS}
    return train(
        arguments.model,
        arguments.data,
        validation=arguments.val,
        config=arguments.config,
        output=arguments.output,
        backend=arguments.backend,
        **options,
        **how,
    )


def _refuse_with_resume(arguments: argparse.Namespace) -> None:
    """Raise `SourceError` for what a run that goes on has decided already."""
    from loadstone.training.setup.options import TrainOptions

    usual = TrainOptions()
    decided = {name: getattr(usual, name) for name in OPTIONS if name != "epochs"}
    defaults = {"model": None, "config": None, "output": None, **decided}
    given = [name for name, value in defaults.items() if getattr(arguments, name) != value]
    if given:
        words = ", ".join(f"--{_FLAGS.get(name, name)}" for name in given)
        fact = f"a run that goes on has its own {words}"
        raise SourceError(fact, where=arguments.resume, help="leave them out, or begin another run with --output")


def _told(done: Training) -> str:
    """Return the account as lines of text."""
    lines = [f"wrote     {path}" for path in (done.best, done.last) if path]
    endings = {"done": "done", "early": "ended early: nothing got better", "interrupted": "interrupted, and saved"}
    lines.append(f"{endings[done.ending]} after {done.steps:,} steps")
    if best := done.best_epoch:
        from loadstone.cli.train_progress import shown_metrics

        lines.append(f"  best      epoch {best.epoch + 1}: {shown_metrics(best.metrics)}")
    if done.ending == "interrupted":
        lines.append(f"  help      go on: loadstone train --resume {done.folder}")
    else:
        lines.append(f"  help      try it: loadstone detect {done.best or done.last} PICTURES")
    return "\n".join(lines)
