"""Fetching one or several sources for `loadstone get`, with their progress drawn."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.fetch.core import Wish, obtain
from loadstone.fetch.keep import Result
from loadstone.report.transfer import Transfers, chosen_style, renderer

if TYPE_CHECKING:
    import argparse
    from concurrent.futures import Future

    from loadstone.facts.transfer import TransferState

Outcome = Result | LoadstoneError


def fetch_many(arguments: argparse.Namespace) -> list[Outcome]:
    """Fetch every source, up to `--jobs` at a time; one failure does not stop the others.

    A single source runs in this thread, and its error is raised.
    """
    style = chosen_style(quiet=arguments.quiet, as_json=arguments.json)
    _say_before(arguments)
    with renderer(style) as draw:
        if len(arguments.source) == 1:
            return [obtain(arguments.source[0], arguments.sha256, _wish(arguments, draw))]
        return _side_by_side(arguments, draw)


def _wish(arguments: argparse.Namespace, draw: Transfers) -> Wish:
    return Wish(
        offline=arguments.offline,
        repin=arguments.repin,
        adopts=not arguments.no_adopt,
        connections=arguments.connections,
        progress=draw,
    )


class _Stoppable(Transfers):
    """Passes states on, one thread at a time, until it is told to stop; then the next state ends its transfer."""

    def __init__(self, draw: Transfers) -> None:
        super().__init__(draw.stream)
        self._draw = draw
        self._lock = threading.Lock()
        self.stop = threading.Event()

    def __call__(self, state: TransferState) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt
        with self._lock:
            self._draw(state)


def _side_by_side(arguments: argparse.Namespace, draw: Transfers) -> list[Outcome]:
    shared = _Stoppable(draw)
    wish = _wish(arguments, shared)
    with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        waiting = [pool.submit(obtain, text, None, wish) for text in arguments.source]
        try:
            return [_outcome(future, debug=arguments.debug) for future in waiting]
        except KeyboardInterrupt:
            shared.stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _outcome(future: Future[Result], *, debug: bool) -> Outcome:
    try:
        return future.result()
    except LoadstoneError as error:
        if debug:
            raise
        return error


def _say_before(arguments: argparse.Namespace) -> None:
    """Say what the catalogue knows, before the first byte."""
    if arguments.quiet or arguments.json:
        return
    from loadstone.cli.catalogue_words import before_fetching
    from loadstone.fetch.source import parse

    for text in arguments.source:
        try:
            source = parse(text)
        except LoadstoneError:
            continue
        for line in before_fetching(source):
            print(line, file=sys.stderr)
