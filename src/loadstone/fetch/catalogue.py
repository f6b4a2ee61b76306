"""The models that can be fetched by name: both Object Detection API zoos and all of `keras.applications`.

What this is not: a promise that an address still answers; the addresses are the publishers' own.
The data is written by tools/catalogue_data.py. An entry's `id` (`zoo:NAME`, `keras:NAME/VARIANT`) is what the cache
files it under, and never changes once released.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

DATA = os.path.join(os.path.dirname(__file__), "data")


class Entry(NamedTuple):
    """One thing that can be fetched by name.

    `kind` is `tf1-zoo`, `tf2-zoo` or `keras`. `digest` is (algorithm, hexadecimal) where somebody publishes one.
    `score` is the published accuracy with its metric's name in `metric`; `speed_ms` with its conditions in `basis`.
    `lacks` says why the archive cannot be run as it is; empty where it can.
    """

    id: str
    name: str
    label: str
    kind: str
    url: str
    digest: tuple[str, str] | None = None
    input: str = ""
    score: float | None = None
    metric: str = ""
    speed_ms: float | None = None
    basis: str = ""
    megabytes: float | None = None
    dataset: str = ""
    outputs: tuple[str, ...] = ()
    tfhub: str = ""
    lacks: str = ""

    @property
    def made_for(self) -> str:
        """What the publisher made it for."""
        return {"tf1-zoo": "TensorFlow 1", "tf2-zoo": "TensorFlow 2", "keras": "keras.applications"}[self.kind]

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return self.url.rpartition("/")[2]


def entries() -> list[Entry]:
    """Return the whole catalogue, zoos first."""
    return [_zoo_entry(raw) for raw in _load("zoo.json")] + keras_entries()


def keras_entries() -> list[Entry]:
    """Return the files of `keras.applications`, one entry per file."""
    return [_keras_entry(raw, file) for raw in _load("keras_applications.json") for file in raw["files"]]


def _load(name: str) -> list[dict[str, Any]]:
    with open(os.path.join(DATA, name), encoding="utf-8") as stream:
        loaded: list[dict[str, Any]] = json.load(stream)
    return loaded


def _zoo_entry(raw: dict[str, Any]) -> Entry:
    return Entry(
        id=f"zoo:{raw['name']}",
        name=raw["name"],
        label=raw.get("label", raw["name"]),
        kind=f"tf{raw['tf']}-zoo",
        url=raw["url"],
        input="×".join(map(str, raw.get("input_size", ()))),
        score=raw.get("map"),
        metric=raw.get("metric", ""),
        speed_ms=raw.get("speed_ms"),
        basis=raw.get("speed_basis", ""),
        dataset=raw.get("dataset", ""),
        outputs=tuple(raw["outputs"]),
        tfhub=raw.get("tfhub", ""),
        lacks=raw.get("lacks", ""),
    )


def _keras_entry(raw: dict[str, Any], file: list[str]) -> Entry:
    variant, url, *digest = file
    name = f"{raw['name']}/{variant}" if variant else raw["name"]
    side = raw["default_input_size"]
    return Entry(
        id=f"keras:{name}",
        name=name,
        label=f"keras:{name}",
        kind="keras",
        url=url,
        digest=("sha256" if len(digest[0]) == 64 else "md5", digest[0]) if digest else None,
        input=f"{side}×{side}",
        score=raw.get("top1"),
        metric="ImageNet top-1",
        speed_ms=raw.get("cpu_ms"),
        basis="keras.io table (CPU)",
        megabytes=raw.get("size_mb") if not variant else None,
        dataset="imagenet",
        outputs=("Features" if variant.endswith("notop") else "Classes",),
    )


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
    zoo = [_zoo_entry(raw) for raw in _load("zoo.json")]
    exact = [entry for entry in zoo if wanted in (plain(entry.name), plain(entry.label))]
    found = exact or [entry for entry in zoo if wanted in aliases(entry)]
    return found[0] if len(found) == 1 else None


def find_keras(name: str) -> Entry | None:
    """Return the entry of a name such as `ResNet50`, `ResNet50/notop` or `MobileNet/0.5/160/notop`."""
    wanted = name.lower().strip("/")
    return next((entry for entry in keras_entries() if entry.name.lower() == wanted), None)


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
