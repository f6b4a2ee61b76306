"""The cache of prepared networks: a folder for each, found by content, written whole or not at all.

A plan's folder holds `network.blob`, `later-1.blob` and so on where a detector has several stages, `arrays.npz` where
there are any, and `manifest.json`, which names the others with their sizes and CRC-32Cs. It is written under a
temporary name beside and renamed once, so that a name in the cache means a complete plan, whatever dies when; of two
processes the first rename wins and the other's work is dropped. A stamp (`stamps/`) remembers which plan a path led to
while the files' sizes and times stay the same, so that a second process need not hash them.
Nothing here is a model's own file, and nothing read here is code.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError
from loadstone.runtime.engine import Prepared
from loadstone.runtime.manifest import Manifest
from loadstone.settings import home
from loadstone.wire.crc32c import crc32c

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

UNFINISHED = ".preparing-"
"""How the temporary name of a plan begins."""

ABANDONED_SECONDS = 24 * 3600
"""A day: far beyond what a preparation may take."""

MANIFEST, NETWORK, ARRAYS = "manifest.json", "network.blob", "arrays.npz"
LATER = "later-{}.blob"


def plans() -> Path:
    """Return the folder of the prepared networks."""
    return Path(home()) / "plans"


def content_key(files: Sequence[Path], salt: str) -> str:
    """Return the name of the plan for these files: a hash of their names, contents and `salt` (versions, device)."""
    # Imported here: it brings OpenSSL, and a model that was opened before is not hashed.
    from hashlib import sha256

    total = sha256(salt.encode())
    for path in files:
        with path.open("rb") as stream:
            digest = sha256()
            while block := stream.read(1 << 20):
                digest.update(block)
        total.update(f"{path.name}\0{digest.hexdigest()}\n".encode())
    return total.hexdigest()[:40]


def write_files(folder: Path, prepared: Prepared) -> None:
    """Write a plan's files into an existing folder, the manifest last."""
    parts = {NETWORK: prepared.network}
    parts |= {LATER.format(number): exported for number, exported in enumerate(prepared.later, 1)}
    if prepared.arrays:
        parts[ARRAYS] = _packed(prepared.arrays)
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    record = prepared.manifest.as_json()
    record["files"] = {name: [len(data), crc32c(data)] for name, data in parts.items()}
    (folder / MANIFEST).write_text(json.dumps(record), encoding="utf-8")


def read_files(folder: Path) -> Prepared:
    """Read a plan back; `FormatError` where a file is missing, short or altered."""
    try:
        record = json.loads((folder / MANIFEST).read_bytes())
        parts = {name: _checked(folder / name, *stated) for name, stated in record["files"].items()}
        manifest = Manifest.from_json(record)
        later = tuple(parts[LATER.format(number)] for number in range(1, len(parts.keys() - {NETWORK, ARRAYS}) + 1))
        return Prepared(manifest, parts[NETWORK], _unpacked(parts[ARRAYS]) if ARRAYS in parts else {}, later)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError("the prepared network in the cache is damaged", where=str(folder)) from error


def _checked(path: Path, size: int, crc: int) -> bytes:
    data = path.read_bytes()
    if len(data) != size or crc32c(data) != crc:
        raise FormatError(
            "a cached file is not what its manifest says",
            where=str(path),
            expected=f"{size:,} bytes with CRC-32C {crc:08x}",
            found=f"{len(data):,} bytes",
        )
    return data


def _packed(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _unpacked(data: bytes) -> dict[str, npt.NDArray[Any]]:
    import numpy as np

    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return dict(archive)


def find(key: str) -> Prepared | None:
    """Return the plan of this key, or None; a damaged one is removed."""
    folder = plans() / key
    if not folder.is_dir():
        return None
    try:
        prepared = read_files(folder)
    except FormatError:
        discard(key)
        return None
    with suppress(OSError):
        os.utime(folder)
    return prepared


def everything() -> list[Path]:
    """Return the folder of every plan that is kept; its time of change is that of its last use."""
    return sorted(folder.parent for folder in plans().glob(f"[!.]*/{MANIFEST}"))


def discard(key: str) -> None:
    """Remove a plan, if the cache may be written."""
    shutil.rmtree(plans() / key, ignore_errors=True)


def workplace() -> Path:
    """Return a new empty folder to prepare in: beside the plans, or in the temporary folder where that fails."""
    with suppress(OSError):
        plans().mkdir(parents=True, exist_ok=True)
        _sweep()
        return Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=plans()))
    return Path(tempfile.mkdtemp(prefix="loadstone-"))


def _sweep() -> None:
    """Remove what preparations that were killed have left, once nobody can be at work there any more."""
    for left in plans().glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def keep(folder: Path, key: str) -> None:
    """Give a finished plan its name in one step; drop it where another process was first or nothing may be written."""
    try:
        folder.rename(plans() / key)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def stamp_of(files: Sequence[Path]) -> list[list[Any]]:
    """Return what tells that files are unchanged without reading them: path, size, time of change, inode."""
    return [[str(path), status.st_size, status.st_mtime_ns, status.st_ino] for path in files if (status := path.stat())]


def _stamp_path(files: Sequence[Path], salt: str) -> Path:
    """Return the stamp's place: a short sum of names that the stamp holds itself, so that equal sums cost time only."""
    text = "\0".join([salt, *map(str, files)]).encode()
    return plans() / "stamps" / f"{crc32c(text):08x}{zlib.crc32(text):08x}.json"


def recall(files: Sequence[Path], salt: str) -> str | None:
    """Return the key that these very files led to last time, or None."""
    try:
        record = json.loads(_stamp_path(files, salt).read_bytes())
        same = record["files"] == stamp_of(files) and record["salt"] == salt
        return str(record["key"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(files: Sequence[Path], salt: str, key: str) -> None:
    """Note which plan these files led to; silently not, where the cache may not be written."""
    path = _stamp_path(files, salt)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({"files": stamp_of(files), "salt": salt, "key": key}, stream)
        Path(temporary).replace(path)
