"""The grammar of what may be named to `loadstone get`, read in one fixed order.

    PATH                       an existing file or folder
    file:///PATH               the same
    NAME  zoo:NAME             a zoo model: its name, printed label, archive name or an old dated name
    keras:NAME[/VARIANT]       a weights file of keras.applications: keras:ResNet50, keras:ResNet50/notop
    https://tfhub.dev/...      a TensorFlow Hub address
    http(s)://...              any address
    gs://BUCKET/OBJECT         an object of a public bucket
    hf://  kaggle://  s3://    through those services' own libraries
    ANY@sha256:HEX             any of them, with the hash it must have

What this is not: a look at the network. Parsing touches the disk once, to see whether a path exists.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from loadstone.errors import SourceError
from loadstone.fetch import catalogue
from loadstone.fetch.catalogue import Entry

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
DELEGATED = ("hf", "kaggle", "s3")
DATED = re.compile(r"^(?P<stem>[\w.-]+?)_(?:\d{4}_\d{2}_\d{2}|\d{2}_\d{2}_\d{4}|\d{8})$")
PINNED = re.compile(r"^(?P<name>.+)@(?P<algorithm>sha256):(?P<digest>[0-9a-fA-F]+)$")
DIGEST_LENGTHS = {"sha256": 64, "md5": 32}
ZOO_FOLDER = "http://download.tensorflow.org/models/object_detection/"


class Source(NamedTuple):
    """What was named, resolved as far as that goes without the network.

    `id` is what the cache files it under. Exactly one of `path` and `url` is set.
    `file_name` is the name the file gets here; `unpacks` says whether it becomes a folder.
    `digest` is (algorithm, hexadecimal) from the user or the catalogue; `demanded` says that the user gave it.
    """

    id: str
    url: str = ""
    path: str = ""
    file_name: str = ""
    unpacks: bool = False
    digest: tuple[str, str] | None = None
    demanded: bool = False
    entry: Entry | None = None
    note: str = ""

    @property
    def scheme(self) -> str:
        """The address's scheme; empty for a path."""
        return self.url.partition(":")[0].lower() if self.url else ""


def parse(text: str, sha256: str | None = None) -> Source:
    """Resolve what a person typed; `SourceError` with the nearest names if it means nothing."""
    if os.path.exists(text):
        return _demand(_local(text), ("sha256", sha256) if sha256 else None)
    name, digest = _split_digest(text)
    if digest and sha256 and digest != ("sha256", sha256.lower()):
        raise SourceError(f"two different hashes are given for {name}", expected=sha256, found=":".join(digest))
    if sha256:
        digest = _checked_digest("sha256", sha256)
    return _demand(_resolve(name), digest)


def _demand(source: Source, digest: tuple[str, str] | None) -> Source:
    return source._replace(digest=digest, demanded=True) if digest else source


def _split_digest(text: str) -> tuple[str, tuple[str, str] | None]:
    match = PINNED.match(text)
    return (match["name"], _checked_digest(match["algorithm"], match["digest"])) if match else (text, None)


def _checked_digest(algorithm: str, digest: str) -> tuple[str, str]:
    digest = digest.strip().lower().removeprefix(f"{algorithm}:")
    length = DIGEST_LENGTHS[algorithm]
    if not re.fullmatch(rf"[0-9a-f]{{{length}}}", digest):
        raise SourceError(
            f"that is not a {algorithm}",
            expected=f"{length} hexadecimal digits",
            found=f"{digest[:70]!r}, {len(digest)} characters",
        )
    return algorithm, digest


def _resolve(name: str) -> Source:
    if os.path.exists(name):
        return _local(name)
    scheme, colon, rest = name.partition(":")
    reader = _SCHEMES.get(scheme.lower()) if colon else None
    if reader:
        return reader(rest, name)
    if "://" in name:
        raise SourceError(
            f"addresses that begin with {scheme}:// are not understood",
            found=name,
            help="use https://, gs://, hf://, kaggle://, s3://, file:, a path or a name from: loadstone list",
        )
    return _zoo(name, name)


def _local(path: str) -> Source:
    path = os.path.abspath(path)
    name = os.path.basename(path)
    return Source(id=path, path=path, file_name=name, unpacks=os.path.isfile(path) and is_archive(name))


def _file(rest: str, text: str) -> Source:
    from urllib.parse import unquote

    host, _, path = rest[2:].partition("/") if rest.startswith("//") else ("", "", rest.lstrip("/"))
    if host not in ("", "localhost"):
        raise SourceError("a file: address cannot name another machine", found=text)
    path = unquote(path if os.name == "nt" else f"/{path}")
    if not os.path.exists(path):
        raise SourceError("there is no such file or folder", where=path)
    return _local(path)


def _zoo(rest: str, text: str) -> Source:
    name = rest.strip("/")
    if entry := catalogue.find(name):
        return from_entry(entry)
    if (match := DATED.match(name)) and (entry := catalogue.find(match["stem"])) and entry.kind == "tf1-zoo":
        note = f"an older archive of {entry.name}; the catalogue lists {entry.file_name}"
        return _archive(f"zoo:{name}", f"{ZOO_FOLDER}{name}.tar.gz")._replace(entry=entry, note=note)
    raise _unknown(text)


def _keras(rest: str, text: str) -> Source:
    if entry := catalogue.find_keras(rest):
        return from_entry(entry)
    raise _unknown(text)


def from_entry(entry: Entry) -> Source:
    """Return the source that a catalogue entry is."""
    return Source(
        id=entry.id,
        url=secured(entry.url) if entry.kind != "keras" else entry.url,
        file_name=entry.file_name,
        unpacks=is_archive(entry.file_name),
        digest=entry.digest,
        entry=entry,
    )


def secured(url: str) -> str:
    """Return a publisher's http address as https, which the same host serves."""
    return f"https://{url[7:]}" if url.startswith("http://") else url


def _archive(identity: str, url: str) -> Source:
    return Source(id=identity, url=secured(url), file_name=file_name(url), unpacks=True)


def _web(rest: str, text: str) -> Source:
    host = rest.lstrip("/").partition("/")[0].rpartition("@")[2].lower()
    if host in ("tfhub.dev", "www.tfhub.dev"):
        return _tfhub(text)
    name = file_name(text)
    return Source(id=without_secrets(text), url=text, file_name=name, unpacks=is_archive(name))


def _tfhub(address: str) -> Source:
    """TensorFlow Hub hands out a model as an archive without a root folder when asked for the compressed form."""
    bare = address.partition("?")[0].rstrip("/")
    slug = "_".join(bare.split("/")[3:]) or "tfhub"
    url = f"https://tfhub.dev/{'/'.join(bare.split('/')[3:])}?tf-hub-format=compressed"
    entry = catalogue.find_tfhub(bare)
    return Source(id=bare, url=url, file_name=f"{safe_name(slug)}.tar.gz", unpacks=True, entry=entry)


def _bucket(rest: str, text: str) -> Source:
    url = f"https://storage.googleapis.com/{rest.lstrip('/')}"
    return Source(id=text, url=url, file_name=file_name(url), unpacks=is_archive(file_name(url)))


def _delegated(rest: str, text: str) -> Source:
    return Source(id=text, url=text, file_name=safe_name(rest.rpartition("/")[2]))


_SCHEMES = {
    "zoo": _zoo,
    "keras": _keras,
    "http": _web,
    "https": _web,
    "gs": _bucket,
    "file": _file,
    "hf": _delegated,
    "kaggle": _delegated,
    "s3": _delegated,
}


def is_archive(name: str) -> bool:
    """Return whether a file of this name is unpacked into a folder (a `.keras` file is a zip but stays a file)."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def file_name(url: str) -> str:
    """Return the name that the file at an address gets here; neither a header nor a redirect changes it."""
    path = url.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
    name = path.rstrip("/").rpartition("/")[2]
    if "%" in name:
        from urllib.parse import unquote

        name = unquote(name)
    return safe_name(name.rpartition("/")[2])


def safe_name(name: str) -> str:
    """Return a name that is one plain file name on every system."""
    kept = re.sub(r"[^\w.+=@ -]", "_", name, flags=re.ASCII).strip(" .")[-150:]
    return kept or "download"


def without_secrets(url: str) -> str:
    """Return an address without user, password and signed query, which neither belong in a file nor in a message."""
    head, slashes, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    path = re.sub(r"(?i)((?:token|signature|sig|key|credential|password|secret)[^=&]*)=[^&]*", r"\1=…", path)
    return f"{head}{slashes}{place.rpartition('@')[2]}{slash}{path}"


def _unknown(text: str) -> SourceError:
    near = catalogue.near(text.rpartition(":")[2])
    hint = f"did you mean: loadstone get {near[0]}" if near else "loadstone list shows what can be fetched by name"
    if len(near) > 1:
        hint += f"   (or {', '.join(near[1:])})"
    return SourceError(f"{text!r} is no file here and no name in the catalogue", help=hint)
