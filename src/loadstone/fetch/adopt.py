"""What other tools have already fetched, taken over when it verifies.

`~/.keras/models` (or `KERAS_HOME`): a weights file whose published hash holds.
`TFHUB_CACHE_DIR`: the unpacked module of a tfhub.dev address, when every tensor's own checksum holds.
`KAGGLEHUB_CACHE`: a file of a finished kaggle:// download, when its container is whole.

Nothing of another tool's cache is changed, and nothing there is believed by its name alone: the truncated `.h5` that an
interrupted download left under its final name is the classic failure. What is taken over is copied, since its owner may
write into it later.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import NamedTuple

from loadstone.errors import LoadstoneError
from loadstone.fetch.source import Source


class Adopted(NamedTuple):
    """A file or folder of another tool's cache that is what was asked for, and what vouches for it."""

    path: str
    vouched: str

    @property
    def news(self) -> str:
        """The line that a person reads."""
        return f"adopted from {self.path}"


def adopted(source: Source) -> Adopted | None:
    """Return another tool's copy of what was asked for, if there is one and it verifies."""
    if source.digest:
        return _keras_file(source, source.digest)
    if source.id.startswith("https://tfhub.dev/"):
        return _hub_folder(source.id)
    return _kaggle_file(source) if source.scheme == "kaggle" else None


def _keras_file(source: Source, digest: tuple[str, str]) -> Adopted | None:
    from loadstone.fetch.hashing import hash_file

    keras = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    path = os.path.join(keras, "models", source.file_name)
    algorithm, wanted = digest
    try:
        if not os.path.isfile(path) or hash_file(path, (algorithm,))[algorithm] != wanted:
            return None
    except OSError:
        return None
    return Adopted(path, f"{algorithm} named by {'you' if source.demanded else 'the catalogue'}")


def _hub_folder(address: str) -> Adopted | None:
    """TensorFlow Hub names a module's folder by the SHA-1 of its address."""
    cache = os.environ.get("TFHUB_CACHE_DIR") or os.path.join(tempfile.gettempdir(), "tfhub_modules")
    path = os.path.join(cache, hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest())
    checked = _sound_tensors(path) if os.path.isdir(path) else 0
    return Adopted(path, f"the checksums of its {checked:,} tensors") if checked else None


def _sound_tensors(path: str) -> int:
    """Return how many tensors of a complete model hold their checksums; 0 if one does not, or if there are none."""
    from loadstone.formats.registry import open_source
    from loadstone.formats.verify import verify

    try:
        model = open_source(path)
        verification = verify(model)
    except LoadstoneError:
        return 0
    return verification.checked if model.complete and verification.sound else 0


def _kaggle_file(source: Source) -> Adopted | None:
    """Kaggle's library writes `VERSION.complete` beside a version's folder when all of it is there."""
    from loadstone.fetch.containers import ending

    parts = source.url.partition("://")[2].split("/")
    if len(parts) < 6 or not parts[4].isdecimal() or ".." in parts:
        return None
    cache = os.environ.get("KAGGLEHUB_CACHE") or os.path.expanduser("~/.cache/kagglehub")
    version = os.path.join(cache, "models", *parts[:5])
    path = os.path.join(version, *parts[5:])
    if not os.path.isfile(path) or not os.path.exists(f"{version}.complete"):
        return None
    end = ending(path)
    return Adopted(path, end.checked) if end.whole else None
