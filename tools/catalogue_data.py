"""Write the catalogue that the package carries, from two files of published facts.

Usage: python tools/catalogue_data.py ZOO.json KERAS_APPLICATIONS.json

What is kept: names, addresses, hashes, inputs, published accuracy and speed. What is left out: prose.
The result is one compact JSON file per catalogue below src/loadstone/fetch/data/.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "fetch" / "data"
ZOO_FIELDS = ("label", "url", "dataset", "input_size", "map", "metric", "speed_ms", "speed_basis", "outputs", "tfhub")
KERAS_FIELDS = ("size_mb", "top1", "top5", "params_rounded", "cpu_ms", "default_input_size", "preprocess_mode")


def main(zoo: str, keras: str) -> None:
    """Write both catalogues."""
    _write("zoo.json", [_zoo_entry(model) for model in _models(zoo)])
    _write("keras_applications.json", [_keras_entry(model) for model in _models(keras)])


def _models(path: str) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = json.loads(Path(path).read_text(encoding="utf-8"))["models"]
    return models


def _zoo_entry(model: dict[str, Any]) -> dict[str, Any]:
    entry = {"name": model["name"], "tf": int(model["framework"][2:])}
    entry |= {key: model[key] for key in ZOO_FIELDS if model.get(key) is not None}
    if entry["label"] == entry["name"]:
        del entry["label"]
    if _cannot_run(model):
        entry["lacks"] = _cannot_run(model)
    return entry


def _cannot_run(model: dict[str, Any]) -> str:
    """Return what an archive lacks to be run as it is, as far as the zoo's own pages say; empty if nothing."""
    if model["name"].startswith("extremenet"):
        return "the archive holds a checkpoint only: no exported graph"
    if model["name"].startswith("context_rcnn"):
        return "the graph wants context features beside the picture"
    if "no frozen_inference_graph.pb" in model.get("archive_note", ""):
        return "the archive holds no inference graph, only a checkpoint and tflite_graph.pb"
    return ""


def _keras_entry(model: dict[str, Any]) -> dict[str, Any]:
    entry = {"name": model["name"]} | {key: model[key] for key in KERAS_FIELDS if model.get(key) is not None}
    entry["files"] = [_keras_file(weights) for weights in model["weights"]]
    return entry


def _keras_file(weights: dict[str, Any]) -> list[str]:
    """Return [variant, address] or [variant, address, hash]; the variant is "" for what Keras takes by default."""
    kind, _, detail = weights["kind"].partition(":")
    variant = _variant(detail)
    if kind == "notop":
        variant = f"{variant}/notop" if variant else "notop"
    return [variant, weights["url"], *([weights["hash"]] if weights["hash"] else [])]


def _variant(detail: str) -> str:
    """`alpha=0.5,rows=128` → `0.5/128`; `small_minimalistic_224_1.0_float` → `minimalistic`; the default → ``."""
    if match := re.fullmatch(r"alpha=([\d.]+),rows=(\d+)", detail):
        return "" if match.groups() == ("1.0", "224") else "/".join(match.groups())
    if match := re.fullmatch(r"(?:small|large)(_minimalistic)?_224_([\d.]+)_float", detail):
        return "minimalistic" if match[1] else "" if match[2] == "1.0" else match[2]
    return detail


def _write(name: str, entries: list[dict[str, Any]]) -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    (DATA / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
