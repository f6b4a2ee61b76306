"""The file itself for its git-lfs pointer, fetched from an origin that the person names. What `fix --origin` does.

It stands at the right end since it needs the rooms of repair and of fetching, which do not know each other.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from urllib.parse import quote

from loadstone.errors import RefusedError, SourceError
from loadstone.facts.plan import Edit, Fixed, Plan
from loadstone.formats.kinds.text_kinds import POINTER_BYTES, pointer

NAME = "fetch-from-origin"
THE_CLONES = "git"
"""The word for the remote of the clone that the pointer lies in."""

_MEDIA = {
    "github.com": "https://media.githubusercontent.com/media/{repository}/{ref}/{path}",
    "gitlab.com": "https://gitlab.com/{repository}/-/raw/{ref}/{path}",
    "huggingface.co": "https://huggingface.co/{repository}/resolve/{ref}/{path}",
}
"""Where hosts give out the files themselves, by host."""

_REMOTE = re.compile(r"^(?:https?://(?:[^@/]+@)?|ssh://git@|git@)([\w.-]+)[:/](.+?)(?:\.git)?/?$")
_URL = re.compile(r'^\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.MULTILINE | re.DOTALL)


def fetch_pointer(
    source: str | os.PathLike[str], output: str | os.PathLike[str] | None, origin: str, *, dry_run: bool = False
) -> Fixed:
    """Fetch what a pointer stands for, compare it with the pointer's SHA-256, and write it to a new file.

    `origin` is the file's own address, a repository's, or `git`: the remote of the clone around the pointer.
    Raises `SourceError` where the source is no pointer or the origin leads nowhere, `RefusedError` where `output`
    exists, and what fetching raises.
    """
    path = Path(source)
    oid, size = _pointer(path)
    address = address_of(path, origin)
    place = Path(output) if output is not None else path.with_name(f"{path.stem}.fixed{path.suffix}")
    if os.path.lexists(place):
        raise RefusedError("the output exists already, and is not overwritten", where=str(place), help="name another")
    wanted = f"{size:,} bytes" if size is not None else "the file itself"
    edit = Edit(str(path), "a git-lfs pointer", wanted, f"from {address}, compared with its SHA-256")
    plan = Plan(NAME, str(path), (edit,), "safe", ("lfs-pointer",))
    if dry_run:
        return Fixed(str(path), None, (), (plan,))
    from loadstone.fetch import get

    fetched = get(address, sha256=oid)
    partial = place.with_name(f".{place.name}.partial")
    try:
        shutil.copyfile(fetched, partial)
        os.replace(partial, place)
    except OSError as error:
        found = error.strerror or str(error)
        raise SourceError("the file cannot be written", where=str(place), found=found) from error
    finally:
        partial.unlink(missing_ok=True)
    from loadstone.checks import check

    remaining = tuple(finding for finding in check(place).findings if finding.severity != "info")
    return Fixed(str(path), str(place), (plan,), (), remaining)


def _pointer(path: Path) -> tuple[str, int | None]:
    try:
        head = path.read_bytes()[:POINTER_BYTES] if path.stat().st_size <= POINTER_BYTES else b""
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    found = pointer(head)
    if found is None or not re.fullmatch(r"sha256:[0-9a-f]{64}", found[0]):
        raise SourceError("the file is no git-lfs pointer", where=str(path), help="leave out --origin")
    return found[0].removeprefix("sha256:"), found[1]


def address_of(path: Path, origin: str) -> str:
    """Return the address of the file itself; raises `SourceError` where the origin does not lead to one."""
    if origin != THE_CLONES:
        found = _REMOTE.match(origin)
        if found is None or found[1] not in _MEDIA or found[2].count("/") != 1:
            return origin
        return _media(found[1], found[2], _ref(_clone(path)), path)
    clone = _clone(path)
    config = clone / ".git" / "config" if clone else None
    remote = _URL.search(config.read_text("utf-8", "replace")) if config is not None and config.is_file() else None
    found = _REMOTE.match(remote[1]) if remote else None
    if found is None or found[1] not in _MEDIA:
        raise SourceError(
            "the clone names no remote that gives out files by address",
            where=str(path),
            help="give the file's own address: --origin https://…",
        )
    return _media(found[1], found[2], _ref(clone), path)


def _media(host: str, repository: str, ref: str, path: Path) -> str:
    clone = _clone(path)
    inner = path.absolute().relative_to(clone).as_posix() if clone else path.name
    return _MEDIA[host].format(repository=quote(repository), ref=quote(ref), path=quote(inner))


def _clone(path: Path) -> Path | None:
    return next((folder for folder in path.absolute().parents if (folder / ".git").exists()), None)


def _ref(clone: Path | None) -> str:
    """Return the branch or commit that is checked out; the default branch's usual name where that is not known."""
    head = clone / ".git" / "HEAD" if clone else None
    text = head.read_text("utf-8", "replace").strip() if head is not None and head.is_file() else ""
    return text.removeprefix("ref: refs/heads/") or "main"
