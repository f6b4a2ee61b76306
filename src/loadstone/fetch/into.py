"""One address into one file of the caller's own naming, by the same road as everything else.

The partial file and its journal lie beside the target, so that the last step is one rename. What this is not: the
cache (`store`): the file stands where the caller wants it, and only its hash is remembered (`store.pin`).
"""

from __future__ import annotations

import os
from typing import NamedTuple

from loadstone.errors import LoadstoneError
from loadstone.fetch import shelf
from loadstone.fetch.causes import disk_error
from loadstone.fetch.download import Download, Job, Progress, silent
from loadstone.fetch.encoded import undone
from loadstone.fetch.locks import locked
from loadstone.fetch.mirror import mirrored
from loadstone.fetch.partial import remove_partial
from loadstone.fetch.patience import patience
from loadstone.fetch.source import parse, without_secrets
from loadstone.fetch.store import pin, pinned_digest
from loadstone.fetch.transport import Transport, UrllibTransport
from loadstone.fetch.trouble import OfflineError, WrongContentError
from loadstone.fetch.unpack import sync_folder
from loadstone.fetch.verify import judge
from loadstone.settings import is_offline


class Order(NamedTuple):
    """What goes where: `digest` is (algorithm, hexadecimal); `again` fetches even if the file stands there."""

    url: str
    target: str
    digest: tuple[str, str] | None = None
    again: bool = False
    progress: Progress = silent
    transport: Transport | None = None


def fetch_into(order: Order) -> bool:
    """Make the target the complete, verified file; return whether anything had to be fetched."""
    lock = shelf.place("locks", f"{shelf.slug('file:' + os.path.realpath(order.target))}.lock")
    with locked(lock):
        if not order.again and _stands(order):
            return False
        if is_offline():
            raise OfflineError(
                "the file is not here, or is not whole, and the network may not be used (LOADSTONE_OFFLINE is set)",
                where=order.target,
            )
        _fetch_twice(order)
    return True


def _fetch_twice(order: Order) -> None:
    """Fetch; content that is wrong is thrown away and fetched once more from zero."""
    for last in (False, True):
        try:
            _fetch(order)
            return
        except WrongContentError:
            remove_partial(_part(order))
            if last:
                raise


def _part(order: Order) -> str:
    return f"{order.target}.part"


def _known(order: Order) -> tuple[tuple[str, str] | None, str]:
    if order.digest:
        return order.digest, "you"
    return pinned_digest(without_secrets(order.url))


def _stands(order: Order) -> bool:
    """Whether the file that stands there may be used: by its hash, else by its own container's end."""
    if not os.path.isfile(order.target):
        return False
    from loadstone.fetch.containers import ending
    from loadstone.fetch.hashing import hash_file

    known, _ = _known(order)
    if known:
        return hash_file(order.target, (known[0],))[known[0]] == known[1]
    return os.path.getsize(order.target) > 0 and ending(order.target).whole is not False


def _fetch(order: Order) -> None:
    known, whose = _known(order)
    name = os.path.basename(order.target)
    job = Job(
        name=name,
        url=mirrored(parse(order.url).url),
        part=_part(order),
        transport=order.transport or UrllibTransport(),
        patience=patience(),
        digest=known,
        progress=order.progress,
    )
    try:
        os.makedirs(os.path.dirname(order.target), exist_ok=True)
        arrived = undone(Download(job).run(), name, known)
        judge(arrived, name, known, whose)
        os.replace(arrived.path, order.target)
        sync_folder(os.path.dirname(order.target))
        remove_partial(_part(order))
        if known is None:
            pin(without_secrets(order.url), sha256=arrived.digests["sha256"], size=arrived.size, url=order.url)
    except OSError as error:
        raise disk_error(error, order.target) from error


def unpack_beside(archive: str, folder: str) -> None:
    """Unpack an archive into a folder that appears whole or not at all, replacing what an earlier run left there."""
    import shutil

    from loadstone.fetch.unpack import unpack

    fresh, old = f"{folder}.new", f"{folder}.old"
    try:
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        os.makedirs(fresh)
        unpack(archive, fresh)
        if os.path.isdir(folder):
            os.rename(folder, old)
        os.rename(fresh, folder)
        sync_folder(os.path.dirname(folder))
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise disk_error(error, folder) from error
    except LoadstoneError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
