"""Write the table of operations: what each TensorFlow feature release brought, and what an old graph cannot have.

Usage: python tools/compat_ops.py FOLDER

FOLDER holds one `ops-VERSION.json` a release, each written by the release itself, in an environment of its own, from
`TF_GetAllOpList`: {"tf": version, "producer": number, "ops": {name: {attribute: [type, default as base64]}}} with the
default as a serialised AttrValue. The result is src/loadstone/environment/tables/ops.json; and the producers that were
read are printed, for tools/compat_tables.py.
"""

from __future__ import annotations

import base64
import itertools
import json
import sys
from pathlib import Path
from typing import Any

TABLES = Path(__file__).resolve().parents[1] / "src" / "loadstone" / "environment" / "tables"


def main(folder: str) -> None:
    """Write the table, in the order in which the releases' branches were cut (2.0 before 1.15)."""
    dumps = [json.loads(path.read_text(encoding="utf-8")) for path in Path(folder).glob("ops-*.json")]
    dumps.sort(key=lambda dump: (dump["producer"], [int(part) for part in dump["tf"].split(".")]))
    print(json.dumps({dump["tf"]: dump["producer"] for dump in dumps}))
    rows = [{"tf": _minor(dumps[0]), "ops": sorted(dumps[0]["ops"]), "attributes": {}, "removed": []}]
    rows += [_changes(before, after) for before, after in itertools.pairwise(dumps)]
    lines = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in rows)
    (TABLES / "ops.json").write_text(f'{{"releases": [\n{lines}\n]}}\n', encoding="utf-8")


def _minor(dump: dict[str, Any]) -> str:
    return ".".join(dump["tf"].split(".")[:2])


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    old, new = before["ops"], after["ops"]
    attributes = {}
    for name in sorted(old.keys() & new.keys()):
        for attribute in sorted(new[name].keys() - old[name].keys()):
            attributes[f"{name}.{attribute}"] = _default(*new[name][attribute])
    removed = sorted(old.keys() - new.keys())
    removed += sorted(
        f"{name}.{gone}" for name in old.keys() & new.keys() for gone in old[name].keys() - new[name].keys()
    )
    return {"tf": _minor(after), "ops": sorted(new.keys() - old.keys()), "attributes": attributes, "removed": removed}


def _default(kind: str, encoded: str | None) -> Any:
    """Return the default as JSON: the value, or {kind: text} where JSON has no such value; None without a default."""
    if encoded is None:
        return None
    from tensorflow.core.framework import attr_value_pb2, types_pb2

    value = attr_value_pb2.AttrValue()
    value.ParseFromString(base64.b64decode(encoded))
    which = value.WhichOneof("value")
    if which in ("b", "i", "f"):
        return getattr(value, which)
    if which == "s":
        return value.s.decode("utf-8", "replace")
    if which == "type":
        return {"type": types_pb2.DataType.Name(value.type)}
    if which == "list":
        return [*value.list.i, *value.list.b, *value.list.f, *(text.decode() for text in value.list.s)]
    return {kind: str(value).strip()}


if __name__ == "__main__":
    main(sys.argv[1])
