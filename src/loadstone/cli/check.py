"""`loadstone check SOURCE`: why it will not load, and the proof."""

from __future__ import annotations

import sys
from shlex import quote
from typing import TYPE_CHECKING

from loadstone.cli import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

    from loadstone.facts.finding import CheckReport

SUMMARY = "say why a model will not load, with the evidence and the remedy"
EXIT_FINDINGS = 1
EXIT_UNUSABLE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", help="a file, a folder, a checkpoint prefix or an archive; or a name or address")
    parser.add_argument("--config", metavar="FILE", help="the pipeline.config that the weights are to fit")
    parser.add_argument("--labels", metavar="FILE", help="the label map that belongs to it")
    parser.add_argument("--verify", action="store_true", help="compare every checksum, of big files too")
    parser.add_argument(
        "--each", action="store_true", help="SOURCE is a folder of models: examine every one, on all cores"
    )
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="processes for --each; default: one a core")
    parser.add_argument(
        "--against",
        "--python",
        metavar="ENV",
        help="what it is to load in: tensorflow==2.15,python==3.11, or another Python's path; default: this Python",
    )
    parser.add_argument(
        "--skeleton", metavar="FILE", help="for a Keras model: write the code to fill in for its custom objects here"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--sarif", action="store_true", help="one SARIF 2.1.0 document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Check one source. Exit code 1 where something above `info` was found, 3 where it could not be read at all."""
    from loadstone.api.check import check

    if arguments.each:
        return _each(arguments)
    report = check(
        arguments.source,
        config=arguments.config,
        against=arguments.against,
        labels=arguments.labels,
        verify=arguments.verify,
    )
    if arguments.skeleton:
        from loadstone.api.check import write_skeleton

        print(write_skeleton(arguments.source, arguments.skeleton), file=sys.stderr)
    print(_shown(report, as_json=arguments.json, as_sarif=arguments.sarif))
    return exit_code(report)


def _each(arguments: argparse.Namespace) -> int:
    """Check every model of a folder; the exit code is that of the worst."""
    _refuse_for_many(arguments)
    from loadstone.api.check import check_each
    from loadstone.checks.each import sources
    from loadstone.cli.progress import Progress

    places = sources(arguments.source)
    with Progress(len(places), what="models") as progress:
        reports = check_each(
            places, against=arguments.against, verify=arguments.verify, jobs=arguments.jobs, done=progress.step
        )
    print(_shown_each(reports, as_json=arguments.json, as_sarif=arguments.sarif))
    codes = {exit_code(report) for report in reports}
    return next((code for code in (EXIT_FINDINGS, EXIT_UNUSABLE) if code in codes), 0)


def _refuse_for_many(arguments: argparse.Namespace) -> None:
    """Raise for an option that belongs to one model: it would be left out of every examination without a word."""
    from loadstone.errors import SourceError

    for option in ("config", "labels", "skeleton"):
        if value := getattr(arguments, option):
            error = SourceError(
                f"--{option} belongs to one model, and --each examines a whole folder of them",
                where=value,
                help=f"name the model itself and leave out --each: loadstone check MODEL --{option} {quote(value)}",
            )
            error.exit_code = EXIT_USAGE
            raise error


def _shown_each(reports: list[CheckReport], *, as_json: bool, as_sarif: bool) -> str:
    import json

    from loadstone.report.check_each_text import each_document, each_text
    from loadstone.report.sarif import sarif_document

    if not (as_json or as_sarif):
        return each_text(reports)
    document = sarif_document(reports) if as_sarif else each_document(reports)
    return json.dumps(document, ensure_ascii=False, indent=1)


def _shown(report: CheckReport, *, as_json: bool, as_sarif: bool) -> str:
    if not (as_json or as_sarif):
        return str(report)
    import json

    if as_sarif:
        from loadstone.report.sarif import sarif_document

        return json.dumps(sarif_document([report]), ensure_ascii=False, indent=1)
    return json.dumps(report.as_json(), ensure_ascii=False, indent=1)


def exit_code(report: CheckReport) -> int:
    """Return 0 where nothing above `info` was found."""
    if any(finding.severity != "info" for finding in report.findings):
        return EXIT_FINDINGS
    return EXIT_UNUSABLE if report.errors else 0
