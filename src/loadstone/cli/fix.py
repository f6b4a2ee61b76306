"""`loadstone fix SOURCE`: mend it into a new file, and recheck that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "mend a model into a new file; the original is never touched"
EXIT_FINDINGS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", help="a file, a folder or a checkpoint prefix")
    parser.add_argument(
        "--output", "-o", metavar="PATH", help="the new file; default: beside it, with .fixed before its ending"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would change, write nothing")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only this repair (may be given again)"
    )
    parser.add_argument(
        "--to", metavar="SOURCE", help="for a pipeline.config the checkpoint that it is to fit, and the other way round"
    )
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="for a checkpoint: a beginning of variable names and what it becomes (may be given again)",
    )
    parser.add_argument(
        "--against",
        "--python",
        metavar="ENV",
        help="what it is to load in: tensorflow==2.15,python==3.11, or another Python's path; default: this Python",
    )
    parser.add_argument(
        "--origin",
        metavar="ADDRESS",
        help="for a git-lfs pointer: the file's address, its repository's, or git for the clone's own remote",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Mend one source. Exit code 1 where findings above `info` remain, or a repair waits for a word."""
    from loadstone.api.check import fix
    from loadstone.errors import SourceError

    rules = [tuple(rule.split("=", 1)) for rule in arguments.rename]
    if wrong := [rule for rule in rules if len(rule) != 2]:
        raise SourceError(f"{wrong[0][0]!r} is no rule", expected="OLD=NEW", help="write --rename OLD=NEW")
    fixed = fix(
        arguments.source,
        arguments.output,
        only=[*arguments.only, *(["rename-variables"] if rules and not arguments.only else [])],
        rename=[(old, new) for old, new in rules],
        to=arguments.to,
        against=arguments.against,
        origin=arguments.origin,
        dry_run=arguments.dry_run,
    )
    if arguments.json:
        import json

        from loadstone.report.check_json import fixed_document

        print(json.dumps(fixed_document(fixed), ensure_ascii=False, indent=1))
    else:
        from loadstone.report.check_text import fixed_text

        print(fixed_text(fixed, _options(arguments)))
    return EXIT_FINDINGS if fixed.left or any(finding.severity != "info" for finding in fixed.remaining) else 0


def _options(arguments: argparse.Namespace) -> str:
    """Return the options that decide what is planned, as they were given."""
    from shlex import quote

    given = [("--to", arguments.to), ("--against", arguments.against)]
    given += [("--rename", rule) for rule in arguments.rename]
    return "".join(f" {option} {quote(value)}" for option, value in given if value)
