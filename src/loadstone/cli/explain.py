"""`loadstone explain [FILE|-]`: what an error text or log means, and what to do.

python train.py 2>&1 | loadstone explain
loadstone explain train.log
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

from loadstone.cli import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

    from loadstone.facts.explanation import Explanation

SUMMARY = "say what an error text or log means, and what to do"
EXIT_FINDINGS = 1
EXIT_UNKNOWN = 3
MOST_BYTES = 64 * 1024 * 1024
"""Of a longer log the middle is left out: its beginning tells the environment, its end the failure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", nargs="?", default="-", help="a file with the text; - or none: standard input")
    parser.add_argument("--environment", metavar="WORDS", help="where it happened, in words: 'Windows 10, TF 2.4'")
    parser.add_argument("--no-files", action="store_true", help="do not look at the files that the text names")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Explain one text. Exit code 1 where its fault is known, 3 where it is not, 2 where there is no text."""
    if arguments.file == "-" and (sys.stdin is None or sys.stdin.isatty()):
        print(_USAGE, file=sys.stderr)
        return EXIT_USAGE
    from loadstone.checks.error_text import decode
    from loadstone.checks.explain import explain

    text = decode(_bytes(arguments.file, passing=not arguments.json))
    explanation = explain(text, arguments.environment, files=not arguments.no_files)
    print(_shown(explanation, as_json=arguments.json))
    return EXIT_FINDINGS if explanation.known else EXIT_UNKNOWN


_USAGE = """\
usage     command 2>&1 | loadstone explain      explains the output of a command
          loadstone explain FILE                explains a log or a saved error text
          python -m loadstone.run script.py     runs a script and explains its failure"""


def _shown(explanation: Explanation, *, as_json: bool) -> str:
    if not as_json:
        return str(explanation)
    import json

    return json.dumps(explanation.as_json(), ensure_ascii=False, indent=1)


def _bytes(file: str, *, passing: bool) -> bytes:
    if file == "-":
        return _kept(sys.stdin.buffer, echo=passing and sys.stderr.isatty())
    from loadstone.errors import SourceError

    try:
        with open(file, "rb") as stream:
            return _kept(stream, echo=False)
    except OSError as error:
        raise SourceError(
            f"there is no text to read: {error.strerror}",
            where=file,
            help="name a file with the error text, or pipe it in: command 2>&1 | loadstone explain",
        ) from error


def _kept(stream: BinaryIO, *, echo: bool) -> bytes:
    """Return a stream's bytes within the cap, passed on to the terminal as they come where `echo` is asked for."""
    kept: list[bytes] = []
    size = 0
    for line in stream:
        if echo:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
        kept.append(line)
        size += len(line)
        while size > MOST_BYTES and len(kept) > 1000:
            # The first lines name versions, the last the failure; a long training run's middle is progress bars.
            size -= len(kept.pop(500))
    return b"".join(kept)
