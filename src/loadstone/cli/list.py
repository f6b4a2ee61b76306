"""`loadstone list [WORDS]`: the catalogue, searchable, with what is already here.

It imports nothing but the catalogue: the promise is three bare starts of Python.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from loadstone.fetch.catalogue import Entry

SUMMARY = "search the catalogue of models"
EXIT_NOTHING_FOUND = 1

_PLAIN = {ord("x"): "×", ord(" "): "", ord("_"): "", ord("-"): ""}
KINDS = {"tf2-zoo": "TF2 zoo", "tf1-zoo": "TF1 zoo", "keras": "Keras"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("words", nargs="*", help="what name, label, kind, data or outputs must all contain")
    parser.add_argument("--here", action="store_true", help="only what is on this disk, addresses included")
    parser.add_argument("--all", action="store_true", help="every file of keras.applications, not one per model")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def quick(words: list[str]) -> int | None:
    """Search for plain words; options are for `run`."""
    return None if any(word.startswith("-") for word in words) else _search(Search(words))


def run(arguments: argparse.Namespace) -> int:
    """Print the entries that hold all words; exit code 1 if there are none."""
    return _search(Search(arguments.words, arguments.here, arguments.all, arguments.json))


class Search:
    """What is looked for."""

    def __init__(self, words: list[str], here: bool = False, all: bool = False, as_json: bool = False) -> None:  # noqa: A002
        self.words = words
        self.here = here
        self.all = all
        self.as_json = as_json


def _search(search: Search) -> int:
    from loadstone.fetch.catalogue import entries
    from loadstone.fetch.shelf import names_here, slug

    here = names_here()
    rows = [(entry, slug(entry.id) in here) for entry in entries()]
    rows = [row for row in rows if _wanted(row, search)]
    others = _others(search, {slug(entry.id) for entry, _ in rows}) if search.here else []
    if search.as_json:
        import json

        models = [_document(entry, is_here) for entry, is_here in rows]
        print(json.dumps({"schema_version": 1, "models": models + others}, ensure_ascii=False, indent=1))
    else:
        _print(rows, others)
    if not rows and not others:
        _print_nothing(search.words)
        return EXIT_NOTHING_FOUND
    return 0


def _wanted(row: tuple[Entry, bool], search: Search) -> bool:
    entry, is_here = row
    if search.here and not is_here:
        return False
    if entry.kind == "keras" and "/" in entry.name and not (search.all or is_here or _asks_variant(search)):
        return False
    held = (entry.name, entry.label, entry.kind, KINDS[entry.kind], entry.dataset, entry.input, *entry.outputs)
    text = " ".join(held)
    plain = _plain(text) if search.words else ""
    return all(_plain(word) in plain for word in search.words)


def _asks_variant(search: Search) -> bool:
    return any("/" in word or word.lower() in ("notop", "minimalistic") for word in search.words)


def _plain(text: str) -> str:
    return text.lower().translate(_PLAIN)


def _others(search: Search, shown: set[str]) -> list[dict[str, Any]]:
    """Return what is here under an address rather than a name of the catalogue."""
    from loadstone.fetch.shelf import everything, slug

    return [
        {"id": kept.id, "path": kept.path, "bytes": kept.size, "sha256": kept.sha256, "here": True}
        for kept in everything()
        if slug(kept.id) not in shown and all(word.lower() in kept.id.lower() for word in search.words)
    ]


def _print(rows: list[tuple[Entry, bool]], others: list[dict[str, Any]]) -> None:
    width = max((len(_name(entry)) for entry, _ in rows), default=0)
    for entry, is_here in rows:
        mark = "●" if is_here else "○" if entry.lacks else " "
        print(f"{mark} {_name(entry):<{width}}  {_columns(entry)}".rstrip())
    for other in others:
        print(f"● {other['id']}  {other['bytes'] / 1e6:,.1f} MB")
    if rows:
        remarks = ["● here"] if any(is_here for _, is_here in rows) else []
        remarks += ["○ cannot be run as it is"] if any(entry.lacks for entry, _ in rows) else []
        print("   ".join([f"{len(rows)} models", *remarks, "loadstone get NAME"]), file=sys.stderr)


def _name(entry: Entry) -> str:
    return entry.id if entry.kind == "keras" else entry.name


def _columns(entry: Entry) -> str:
    """Return kind, input, published accuracy, published speed, size and what comes out, each at its own width."""
    score = f"{entry.score:.1f}" if entry.score is not None else ""
    speed = f"{entry.speed_ms:g} ms" if entry.speed_ms is not None else ""
    size = f"{entry.megabytes:,.0f} MB" if entry.megabytes else ""
    kind, metric = KINDS[entry.kind], entry.metric.partition(" (")[0] if score else ""
    return f"{kind:<8} {entry.input:>9}  {score:>5} {metric:<18} {speed:>9} {size:>9}  {'+'.join(entry.outputs)}"


def _document(entry: Entry, is_here: bool) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "label": entry.label,
        "kind": entry.kind,
        "url": entry.url,
        "hash": ":".join(entry.digest) if entry.digest else None,
        "input": entry.input or None,
        "score": entry.score,
        "metric": entry.metric or None,
        "speed_ms": entry.speed_ms,
        "speed_basis": entry.basis or None,
        "megabytes": entry.megabytes,
        "dataset": entry.dataset or None,
        "outputs": list(entry.outputs),
        "tfhub": entry.tfhub or None,
        "lacks": entry.lacks or None,
        "here": is_here,
    }


def _print_nothing(words: list[str]) -> None:
    from loadstone.fetch.catalogue import near

    found = near(" ".join(words)) if words else []
    hint = f"; near: {', '.join(found)}" if found else ""
    print(f"nothing in the catalogue holds {' '.join(words)!r}{hint}" if words else "nothing is here", file=sys.stderr)
