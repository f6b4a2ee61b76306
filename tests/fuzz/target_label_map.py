"""Fuzz target: label maps, lists of labels, and pipeline configurations as facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.detection import from_pipeline, pipeline_notes
from loadstone.formats.label_map import is_label_map, parse_label_map
from loadstone.formats.labels import looks_like_labels, parse_labels
from loadstone.formats.pipeline_config import details
from loadstone.wire.textproto import parse


def _pipeline(data: bytes) -> None:
    message = parse(data)
    from_pipeline(message)
    pipeline_notes(message)
    details(message)


READERS: tuple[Callable[[bytes], object], ...] = (
    is_label_map,
    parse_label_map,
    looks_like_labels,
    parse_labels,
    _pipeline,
)


def fuzz(data: bytes) -> None:
    for read in READERS:
        try:
            read(data)
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    yield b'item { id: 1 name: "dog" }\nitem { id: 2 name: "/m/1" keypoints { id: 0 label: "nose" } }'
    yield b"0 cat\n1: dog\n2\thorse\n"
    yield b"???\nperson\n\nbicycle\n"
    yield b"model { ssd { num_classes: 3 image_resizer { fixed_shape_resizer { height: 320 width: 320 } } } }"
    yield (
        b"model { faster_rcnn { number_of_stages: 3 feature_extractor { type: 'x' } image_resizer {"
        b" keep_aspect_ratio_resizer { min_dimension: 8 max_dimension: 9 pad_to_max_dimension: true } } } }"
        b" train_config { batch_size: 4 } train_input_reader { label_map_path: 'a' }"
    )
