"""`loadstone cache path|list|verify|prune|rm`: what is kept on this disk."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

SUMMARY = "show, check or clear what is kept on this disk"

COLUMNS = ("id", "path", "sha256", "size", "vouched", "url", "when", "changed")

HEADINGS = {
    "prepared": "prepared networks",
    "compiled": "programs compiled by JAX",
    "environment": "environments (loadstone env --list)",
}
"""What was made here, by kind: it is made again where it is missing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's actions."""
    from loadstone.cli.argument_types import not_negative

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("path", help="print the folder of the cache (LOADSTONE_HOME changes it)")
    listing = actions.add_parser("list", help="show what is here, with sizes")
    listing.add_argument("--json", action="store_true", help="one JSON document on standard output")
    check = actions.add_parser("verify", help="read everything again and compare hashes")
    check.add_argument("name", nargs="*", help="names; without any, everything")
    check.add_argument("-q", "--quiet", action="store_true", help="say only what is damaged")
    check.add_argument("--json", action="store_true", help="one JSON document on standard output")
    prune = actions.add_parser("prune", help="remove leftovers, and with --unused what was not used for long")
    prune.add_argument("--dry-run", action="store_true", help="show what would go")
    prune.add_argument(
        "--days", type=not_negative, default=7, metavar="N", help="keep partial files younger than this (7)"
    )
    prune.add_argument(
        "--unused",
        type=not_negative,
        metavar="N",
        help="remove prepared networks and compiled programs that were not used for N days; they are made again",
    )
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
    from loadstone.runtime.isolated.create import everything as environments

    rows = [{name: getattr(kept, name) for name in COLUMNS} | {"on_disk": bytes_of(kept)} for kept in everything()]
    made = {kind: [one.size for one in found] for kind, found in _made().items()}
    made["environment"] = [one.size for one in environments()]
    if as_json:
        import json

        counts = {kind: {"count": len(sizes), "on_disk": sum(sizes)} for kind, sizes in made.items()}
        print(json.dumps({"schema_version": 1, "kept": rows, "made": counts}, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        state = f"  changed: {row['changed']}" if row["changed"] else ""
        print(f"{row['on_disk'] / 1e6:>10,.1f} MB  {row['when']}  {row['id']}{state}")
    print(f"{sum(row['on_disk'] for row in rows) / 1e6:>10,.1f} MB  in {len(rows)} downloads", file=sys.stderr)
    for kind, sizes in made.items():
        if sizes:
            print(f"{sum(sizes) / 1e6:>10,.1f} MB  in {len(sizes)} {HEADINGS[kind]}", file=sys.stderr)
    return 0


class Made(NamedTuple):
    """Something in the cache that is made again where it is missing: its size, and last use in seconds since 1970."""

    path: Path
    size: int
    used: float


def _made() -> dict[str, list[Made]]:
    """Return by kind what was made here to be quick the next time."""
    from loadstone.runtime import cache
    from loadstone.training.setup import programs

    return {
        "prepared": list(_measured(cache.everything(), lambda network: network.stat().st_mtime)),
        "compiled": list(_measured(programs.everything(), programs.last_use)),
    }


def _measured(paths: Iterable[Path], last_use: Callable[[Path], float]) -> Iterator[Made]:
    """Yield those of the paths that are still there: other processes tidy up as well."""
    from loadstone.fetch.tidy import size_of

    for path in paths:
        with suppress(FileNotFoundError):
            yield Made(path, size_of(str(path)), last_use(path))


def _prune(arguments: argparse.Namespace) -> int:
    from loadstone.fetch.tidy import leftovers, remove

    rows: list[tuple[int, str, str]] = []
    for item in leftovers(days=arguments.days):
        if arguments.dry_run or remove(item):
            rows.append((item.size, item.what, item.path))
    if arguments.unused is not None:
        rows += _prune_unused(time.time() - arguments.unused * 86_400, dry_run=arguments.dry_run)
    for size, what, path in rows:
        print(f"{size / 1e6:>10,.1f} MB  {what}  {path}")
    verb = "would go" if arguments.dry_run else "removed"
    print(f"{sum(row[0] for row in rows) / 1e6:>10,.1f} MB  {verb}", file=sys.stderr)
    return 0


def _prune_unused(before: float, *, dry_run: bool) -> Iterator[tuple[int, str, str]]:
    """Remove what was last used before this time and is not in use; yield size, kind and path of each."""
    for kind, found in _made().items():
        for one in found:
            if one.used < before and (dry_run or _remove_made(kind, one.path)):
                yield one.size, kind, str(one.path)


def _remove_made(kind: str, path: Path) -> bool:
    from loadstone.fetch.tidy import delete
    from loadstone.training.setup import programs

    if kind == "compiled":
        return programs.forget(path)
    delete(str(path))
    return True


def _remove(arguments: argparse.Namespace) -> int:
    from loadstone.fetch.tidy import forget

    for name in arguments.name:
        freed = forget(name, pin_too=arguments.forget)
        print(f"removed   {name}  {freed / 1e6:,.1f} MB", file=sys.stderr)
    return 0
