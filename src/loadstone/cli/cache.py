"""`loadstone cache path|list|verify|prune|rm`: what is kept on this disk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from loadstone.fetch.tidy import Leftover

SUMMARY = "show, check or clear what is kept on this disk"

COLUMNS = ("id", "path", "sha256", "size", "vouched", "url", "when", "changed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("path", help="print the folder of the cache (LOADSTONE_HOME changes it)")
    listing = actions.add_parser("list", help="show what is here, with sizes")
    listing.add_argument("--json", action="store_true", help="one JSON document on standard output")
    check = actions.add_parser("verify", help="read everything again and compare hashes")
    check.add_argument("name", nargs="*", help="names; without any, everything")
    check.add_argument("-q", "--quiet", action="store_true", help="say only what is damaged")
    check.add_argument("--json", action="store_true", help="one JSON document on standard output")
    prune = actions.add_parser("prune", help="remove leftovers: old partial files, damaged and unnamed objects")
    prune.add_argument("--dry-run", action="store_true", help="show what would go")
    prune.add_argument("--days", type=float, default=7, metavar="N", help="keep partial files younger than this (7)")
    remove = actions.add_parser("rm", help="remove downloads by name")
    remove.add_argument("name", nargs="+", help="names or addresses, as given to loadstone get")
    remove.add_argument("--forget", action="store_true", help="forget the pinned hash as well")


def run(arguments: argparse.Namespace) -> int:
    """Do one action."""
    if arguments.action == "path":
        from loadstone.settings import home

        print(home())
        return 0
    if arguments.action == "list":
        return _list(as_json=arguments.json)
    if arguments.action == "verify":
        from loadstone.cli import verify

        arguments.sha256 = None
        return verify.run(arguments)
    return _prune(arguments) if arguments.action == "prune" else _remove(arguments)


def _list(*, as_json: bool) -> int:
    from loadstone.fetch.shelf import everything
    from loadstone.fetch.tidy import bytes_of

    rows = [{name: getattr(kept, name) for name in COLUMNS} | {"on_disk": bytes_of(kept)} for kept in everything()]
    if as_json:
        import json

        print(json.dumps({"schema_version": 1, "kept": rows}, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        state = f"  changed: {row['changed']}" if row["changed"] else ""
        print(f"{row['on_disk'] / 1e6:>10,.1f} MB  {row['when']}  {row['id']}{state}")
    print(f"{sum(row['on_disk'] for row in rows) / 1e6:>10,.1f} MB  in {len(rows)} downloads", file=sys.stderr)
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    from loadstone.fetch.tidy import leftovers, remove

    found = leftovers(days=arguments.days)
    if not arguments.dry_run:
        found = [item for item in found if remove(item)]
    _print(found, "would go" if arguments.dry_run else "removed")
    return 0


def _print(found: list[Leftover], verb: str) -> None:
    for item in found:
        print(f"{item.size / 1e6:>10,.1f} MB  {item.what}  {item.path}")
    print(f"{sum(item.size for item in found) / 1e6:>10,.1f} MB  {verb}", file=sys.stderr)


def _remove(arguments: argparse.Namespace) -> int:
    from loadstone.fetch.tidy import forget

    for name in arguments.name:
        freed = forget(name, pin_too=arguments.forget)
        print(f"removed   {name}  {freed / 1e6:,.1f} MB", file=sys.stderr)
    return 0
