"""A picture at an http or https address, fetched into memory under a cap; nothing is stored.

What it is not: the fetching of models, which resumes, verifies and caches. That is the room `fetch`.
"""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from loadstone.errors import LimitError, TransferError
from loadstone.runtime.pictures.picture_files import Picture, kept_picture
from loadstone.wire.limits import PICTURE_BYTES, shown
from loadstone.wire.picture import decode

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
MOST_REDIRECTS = 5


def fetch_picture(address: str, *, ignore_exif: bool = False) -> Picture:
    """Fetch and decode one picture; raises `TransferError`, `LimitError` or `SourceError`."""
    content = _fetch(address)
    pixels = decode(io.BytesIO(content), where=address, ignore_exif=ignore_exif)
    file_name = PurePosixPath(unquote(urlsplit(address).path)).name or "picture"
    return kept_picture(address, file_name, pixels)


def _fetch(address: str) -> bytes:
    import urllib3

    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    retries = urllib3.Retry(total=2, redirect=MOST_REDIRECTS)
    parts = urlsplit(address)
    proxy = getproxies().get(parts.scheme)
    try:
        through = proxy if proxy and not proxy_bypass(parts.hostname or "") else None
        with urllib3.ProxyManager(through) if through else urllib3.PoolManager() as pool:
            response = pool.request("GET", address, preload_content=False, timeout=timeout, retries=retries)
            content = response.read(PICTURE_BYTES + 1)
            response.release_conn()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise TransferError(f"the picture cannot be fetched: {error}", where=address) from error
    if response.status != 200:
        raise TransferError(f"the server answered {response.status} {response.reason or ''}".rstrip(), where=address)
    if len(content) > PICTURE_BYTES:
        raise LimitError(
            "the picture is longer than is fetched", where=address, expected=f"at most {shown(PICTURE_BYTES)}"
        )
    return content
