"""What arrives in the place of a model: a login page, a quota notice, a Git LFS pointer, an error in XML or JSON.

What this is not: a judgement of models. Where the first bytes are those of the kind that the name promises, nothing
here has an opinion.
"""

from __future__ import annotations

from loadstone.fetch.trouble import WrongContentError

HEAD_BYTES = 64 * 1024

MAGIC = {
    ".tar.gz": (b"\x1f\x8b",),
    ".tgz": (b"\x1f\x8b",),
    ".gz": (b"\x1f\x8b",),
    ".zip": (b"PK\x03\x04", b"PK\x05\x06"),
    ".keras": (b"PK\x03\x04",),
    ".h5": (b"\x89HDF\r\n\x1a\n",),
    ".hdf5": (b"\x89HDF\r\n\x1a\n",),
    ".tar.bz2": (b"BZh",),
    ".tar.xz": (b"\xfd7zXZ\x00",),
}
"""How a file of a name must begin."""

QUOTA = ("quota", "too many users", "rate limit", "exceeded")
ABSENT = ("not found", "404", "does not exist", "no longer available")
LOGIN = ("sign in", "log in", "login", "password", "captive", "portal", "authenticat")


def promised(name: str) -> tuple[bytes, ...]:
    """Return the beginnings that a file of this name may have; empty where a name promises nothing."""
    lower = name.lower()
    return next((magic for suffix, magic in MAGIC.items() if lower.endswith(suffix)), ())


def in_place_of(head: bytes, name: str, where: str, size: int) -> WrongContentError | None:
    """Return what is wrong with a file that begins like this, or None if nothing is seen from its beginning."""
    if not size:
        return WrongContentError(
            "an empty file arrived", where=where, help="the address may be wrong, or try again later"
        )
    wanted = promised(name)
    if wanted and head.startswith(wanted):
        return None
    if wanted == MAGIC[".h5"] and not head[:1].isspace() and head[:1] not in (b"<", b"{", b"v"):
        # A user block may stand before the HDF5 signature; the container's own check looks for it.
        return None
    if found := _page(head, where, size):
        return None if name.lower().endswith((".html", ".htm", ".xml", ".txt")) else found
    if wanted:
        return WrongContentError(
            f"what arrived is no {_suffix(name)} file",
            where=where,
            expected=f"a beginning of {' or '.join(magic[:4].hex(' ') for magic in wanted)}",
            found=f"{size:,} bytes beginning {head[:8].hex(' ')}",
            help="check the address in a browser",
        )
    return None


def _suffix(name: str) -> str:
    lower = name.lower()
    return next(suffix for suffix in MAGIC if lower.endswith(suffix))


def _page(head: bytes, where: str, size: int) -> WrongContentError | None:
    from loadstone.formats.kinds.text_kinds import text_kind

    kind = text_kind(head, size)
    if kind is None:
        return _json(head, where, size)
    if kind.name == "git-lfs-pointer":
        return WrongContentError(
            "a Git LFS pointer arrived in the place of the file it stands for",
            where=where,
            expected=f"{kind.details['size']:,} bytes" if kind.details.get("size") else "",
            found=f"{size:,} bytes",
            help="use the file's download address (on GitHub: media.githubusercontent.com), or run: git lfs pull",
        )
    if kind.name == "html":
        return _html(head, where, str(kind.details.get("title", "")))
    if head.lstrip().startswith(b"<?xml"):
        return _error(where, "an error in XML", _between(head, b"<Code>", b"</Code>"))
    return None


def _html(head: bytes, where: str, title: str) -> WrongContentError:
    text = head.decode("utf-8", "replace").lower()
    # Every page of a big host has a link to sign in; a title that says what is wrong says more.
    if any(word in title.lower() for word in ABSENT):
        fact, remedy = "a page that says the file is not there arrived", "check the spelling, or whether it has moved"
    elif any(word in text for word in QUOTA) and not any(word in title.lower() for word in LOGIN):
        fact, remedy = "a page that speaks of a used-up quota arrived", "try again tomorrow, or use another address"
    elif any(word in text for word in LOGIN):
        fact, remedy = (
            "a login page arrived",
            "log in to the network in a browser (a hotel's page, say), or use ~/.netrc",
        )
    else:
        fact, remedy = "a web page arrived", "check the address in a browser: it may show a page around the file"
    return WrongContentError(
        f"{fact} in the place of the file",
        where=where,
        found=f"HTML titled {title!r}" if title else "HTML",
        help=remedy,
    )


def _json(head: bytes, where: str, size: int) -> WrongContentError | None:
    bare = head.lstrip()
    if size > HEAD_BYTES or not bare.startswith(b"{") or b'"error"' not in bare[:512].lower():
        return None
    return _error(where, "an error in JSON", bare[:160].decode("utf-8", "replace"))


def _error(where: str, what: str, found: str) -> WrongContentError:
    return WrongContentError(
        f"{what} arrived in the place of the file", where=where, found=found, help="check the address and your access"
    )


def _between(text: bytes, start: bytes, end: bytes) -> str:
    return text.partition(start)[2].partition(end)[0][:100].decode("utf-8", "replace")
