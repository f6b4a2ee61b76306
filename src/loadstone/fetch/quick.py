"""The shortest way from what a person typed to what is here already.

`loadstone get` of something that is here may take three bare starts of Python and no more, so this looks the words up
in the cache's records before the grammar of sources, the catalogue or anything else is imported. A name that was used
once is remembered in `typed/SLUG.json`, whatever its spelling.
What this is not: the meaning of names. Whatever it does not find, `source.parse` resolves.
"""

from __future__ import annotations

import os

from loadstone.fetch import shelf
from loadstone.fetch.shelf import Kept


def here(text: str) -> Kept | None:
    """Return what the cache holds for what was typed, if its stamps agree; None leaves the question open."""
    name, _, sha256 = text.partition("@sha256:")
    if os.path.exists(name) or os.path.exists(text):
        return None
    typed = shelf.read_json(shelf.place("typed", f"{shelf.slug(name)}.json"))
    kept = shelf.find(str(typed["id"])) if typed and typed.get("typed") == name and "id" in typed else None
    if kept is None or kept.changed or (sha256 and sha256.lower() != kept.sha256):
        return None
    return kept


def remember(text: str, identity: str) -> None:
    """Note what a typed name meant."""
    from loadstone.fetch.store import write_json

    name = text.partition("@sha256:")[0]
    record = {"version": shelf.VERSION, "typed": name, "id": identity}
    write_json(shelf.place("typed", f"{shelf.slug(name)}.json"), record)
