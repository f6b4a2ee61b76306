"""The models that can be fetched by name: both Object Detection API zoos and all of `keras.applications`.

What this is not: a promise that an address still answers; the addresses are the publishers' own.
The data is written by tools/catalogue_data.py. An entry's `id` (`zoo:NAME`, `keras:NAME/VARIANT`) is what the cache
files it under, and never changes once released.
"""

from __future__ import annotations

import os

TABLE = os.path.join(os.path.dirname(__file__), "data", "catalogue.tsv")


class Entry:
    """One thing that can be fetched by name.

    `kind` is `tf1-zoo`, `tf2-zoo` or `keras`. `digest` is (algorithm, hexadecimal) where somebody publishes one.
    `score` is the published accuracy with its metric's name in `metric`; `speed_ms` with its conditions in `basis`.
    `lacks` says why the archive cannot be run as it is; empty where it can.
    """

    def __init__(self, cells: dict[str, str]) -> None:
        self.id = cells["id"]
        self.name = self.id.partition(":")[2]
        self.label = cells["label"]
        self.kind = cells["kind"]
        self.url = cells["url"]
        algorithm, _, digest = cells["digest"].partition(":")
        self.digest = (algorithm, digest) if digest else None
        self.input = cells["input"]
        self.score = _number(cells["score"])
        self.metric = cells["metric"]
        self.speed_ms = _number(cells["speed_ms"])
        self.basis = cells["basis"]
        self.megabytes = _number(cells["megabytes"])
        self.dataset = cells["dataset"]
        self.outputs = tuple(cells["outputs"].split("+"))
        self.tfhub = cells["tfhub"]
        self.lacks = cells["lacks"]

    @property
    def made_for(self) -> str:
        """What the publisher made it for."""
        return {"tf1-zoo": "TensorFlow 1", "tf2-zoo": "TensorFlow 2", "keras": "keras.applications"}[self.kind]

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return self.url.rpartition("/")[2]


def _number(text: str) -> float | None:
    return float(text) if text else None


_LOADED: list[Entry] = []


def entries() -> list[Entry]:
    """Return the whole catalogue, zoos first; read once per process."""
    if not _LOADED:
        with open(TABLE, encoding="utf-8") as stream:
            columns, *rows = (line.split("\t") for line in stream.read().split("\n") if line)
        _LOADED.extend(Entry(dict(zip(columns, cells, strict=True))) for cells in rows)
    return _LOADED


def _zoo() -> list[Entry]:
    return [entry for entry in entries() if entry.kind != "keras"]


def plain(text: str) -> str:
    """Return a name without case and punctuation, as names are compared."""
    return "".join(filter(str.isalnum, text.lower()))


def aliases(entry: Entry) -> set[str]:
    """Return every name under which an entry is found, already `plain`."""
    if entry.kind == "keras":
        return {plain(entry.name)}
    archive = entry.file_name.removesuffix(".tar.gz")
    short = entry.name.partition("_coco17_tpu-")[0].partition("_coco17_gpu-")[0]
    names = {entry.name, entry.label, entry.label.partition(" (")[0], short}
    # Both ExtremeNet archives have the same file name; their dated names tell them apart.
    return {plain(name) for name in (names if archive == "extremenet" else names | {archive})}


def find(name: str) -> Entry | None:
    """Return the entry that a zoo name, printed label or archive name means; None if none or several do.

    A name or label that reads the same as a whole wins over one that agrees without its ending.
    """
    wanted = plain(name)
    zoo = _zoo()
    exact = [entry for entry in zoo if wanted in (plain(entry.name), plain(entry.label))]
    found = exact or [entry for entry in zoo if wanted in aliases(entry)]
    return found[0] if len(found) == 1 else None


def find_keras(name: str) -> Entry | None:
    """Return the entry of a name such as `ResNet50`, `ResNet50/notop` or `MobileNet/0.5/160/notop`."""
    wanted = name.lower().strip("/")
    return next((entry for entry in entries() if entry.kind == "keras" and entry.name.lower() == wanted), None)


def find_tfhub(address: str) -> Entry | None:
    """Return the zoo entry whose exported model stands at a tfhub.dev address."""
    wanted = address.rstrip("/").lower()
    return next((entry for entry in entries() if entry.tfhub.lower() == wanted), None)


def near(name: str, count: int = 3) -> list[str]:
    """Return the catalogue's names that a mistyped name may have meant, nearest first."""
    from difflib import get_close_matches

    spelled = {alias: entry for entry in entries() for alias in aliases(entry)}
    matches = get_close_matches(plain(name), spelled, n=3 * count, cutoff=0.6)
    shown = {spelled[match].id if spelled[match].kind == "keras" else spelled[match].name: None for match in matches}
    return list(shown)[:count]


def nearest_that_runs(entry: Entry) -> Entry | None:
    """Return the entry most like one that cannot be run as it is: same kind of data, nearest accuracy."""
    group = entry.dataset[:4] or "coco"
    able = [other for other in entries() if not other.lacks and other.dataset[:4] == group and "Boxes" in other.outputs]
    if not able:
        return None
    family = plain(entry.name)[:3]
    return min(able, key=lambda other: (plain(other.name)[:3] != family, abs((other.score or 0) - (entry.score or 0))))
