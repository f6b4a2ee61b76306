"""`loadstone get --dry-run`: what would be fetched, from where, how much of it, checked by what, and put where.

The size is asked of the server (the answer's headers, none of its body); nothing is written.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from loadstone.cli.catalogue_words import before_fetching
from loadstone.errors import TransferError
from loadstone.fetch import shelf
from loadstone.fetch.core import here
from loadstone.fetch.keep import part_path
from loadstone.fetch.patience import patience
from loadstone.fetch.source import DELEGATED, Source, parse
from loadstone.settings import is_offline

if TYPE_CHECKING:
    import argparse


def show_plans(arguments: argparse.Namespace) -> int:
    """Print the plan of every source."""
    offline = arguments.offline or is_offline()
    plans = [plan(parse(text, arguments.sha256), offline=offline) for text in arguments.source]
    if arguments.json:
        import json

        print(json.dumps({"schema_version": 1, "plans": plans}, ensure_ascii=False, indent=1))
        return _exit_code(plans)
    for text, row in zip(arguments.source, plans, strict=True):
        for line in before_fetching(parse(text)):
            print(line, file=sys.stderr)
        for label, value in row.items():
            if value not in ("", None):
                print(f"{label:<12} {value:,} bytes" if isinstance(value, int) else f"{label:<12} {value}")
    return _exit_code(plans)


def _exit_code(plans: list[dict[str, Any]]) -> int:
    """A plan whose server could not be asked is shown all the same, and the exit code says so."""
    return TransferError.exit_code if any(row["not asked"] for row in plans) else 0


def plan(source: Source, *, offline: bool) -> dict[str, Any]:
    """Return what fetching would do, as plain values; `not asked` is why the server could not be asked for the size."""
    kept = None if source.path else here(source)
    part = part_path(source)
    size, reason = None, ""
    if not (offline or kept or source.path or source.scheme in DELEGATED):
        try:
            size = asked_size(source)
        except TransferError as error:
            reason = error.fact
    return {
        "source": source.id,
        "url": source.url,
        "size": size,
        "not asked": reason,
        "resumes at": os.path.getsize(part) if os.path.exists(part) else None,
        "hash": ":".join(source.digest) if source.digest else _pin(source),
        "destination": kept.path if kept else source.path or shelf.place("objects"),
        "state": "here already" if kept or source.path else "not here",
    }


def _pin(source: Source) -> str:
    from loadstone.fetch.store import pinned

    record = pinned(source.id)
    if record:
        return f"sha256:{record['sha256']} (pinned {record['first_seen']})"
    return "none published: pinned on first use"


def asked_size(source: Source) -> int | None:
    """Return the length that the server states; the body is not read."""
    from loadstone.fetch.follow import follow
    from loadstone.fetch.mirror import mirrored
    from loadstone.fetch.transport import UrllibTransport

    url = mirrored(source.url)
    known = bool(source.digest)
    with follow(UrllibTransport(), url, {}, patience=patience(), hash_known=known) as answer:
        length = answer.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None
