"""`loadstone inspect SOURCE`: what a model file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from loadstone.facts import ModelFile

SUMMARY = "say what a model file is, without TensorFlow: format, completeness, inputs, outputs, weights"

EXIT_FINDINGS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "source", help="a file, a folder, a checkpoint prefix or an archive; or a name or address, as get takes"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--variables", action="store_true", help="list every tensor")
    parser.add_argument("--ops", action="store_true", help="list every operation with its count")
    parser.add_argument("--signatures", action="store_true", help="show the signatures as saved_model_cli does")
    parser.add_argument("--verify", action="store_true", help="check every checksum that the format carries")
    parser.add_argument("--save-weights", metavar="FILE", help="write the tensors as safetensors")


def run(arguments: argparse.Namespace) -> int:
    """Inspect one source. Whatever could be said about it is success; 1 for a wrong checksum or an unsaved tensor."""
    from loadstone.formats.registry import open_source
    from loadstone.whereabouts import whereabouts

    model = open_source(whereabouts(arguments.source))
    verification = None
    if arguments.verify:
        from loadstone.formats.verify import verify

        verification = verify(model)
    if arguments.json:
        import json

        from loadstone.report.inspect_json import inspect_document

        document = inspect_document(model, variables=arguments.variables, ops=arguments.ops, verification=verification)
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        from loadstone.report.inspect_text import inspect_text

        text = inspect_text(
            model,
            variables=arguments.variables,
            ops=arguments.ops,
            signatures=arguments.signatures,
            verification=verification,
        )
        print(text)
    saved = not arguments.save_weights or _save(model, arguments.save_weights)
    sound = verification is None or verification.sound
    return 0 if saved and sound else EXIT_FINDINGS


def _save(model: ModelFile, target: str) -> bool:
    """Write the tensors; return whether all that safetensors has a type for are in the file."""
    import sys

    from loadstone.errors import NotAModelError
    from loadstone.formats.save_weights import UNREADABLE, save_weights

    if not model.tensors:
        raise NotAModelError("there are no tensors to write", where=model.source, found=model.format)
    notes = save_weights(model.tensors, target)
    for note in notes:
        print(f"note      {note}", file=sys.stderr)
    print(f"wrote     {target}", file=sys.stderr)
    return not any(UNREADABLE in note for note in notes)
