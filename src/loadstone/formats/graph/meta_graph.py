"""A MetaGraphDef: a graph with its tags, signatures, collections and assets.

What it is: the one reader behind SavedModels (which hold several), TF Hub modules and `.meta` files.
Specification: tensorflow/core/protobuf/meta_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadstone.facts import Signature, TensorSpec
from loadstone.formats.dtypes import dtype_name
from loadstone.formats.graph.graph_nodes import Graph, parse_graph
from loadstone.formats.graph.graph_variables import VARIABLE_OPS
from loadstone.formats.graph.producer import producer_facts
from loadstone.formats.shapes import shape_of
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.saved_model import ASSET_FILE

DEFAULT_SIGNATURES = ("serving_default", "default")
"""What serving asks for, and what TF Hub's first modules call the same."""

_INTERNAL = "__saved_model_"
_ASSETS = "saved_model_assets"


@dataclass(frozen=True, slots=True)
class MetaGraph:
    """One MetaGraphDef, indexed. `variables` counts its variable nodes; `assets` are file names below `assets/`."""

    message: Message
    graph: Graph
    tags: tuple[str, ...]
    producer: Mapping[str, str]
    signatures: tuple[Signature, ...]
    assets: tuple[str, ...]
    variables: int


def parse_meta_graph(message: Message) -> MetaGraph:
    """Index a `MetaGraphDef`. Raises `FormatError` for bytes that are none."""
    info = message.message("meta_info_def")
    tags = tuple(info.texts("tags"))
    graph = parse_graph(message.message("graph_def"))
    version = info.text("tensorflow_version")
    # TensorFlow 1 under Python 3 recorded the text of a bytes object.
    commit = info.text("tensorflow_git_version").removeprefix("b'").removesuffix("'")
    producer = {
        **({"tensorflow": version} if version else {}),
        **({"tensorflow_git": commit} if commit and commit != "unknown" else {}),
        **producer_facts(graph.producer, graph.min_consumer),
    }
    signatures = message.mapping("signature_def")
    return MetaGraph(
        message,
        graph,
        tags,
        producer,
        tuple(_signature(name, signatures[name], tags) for name in sorted(signatures)),
        tuple(dict.fromkeys(asset.text("filename") for asset in _assets(message))),
        sum(span[1] in VARIABLE_OPS for span in graph.nodes),
    )


def _assets(message: Message) -> Iterator[Message]:
    """Yield the `AssetFileDef`s; TensorFlow 1 kept them in a collection instead."""
    yield from message.messages("asset_file_def")
    collection = message.mapping("collection_def").get(_ASSETS)
    for packed in collection.message("any_list").messages("value") if collection else ():
        start, end = packed.span("value") or (packed.end, packed.end)
        yield Message(packed.data, ASSET_FILE, start, end, f"{packed.where}.value", packed.depth + 1)


def _signature(name: str, message: Message, tags: tuple[str, ...]) -> Signature:
    inputs, outputs = message.mapping("inputs"), message.mapping("outputs")
    return Signature(
        name,
        tuple(tensor_info(key, inputs[key]) for key in sorted(inputs)),
        tuple(tensor_info(key, outputs[key]) for key in sorted(outputs)),
        message.text("method_name"),
        tags,
    )


def tensor_info(name: str, message: Message) -> TensorSpec:
    """Return one input or output; of a sparse one the values' tensor, of a composite one its first component."""
    tensor_name = message.text("name")
    if not tensor_name and "coo_sparse" in message:
        tensor_name = message.message("coo_sparse").text("values_tensor_name")
    if not tensor_name and "composite_tensor" in message:
        first = next(message.message("composite_tensor").messages("components"), None)
        tensor_name = first.text("name") if first else ""
    shape = shape_of(message.message("tensor_shape"))
    # An init operation gives no tensor: its type is DT_INVALID.
    dtype = dtype_name(message.uint("dtype")) or "invalid"
    return TensorSpec(name, dtype, shape, tensor_name=tensor_name)


def main_signature(signatures: tuple[Signature, ...]) -> Signature | None:
    """Return the signature that a caller gets who names none; else the only or first public one."""
    public = [signature for signature in signatures if not signature.name.startswith(_INTERNAL)]
    named = [signature for name in DEFAULT_SIGNATURES for signature in public if signature.name == name]
    return next(iter(named or public), None)


def main_meta_graph(graphs: list[MetaGraph]) -> MetaGraph:
    """Return the graph for serving: tagged `serve` and as little else as there is; else the first."""
    serving = sorted((found for found in graphs if "serve" in found.tags), key=lambda found: len(found.tags))
    return serving[0] if serving else graphs[0]
