"""The one path of a fetch: what is here already, another tool's cache, the network; verified, then kept.

What this is not: the command line (`cli.get`), which adds words and a bar to it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from loadstone.fetch import shelf
from loadstone.fetch.keep import Result, Word, keep, known_content, part_path, remove_partial_of
from loadstone.fetch.patience import Patience, patience
from loadstone.fetch.source import DELEGATED, Source, parse
from loadstone.fetch.trouble import OfflineError, PermanentError, WrongContentError
from loadstone.settings import is_offline

if TYPE_CHECKING:
    from loadstone.fetch.download import Arrived, Progress
    from loadstone.fetch.shelf import Kept
    from loadstone.fetch.transport import Transport


class Wish(NamedTuple):
    """How something is to be fetched. `repin` accepts a file that differs from the first download."""

    offline: bool = False
    repin: bool = False
    adopts: bool = True
    connections: int = 1
    transport: Transport | None = None
    progress: Progress | None = None
    patience: Patience | None = None


PLAIN = Wish()


def obtain(text: str, sha256: str | None = None, wish: Wish = PLAIN) -> Result:
    """Return what was named, complete and verified, from wherever it can be had."""
    source = parse(text, sha256)
    if source.path:
        from loadstone.fetch.local import obtain_local

        return obtain_local(source)
    result = obtain_source(source, wish)
    _remember(text, source)
    return result


def obtain_source(source: Source, wish: Wish = PLAIN) -> Result:
    """Return what a source of the network means, from the cache or from there."""
    return here(source) or _fetch(source, wish)


def _remember(text: str, source: Source) -> None:
    import contextlib

    from loadstone.fetch import quick

    # An address with a login or a signature in it is not written down, and a cache may be read-only.
    if source.entry is not None or source.id == text.partition("@sha256:")[0]:
        with contextlib.suppress(OSError):
            if quick.here(text) is None:
                quick.remember(text, source.id)


def here(source: Source) -> Result | None:
    """Return what the cache holds for a source if it is sound and has the hash that is asked for; no network."""
    kept = shelf.find(source.id)
    if kept is None or (kept.changed and not _sound(kept)):
        return None
    if source.demanded and source.digest != ("sha256", kept.sha256):
        return None
    return Result(kept.path, source, kept.sha256, kept.size, kept.vouched, was_here=True)


def _sound(kept: Kept) -> bool:
    from loadstone.fetch import store

    return store.sound(kept)


def _fetch(source: Source, wish: Wish) -> Result:
    if wish.offline or is_offline():
        raise _not_here(source)
    from loadstone.fetch.locks import locked

    def waiting() -> None:
        _tell(source, wish, "another process is fetching this: waiting for it")

    try:
        with locked(shelf.place("locks", f"{shelf.slug(source.id)}.lock"), waiting):
            # Whoever held the lock before may have brought it.
            return here(source) or _adopted(source, wish) or _fetch_locked(source, wish)
    except OSError as error:
        from loadstone.fetch.causes import disk_error

        # The network's errors were explained where they arose; what is left is the disk's.
        raise disk_error(error, str(error.filename or shelf.place("objects"))) from error


def _not_here(source: Source) -> OfflineError:
    why = "LOADSTONE_OFFLINE is set" if is_offline() else "--offline was given"
    return OfflineError(
        f"{source.id} is not here, and the network may not be used ({why})",
        where=shelf.place("names"),
        help="run once without it; loadstone list --here shows what is here",
    )


def _tell(source: Source, wish: Wish, note: str) -> None:
    if wish.progress is not None:
        from loadstone.facts.transfer import TransferState

        wish.progress(TransferState(source.file_name, "waiting", note=note, source=source.id))


def _adopted(source: Source, wish: Wish) -> Result | None:
    if not wish.adopts:
        return None
    from loadstone.fetch.adopt import adopted

    found = adopted(source)
    if found is None:
        return None
    return keep(source, found.path, Word(found.vouched, source.url, (found.news,)))


def _fetch_locked(source: Source, wish: Wish) -> Result:
    if source.scheme in DELEGATED:
        from loadstone.fetch.delegates import fetch_delegated

        arrived_path, vouched = fetch_delegated(source)
        return keep(source, arrived_path, Word(vouched, source.url))
    known, whose = _known_digest(source, wish)
    if known and (result := known_content(source, known, whose)):
        return result
    try:
        arrived, vouched = _arrive(source, wish, known, whose)
    except PermanentError as error:
        raise _with_other_address(error, source) from error.__cause__
    news = _pin(source, wish, arrived, vouched, known)
    result = keep(source, arrived.path, Word(vouched, arrived.remote.url, news), arrived.digests["sha256"])
    return result._replace(fetched=arrived.size - arrived.resumed, resumed=arrived.resumed)


def _with_other_address(error: PermanentError, source: Source) -> PermanentError:
    """Where a file is gone, name where else the catalogue knows it, or the name that an address resembles."""
    if error.status not in (403, 404, 410):
        return error
    from loadstone.fetch.catalogue import near
    from loadstone.fetch.store import stem

    if source.entry is not None and source.note:
        error.help = f"the catalogue lists a newer archive: loadstone get {source.entry.name}"
    elif source.entry is not None and source.entry.tfhub and source.id != source.entry.tfhub:
        error.help = f"the same model stands on TensorFlow Hub: loadstone get {source.entry.tfhub}"
    elif source.entry is not None and source.id == source.entry.tfhub:
        error.help = f"the same model stands in the zoo: loadstone get {source.entry.name}"
    elif source.entry is None and (names := near(stem(source.file_name), 1)):
        error.help = f"the catalogue has a model of nearly that name: loadstone get {names[0]}"
    return error


def _known_digest(source: Source, wish: Wish) -> tuple[tuple[str, str] | None, str]:
    """Return the digest that the file must have and who named it."""
    if source.digest:
        return source.digest, "you" if source.demanded else "the catalogue"
    from loadstone.fetch.store import pinned_digest

    return (None, "") if wish.repin else pinned_digest(source.id)


def _arrive(source: Source, wish: Wish, known: tuple[str, str] | None, whose: str) -> tuple[Arrived, str]:
    """Download and judge; content that is wrong is thrown away and fetched once more from zero."""
    try:
        return _arrive_once(source, wish, known, whose)
    except WrongContentError as first:
        if not first.cut:
            remove_partial_of(source)
        if not _worth_another(first):
            raise
        _tell(source, wish, f"{first.fact}: once more from the beginning")
    try:
        return _arrive_once(source, wish, known, whose)
    except WrongContentError as second:
        if not second.cut:
            remove_partial_of(source)
        raise _explained(second, source, whose) from None


def _worth_another(error: WrongContentError) -> bool:
    """A page in the place of a file stays one; damage on the way may be gone the next time."""
    return "arrived" in error.fact and "in the place of" not in error.fact


def _explained(error: WrongContentError, source: Source, whose: str) -> WrongContentError:
    if whose.startswith("the first download"):
        error.help = "if the publisher did replace the file: loadstone get --repin " + source.id
    return error


def _arrive_once(source: Source, wish: Wish, known: tuple[str, str] | None, whose: str) -> tuple[Arrived, str]:
    from loadstone.fetch.download import Download, Job, silent
    from loadstone.fetch.encoded import undone
    from loadstone.fetch.mirror import mirrored
    from loadstone.fetch.transport import UrllibTransport
    from loadstone.fetch.verify import judge

    job = Job(
        name=source.file_name,
        url=mirrored(source.url),
        part=part_path(source),
        transport=wish.transport or UrllibTransport(),
        patience=wish.patience or patience(),
        digest=known,
        progress=wish.progress or silent,
        connections=wish.connections,
        source=source.id,
    )
    _make_folders(source)
    arrived = undone(Download(job).run(), source.file_name, known)
    return arrived, judge(arrived, source.file_name, known, whose)


def _make_folders(source: Source) -> None:
    for kind in ("partial", "objects", "names"):
        os.makedirs(shelf.place(kind), exist_ok=True)


def _pin(source: Source, wish: Wish, arrived: Arrived, vouched: str, known: tuple[str, str] | None) -> tuple[str, ...]:
    """Remember the hash of what arrived; where nobody had named one, say so."""
    from loadstone.fetch.store import pin

    sha256 = arrived.digests["sha256"]
    pin(source.id, sha256=sha256, size=arrived.size, url=arrived.remote.url)
    if known is not None:
        return ()
    word = "pinned anew" if wish.repin else "first seen here: pinned"
    return (f"sha256 {sha256}  {word}", f"nobody publishes its hash; checked: {vouched}")
