"""From a complete, verified file to a name in the cache that means it.

What this is not: a judgement of the file; whoever calls this has made it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from loadstone.errors import LoadstoneError, RefusedError
from loadstone.fetch import shelf
from loadstone.fetch.trouble import PermanentError, WrongContentError

if TYPE_CHECKING:
    from loadstone.fetch.source import Source


class Word(NamedTuple):
    """On whose word a file is kept, where it came from, and what a person should read about it."""

    vouched: str
    url: str
    news: tuple[str, ...] = ()


class Result(NamedTuple):
    """What a fetch gave: where it lies, what it is, and what vouched for it. `news` is what a person should read."""

    path: str
    source: Source
    sha256: str = ""
    size: int = 0
    vouched: str = ""
    fetched: int = 0
    resumed: int = 0
    was_here: bool = False
    news: tuple[str, ...] = ()


def keep(source: Source, path: str, word: Word, sha256: str = "") -> Result:
    """Turn a verified file into an object, drop the partial file, and write the name, in this order.

    A crash before the name leaves an object that `known_content` finds by its hash, so nothing is fetched twice.
    """
    from loadstone.fetch import store
    from loadstone.fetch.hashing import hash_file

    try:
        if os.path.isdir(path):
            sha256 = store.add_folder(source.id, path, name=store.stem(source.file_name))
        else:
            sha256 = sha256 or hash_file(path)["sha256"]
            store.add(source.id, path, name=source.file_name, sha256=sha256, unpacks=source.unpacks)
    except RefusedError:
        # A hostile archive is not kept for a second look.
        remove_partial_of(source)
        raise
    except LoadstoneError as error:
        remove_partial_of(source)
        raise WrongContentError(error.fact, where=error.where, expected=error.expected, found=error.found) from error
    remove_partial_of(source)
    return _named(source, sha256, word)


def _named(source: Source, sha256: str, word: Word) -> Result:
    from loadstone.fetch import store
    from loadstone.fetch.source import without_secrets

    key = shelf.key_of(sha256, unpacked=source.unpacks)
    store.name_it(source.id, key=key, sha256=sha256, url=without_secrets(word.url), vouched=word.vouched)
    kept = shelf.find(source.id)
    if kept is None:
        raise PermanentError("what was just written to the cache cannot be read back", where=shelf.place("objects"))
    return Result(kept.path, source, sha256, kept.size, word.vouched, news=word.news)


def known_content(source: Source, known: tuple[str, str], whose: str) -> Result | None:
    """Return the result if the very content that is wanted is here already, under another name or under none."""
    from loadstone.fetch import store

    pin = store.pinned(source.id)
    candidates = [known[1]] if known[0] == "sha256" else [str(pin["sha256"])] if pin else []
    for sha256 in candidates:
        key = shelf.key_of(sha256, unpacked=source.unpacks)
        manifest = shelf.read_json(shelf.place("objects", key, "object.json"))
        if manifest and manifest.get("sha256") == sha256 and store.is_sound(key):
            remove_partial_of(source)
            word = Word(f"{known[0]} named by {whose}", source.url, ("its content was here already",))
            return _named(source, sha256, word)._replace(was_here=True)
    return None


def part_path(source: Source) -> str:
    """Return where a source's partial file lies."""
    return shelf.place("partial", f"{shelf.slug(source.id)}.part")


def remove_partial_of(source: Source) -> None:
    """Remove what a source's transfer left."""
    from loadstone.fetch.partial import remove_partial

    remove_partial(part_path(source))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{part_path(source)}.decoded")


def as_document(result: Result) -> Mapping[str, Any]:
    """Return a result as plain JSON values."""
    return {
        "path": result.path,
        "id": result.source.id,
        "url": result.source.url,
        "sha256": result.sha256,
        "bytes": result.size,
        "verified_by": result.vouched,
        "fetched_bytes": result.fetched,
        "resumed_bytes": result.resumed,
        "was_here": result.was_here,
        "notes": list(result.news),
    }
