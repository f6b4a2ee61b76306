"""Write the catalogue that the package carries, from two files of published facts.

Usage: python tools/catalogue_data.py ZOO.json KERAS_APPLICATIONS.json

What is kept: names, addresses, hashes, inputs, published accuracy and speed. What is left out: prose.
The result is src/loadstone/fetch/data/catalogue.tsv: a header line, then one line per thing that can be fetched.
Tabs rather than JSON, because reading JSON costs `loadstone list` half a bare start of Python.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "fetch" / "data" / "catalogue.tsv"
COLUMNS = (
    "id", "label", "kind", "url", "digest", "input", "score", "metric", "speed_ms", "basis", "megabytes", "dataset",
    "outputs", "tfhub", "lacks",
)  # fmt: skip


def main(zoo: str, keras: str) -> None:
    """Write the table."""
    rows = [_zoo_row(model) for model in _models(zoo)]
    rows += [_keras_row(model, weights) for model in _models(keras) for weights in model["weights"]]
    lines = ["\t".join(COLUMNS), *("\t".join(_cell(row.get(name)) for name in COLUMNS) for row in rows)]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if "\t" in text or "\n" in text:
        raise ValueError(f"a cell holds a tab or a line end: {text!r}")
    return text


def _models(path: str) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = json.loads(Path(path).read_text(encoding="utf-8"))["models"]
    return models


def _zoo_row(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"zoo:{model['name']}",
        "label": model["label"],
        "kind": f"{model['framework']}-zoo",
        "url": model["url"],
        "input": "×".join(map(str, model["input_size"] or ())),
        "score": model["map"],
        "metric": model["metric"],
        "speed_ms": model["speed_ms"],
        "basis": model["speed_basis"],
        "dataset": model["dataset"],
        "outputs": "+".join(model["outputs"]),
        "tfhub": model.get("tfhub"),
        "lacks": _cannot_run(model),
    }


def _cannot_run(model: dict[str, Any]) -> str:
    """Return what an archive lacks to be run as it is, as far as the zoo's own pages say; empty if nothing."""
    if model["name"].startswith("extremenet"):
        return "the archive holds a checkpoint only: no exported graph"
    if model["name"].startswith("context_rcnn"):
        return "the graph wants context features beside the picture"
    if "no frozen_inference_graph.pb" in model.get("archive_note", ""):
        return "the archive holds no inference graph, only a checkpoint and tflite_graph.pb"
    return ""


def _keras_row(model: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
    kind, _, detail = weights["kind"].partition(":")
    variant = "/".join(filter(None, (_variant(detail), "notop" if kind == "notop" else "")))
    name = f"{model['name']}/{variant}" if variant else model["name"]
    return {
        "id": f"keras:{name}",
        "label": f"keras:{name}",
        "kind": "keras",
        "url": weights["url"],
        "digest": f"{weights['hash_algorithm']}:{weights['hash']}" if weights["hash"] else "",
        "input": f"{model['default_input_size']}×{model['default_input_size']}",
        "score": model["top1"],
        "metric": "ImageNet top-1",
        "speed_ms": model["cpu_ms"],
        "basis": "keras.io table (CPU)",
        "megabytes": None if variant else model["size_mb"],
        "dataset": "imagenet",
        "outputs": "Features" if kind == "notop" else "Classes",
    }


def _variant(detail: str) -> str:
    """`alpha=0.5,rows=128` → `0.5/128`; `small_minimalistic_224_1.0_float` → `minimalistic`; the default → ``."""
    if match := re.fullmatch(r"alpha=([\d.]+),rows=(\d+)", detail):
        return "" if match.groups() == ("1.0", "224") else "/".join(match.groups())
    if match := re.fullmatch(r"(?:small|large)(_minimalistic)?_224_([\d.]+)_float", detail):
        return "minimalistic" if match[1] else "" if match[2] == "1.0" else match[2]
    return detail


if __name__ == "__main__":
    main(*sys.argv[1:])
