"""`loadstone get SOURCE...`: a model on this disk, complete and verified, or one sentence that says why not.

The path goes to standard output, everything else to standard error. For something already here nothing is imported
but the catalogue and the cache's records.
"""

from __future__ import annotations

import sys

from loadstone.cli import EXIT_USAGE
from loadstone.errors import LoadstoneError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from loadstone.cli.get_many import Outcome

SUMMARY = "download a model, verified and resumable"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", nargs="+", help="a name (loadstone list), an address, or a path; @sha256:HEX pins it")
    parser.add_argument("--sha256", metavar="HEX", help="the hash that the file must have")
    parser.add_argument("-o", "--output", metavar="PATH", help="also put a copy there: a folder, or a file name")
    parser.add_argument("--force", action="store_true", help="let --output replace what stands there")
    parser.add_argument("--dry-run", action="store_true", help="show address, size, hash and place; fetch nothing")
    parser.add_argument("--offline", action="store_true", help="use only what is here (LOADSTONE_OFFLINE=1)")
    parser.add_argument("--repin", action="store_true", help="accept a file that differs from the first download")
    parser.add_argument("--no-adopt", action="store_true", help="do not look into other tools' caches")
    parser.add_argument("-j", "--jobs", type=int, default=3, metavar="N", help="sources at the same time (3)")
    parser.add_argument("--connections", type=int, default=1, metavar="N", help="connections per file (1)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no remarks")
    parser.add_argument("--json", action="store_true", help="one JSON document; progress as JSON lines on stderr")


def quick(words: list[str]) -> int | None:
    """Print where everything lies if all that was asked for is here; anything else is for `run`."""
    sources = [word for word in words if word not in ("-q", "--quiet", "--offline")]
    plain = sources and not any(word.startswith("-") for word in sources)
    return 0 if plain and _print_what_is_here(sources) else None


def run(arguments: argparse.Namespace) -> int:
    """Fetch every source; all are tried, and the first failure's exit code is returned."""
    if arguments.sha256 and len(arguments.source) > 1:
        print("error     --sha256 is for one source; write NAME@sha256:HEX for several", file=sys.stderr)
        return EXIT_USAGE
    if arguments.dry_run:
        from loadstone.cli.get_plan import show_plans

        return show_plans(arguments)
    from loadstone.cli.get_many import fetch_many

    outcomes = [_placed(arguments, outcome) for outcome in fetch_many(arguments)]
    if arguments.json:
        _print_json(outcomes)
    else:
        for outcome in outcomes:
            _print(outcome, quiet=arguments.quiet)
    return next((outcome.exit_code for outcome in outcomes if isinstance(outcome, LoadstoneError)), 0)


def _print_what_is_here(sources: list[str]) -> bool:
    """Print the paths if every source is in the cache, having imported no more than that needs."""
    from loadstone.fetch import quick

    kept = [quick.here(text) for text in sources]
    paths = [item.path for item in kept if item is not None]
    if len(paths) < len(sources):
        return False
    print(*paths, sep="\n")
    return True


def _placed(arguments: argparse.Namespace, outcome: Outcome) -> Outcome:
    if isinstance(outcome, LoadstoneError) or not arguments.output:
        return outcome
    from loadstone.fetch.place import put

    path = put(outcome.path, arguments.output, force=arguments.force, inside=len(arguments.source) > 1)
    return outcome._replace(path=path)


def _print(outcome: Outcome, *, quiet: bool) -> None:
    if isinstance(outcome, LoadstoneError):
        from loadstone.cli import report_error

        report_error(outcome, as_json=False)
        return
    for line in () if quiet else outcome.news:
        print(f"  {line}", file=sys.stderr)
    sys.stderr.flush()
    print(outcome.path)


def _print_json(outcomes: list[Outcome]) -> None:
    import json

    from loadstone.fetch.keep import as_document

    rows = [
        {"error": outcome.as_json()} if isinstance(outcome, LoadstoneError) else as_document(outcome)
        for outcome in outcomes
    ]
    print(json.dumps({"schema_version": 1, "results": rows}, ensure_ascii=False, indent=1))
