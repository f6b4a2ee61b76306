"""What the catalogue knows about a model, in words: before a download, in `--dry-run` and in `loadstone list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadstone.fetch.catalogue import Entry
    from loadstone.fetch.source import Source

ZOOS = {"tf1-zoo": "TF1 zoo", "tf2-zoo": "TF2 zoo", "keras": "keras.applications"}


def before_fetching(source: Source) -> Iterator[str]:
    """Yield what is worth knowing before the first byte: what it is, what it needs, and what to take instead."""
    entry = source.entry
    if source.note:
        yield f"  {source.note}"
    if entry is None:
        return
    needs = entry.lacks or "needs nothing but this tool"
    yield f"{entry.name}   {' · '.join([*facts(entry), needs])}"
    if entry.lacks:
        from loadstone.fetch.catalogue import nearest_that_runs

        other = nearest_that_runs(entry)
        if other is not None:
            yield f"  nearest that runs as it is: loadstone get {other.name}   ({' · '.join(facts(other))})"


def facts(entry: Entry) -> list[str]:
    """Return an entry's facts, each a few words."""
    words = [f"{ZOOS[entry.kind]}, made for {entry.made_for}" if entry.kind != "keras" else ZOOS[entry.kind]]
    words += [entry.input] if entry.input else []
    words += [f"{entry.metric.partition(' (')[0]} {entry.score:g}"] if entry.score is not None else []
    words += [f"{entry.megabytes:,.0f} MB"] if entry.megabytes else []
    return words
