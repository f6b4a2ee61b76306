"""`loadstone verify [NAME...]`: read again what is here and compare it with what was put there.

Not here: `loadstone inspect --verify`, which checks the checksums that a model file carries itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from loadstone.errors import SourceError

if TYPE_CHECKING:
    import argparse

    from loadstone.fetch.shelf import Kept

SUMMARY = "check again what has been downloaded"
EXIT_DAMAGED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="*", help="names, addresses or paths; without any, everything that is here")
    parser.add_argument("--sha256", metavar="HEX", help="the hash that the one file named must have")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what is damaged")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Check every file's hash; damaged ones are put aside and named. Exit code 1 if there were any."""
    from loadstone.fetch.shelf import everything

    rows = [_checked(kept) for kept in everything()] if not arguments.name else []
    rows += [_checked_name(name, arguments.sha256) for name in arguments.name]
    if arguments.json:
        import json

        print(json.dumps({"schema_version": 1, "checked": rows}, ensure_ascii=False, indent=1))
    else:
        _print(rows, quiet=arguments.quiet)
    return EXIT_DAMAGED if any(not row["sound"] for row in rows) else 0


def _checked(kept: Kept) -> dict[str, Any]:
    from loadstone.fetch import store

    damaged = store.damaged_files(kept.key)
    row = {"id": kept.id, "path": kept.path, "bytes": kept.size, "sha256": kept.sha256, "verified_by": kept.vouched}
    row |= {"sound": not damaged, "damaged": damaged, "aside": ""}
    if damaged:
        row["aside"] = store.put_aside(kept.key)
    return row


def _checked_name(name: str, sha256: str | None) -> dict[str, Any]:
    from loadstone.fetch import shelf
    from loadstone.fetch.source import parse

    source = parse(name, sha256)
    if source.path:
        return _checked_path(source.path, source.digest)
    kept = shelf.find(source.id)
    if kept is None:
        raise SourceError(f"{source.id} is not here", help=f"loadstone get {name}")
    row = _checked(kept)
    if source.demanded and source.digest != ("sha256", kept.sha256):
        row |= {"sound": False, "damaged": [f"its sha256 is {kept.sha256}"]}
    return row


def _checked_path(path: str, digest: tuple[str, str] | None) -> dict[str, Any]:
    """Check a file that is nobody's entry: by the hash that was given, else by its own container's end."""
    import os

    from loadstone.fetch.containers import ending
    from loadstone.fetch.hashing import hash_file

    if not os.path.isfile(path):
        raise SourceError("only a file, or something in the cache, can be verified", where=path)
    found = hash_file(path)["sha256"]
    row = {"id": path, "path": path, "bytes": os.path.getsize(path), "sha256": found, "aside": ""}
    if digest:
        wrong = [] if digest[1] == found else [f"its sha256 is {found}"]
        return row | {"sound": not wrong, "damaged": wrong, "verified_by": "sha256 named by you"}
    end = ending(path)
    return row | {
        "sound": end.whole is not False,
        "damaged": [end.reason] if end.whole is False else [],
        "verified_by": end.checked or "nothing: this kind of file carries no end of its own",
    }


def _print(rows: list[dict[str, Any]], *, quiet: bool) -> None:
    for row in rows:
        if row["sound"] and not quiet:
            print(f"sound     {row['id']}  {row['bytes']:,} bytes  {row['verified_by']}")
        if not row["sound"]:
            print(f"damaged   {row['id']}  {', '.join(row['damaged'][:5])}")
            if row["aside"]:
                print(f"  moved to  {row['aside']}\n  help      loadstone get {row['id']}")
    if not rows:
        print("nothing is here", file=sys.stderr)
