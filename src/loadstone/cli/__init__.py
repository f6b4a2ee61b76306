"""The command line: parse, call, render, exit code.

A command is a module of this package with `SUMMARY` (one line), `add_arguments(parser)` and `run(arguments) -> int`;
its name stands in `COMMANDS`. Only the command that was asked for is imported, and `--help` imports none,
because a bare start of Python is 16 ms and the promise is three of them (argparse costs 11; click would cost 85).

A command may also have `quick(words) -> int | None`, which does the plainest uses without argparse (a third of what
`list` may take); None hands the words on.

Exit codes: 0 done · 1 done, with findings · 2 usage · 3 input not usable · 4 environment lacks something ·
5 network or access · 6 refused for safety · 130 interrupted.
"""

from __future__ import annotations

import sys

from loadstone.errors import LoadstoneError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Protocol

    class Command(Protocol):
        """What a command's module offers."""

        SUMMARY: str

        def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

        def run(self, arguments: argparse.Namespace) -> int: ...


COMMANDS = {
    "inspect": "say what a model file is, without TensorFlow",
    "check": "say why a model will not load, and prove it",
    "explain": "say what an error text or log means, and what to do",
    "fix": "mend a model into a new file",
    "env": "work out, make and use the environment that suits a model",
    "rule": "print the page of one fault or repair, or list all",
    "record": "write a record beside a model, which check compares later",
    "diff": "say what differs between two models or environments",
    "detect": "find objects in pictures",
    "eval": "measure a detector on annotated pictures: COCO, Pascal VOC, Open Images",
    "compare": "run a detector on two engines and say by how much they differ",
    "build": "build a detector from a head, a neck and any backbone",
    "train": "train a detector on your own pictures",
    "export": "write a rebuilt detector for another engine, read again and compared",
    "demo": "see it work: the embedded detector on an embedded picture",
    "data": "inspect, check, show and convert annotated pictures: COCO, VOC, YOLO, CSV, TFRecord",
    "get": "download a model, verified and resumable",
    "list": "search the catalogue of models",
    "verify": "check again what has been downloaded",
    "cache": "show, check or clear what is kept on this disk",
    "doctor": "find out why something does not work here",
}
"""Every command and its line in `--help`, in the order in which a newcomer meets them."""

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback reaches the user unless `--debug` asks for it."""
    # Not `list(...)`: that name is a command of this package once it has run.
    words = [*(sys.argv[1:] if argv is None else argv)]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if words else EXIT_USAGE
    if words[0] in ("-V", "--version"):
        from loadstone import __version__

        print(f"loadstone {__version__}")
        return 0
    if words[0] not in COMMANDS:
        return _unknown(words[0])
    return _run(words[0], words[1:])


def _run(name: str, words: list[str]) -> int:
    command = _command(name)
    quick = getattr(command, "quick", None)
    if quick is not None and (code := quick(words)) is not None:
        return int(code)
    import argparse

    parser = argparse.ArgumentParser(
        prog=f"loadstone {name}",
        description=command.SUMMARY,
        # With a width given, argparse need not import shutil and its archivers (4 ms) for each option it declares.
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=_width()),
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    command.add_arguments(parser)
    debug = "--debug" in words
    try:
        arguments = parser.parse_args(words)
        return command.run(arguments)
    except LoadstoneError as error:
        if debug:
            raise
        return report_error(error, as_json="--json" in words)
    except BrokenPipeError:
        # The reader of our output (head, say) has gone: that is its right, and no error of ours.
        sys.stderr.close()
        return 0
    except OSError as error:
        if debug:
            raise
        return report_error(_of_the_system(error), as_json="--json" in words)
    except KeyboardInterrupt:
        if debug:
            raise
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE


def _of_the_system(error: OSError) -> LoadstoneError:
    """Return what the operating system refused as an error of ours: a full disk, a file that may not be read."""
    from loadstone.errors import SourceError

    place = error.filename if isinstance(error.filename, str) else ""
    words = (error.strerror or type(error).__name__).lower()
    help_text = "see that the path may be read and written, and that the disk has room; --debug shows where it happened"
    return SourceError(f"the operating system refused: {words}", where=place, help=help_text)


def report_error(error: LoadstoneError, *, as_json: bool) -> int:
    """Print an error as the user reads it and return its exit code."""
    if as_json:
        import json

        print(json.dumps({"schema_version": 1, "error": error.as_json()}, ensure_ascii=False))
        return error.exit_code
    rows = [("error", error.fact), ("where", error.where), ("expected", error.expected), ("found", error.found)]
    rows.append(("help", error.help))
    for label, text in rows:
        if text:
            print(f"{label:<9} {text}" if label == "error" else f"  {label:<9} {text}", file=sys.stderr)
    return error.exit_code


def _command(name: str) -> Command:
    from importlib import import_module

    return import_module(f"loadstone.cli.{name}")


def _width() -> int:
    import os

    try:
        return max(60, min(100, os.get_terminal_size().columns))
    except OSError:
        return 100


def _overview() -> str:
    from loadstone import __version__

    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items())
    return (
        f"loadstone {__version__}: open any TensorFlow or Keras model, without TensorFlow\n\n"
        f"usage: loadstone COMMAND [OPTIONS]\n\n{rows}\n\n"
        "loadstone COMMAND --help shows a command's options.   First steps: loadstone demo"
    )


def _unknown(word: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean: loadstone {near[0]}" if near else "loadstone --help lists the commands"
    print(f"error     there is no command {word!r}\n  help      {hint}", file=sys.stderr)
    return EXIT_USAGE
