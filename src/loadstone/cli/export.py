"""`loadstone export MODEL --to TARGET --output PATH`: write a rebuilt detector for another engine, checked."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.export.run import Exported

TARGETS = ("openvino", "onnx", "saved-model", "tflite", "frozen-graph", "checkpoint")
SUMMARY = "write a rebuilt detector for another engine, read again and compared"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", help="a detector: SavedModel, checkpoint with pipeline.config, TF1 frozen graph")
    parser.add_argument("--to", required=True, choices=TARGETS, metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PATH", help="a new file or folder")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="the classes' names to write: label map, or a list")
    parser.add_argument("--json", action="store_true", help="the report as JSON on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Export, and say how far the result is from the original."""
    from loadstone.cli.quiet import quieten

    quieten()
    from loadstone.export.run import export
    from loadstone.runtime.rebuilt import rebuild_source
    from loadstone.whereabouts import whereabouts

    found = rebuild_source(whereabouts(arguments.model, to_run=True))
    if arguments.labels:
        from dataclasses import replace

        from loadstone.runtime.labels import read_labels

        found = replace(found, labels=read_labels(arguments.labels, first_id=1))
    done = export(found, arguments.to, arguments.output)
    if arguments.json:
        import json

        print(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        print(_told(done))
    return 0


def _told(done: Exported) -> str:
    """Return the report as lines of text."""
    lines = [f"wrote     {file}" for file in done.files[:8]]
    lines.append(f"  size      {done.size:,} bytes")
    lines.append(f"  source    {done.note}")
    if done.differs:
        lines.append(f"  differs   {done.differs}")
    pictures = f"{len(done.comparisons)} pictures"
    same = f"{done.detections} detections in {pictures}, the same ones"
    lines.append(f"  read back {same if done.detections else f'neither finds anything in {pictures}: train it first'}")
    lines += [f"  largest   {one}" for one in done.differences]
    return "\n".join(lines)
