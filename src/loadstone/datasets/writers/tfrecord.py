"""TFRecords that the Object Detection API reads: `SPLIT.record` or shards of it, and `label_map.pbtxt`.

Pictures lie in the records. The API applies no EXIF orientation and opens JPEG, PNG, GIF and BMP, so that other
pictures are encoded anew. Specification: object_detection/core/tf_example_decoder of tensorflow/models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np

from loadstone.datasets.masks import as_png
from loadstone.datasets.writers.label_map import label_map_ids, write_label_map
from loadstone.datasets.writers.outgoing import Job, Outgoing
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.example import EXAMPLE
from loadstone.wire.tfrecord import frame

_KEPT = ("crowd", "difficult", "group_of", "weights", "keypoints", "areas", "masks")
_READ = ("JPEG", "PNG", "GIF", "BMP")
_BOX = "image/object/bbox"
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def write(job: Job) -> None:
    """Write the records of each split, in order: the first shard holds the first pictures."""
    if label_map_ids(job.ids) != tuple(job.ids):
        job.tally.add("classes get another number, as label maps count from 1", len(job.ids))
    write_label_map(job.folder, job.classes, job.ids, job.keypoint_names)
    for split, pairs in job.splits.items():
        names = list(_names(split or "data", max(1, min(job.shards, len(pairs)))))
        places = {stem: at * len(names) // len(pairs) for at, (stem, _) in enumerate(pairs)}
        with ExitStack() as stack:
            streams = [stack.enter_context((job.folder / name).open("wb")) for name in names]
            for going in job.going(split, "stored", _READ):
                record = encode(EXAMPLE, {"features": {"feature": _features(job, going)}})
                streams[places[going.stem]].write(frame(record))


def _names(split: str, shards: int) -> Iterator[str]:
    if shards == 1:
        yield f"{split}.record"
        return
    yield from (f"{split}.record-{at:05d}-of-{shards:05d}" for at in range(shards))


def _features(job: Job, going: Outgoing) -> dict[str, Any]:
    objects, data = going.objects, going.data or b""
    job.lose(objects, "these records", keeps=_KEPT)
    ids = label_map_ids(job.ids)
    texts = [job.classes[int(at)].encode("utf-8", "replace") for at in objects.classes]
    scale = (going.width, going.height, going.width, going.height)
    features: dict[str, Any] = {
        "image/encoded": _bytes(data),
        "image/format": _bytes(going.kind.lower().encode()),
        "image/filename": _bytes(going.file_name.encode()),
        "image/source_id": _bytes((going.example.id or going.file_name).encode("utf-8", "replace")),
        "image/key/sha256": _bytes(hashlib.sha256(data).hexdigest().encode()),
        "image/width": _integers([going.width]),
        "image/height": _integers([going.height]),
        "image/object/class/text": {"bytes_list": {"value": texts}},
        "image/object/class/label": _integers([ids[int(at)] for at in objects.classes]),
        "image/object/is_crowd": _integers(objects.crowd),
        "image/object/difficult": _integers(objects.difficult),
        "image/object/group_of": _integers(objects.group_of),
    }
    for at, (side, size) in enumerate(zip(_SIDES, scale, strict=True)):
        features[f"{_BOX}/{side}"] = _floats(objects.boxes[:, at] / size)
    if (objects.weights != 1).any():
        features["image/object/weight"] = _floats(objects.weights)
    if objects.areas is not None:
        features["image/object/area"] = _floats(objects.areas)
    if going.example.verified is not None:
        features["image/class/label"] = _integers([ids[at] for at in _verified(job, going)])
    return features | _keypoints(job, going) | _masks(job, going)


def _masks(job: Job, going: Outgoing) -> dict[str, Any]:
    """Return a PNG for each object, as `mask_type: PNG_MASKS` reads them; nothing where none has a mask."""
    if going.objects.masks is None:
        return {}
    drawn = job.masks(going)
    job.tally.add(
        "objects without a mask get an empty one, as records have one for each", sum(one is None for one in drawn)
    )
    none = np.zeros((going.height, going.width), bool)
    pictures = [as_png(none if pixels is None else pixels) for pixels in drawn]
    return {"image/object/mask": {"bytes_list": {"value": pictures}}}


def _verified(job: Job, going: Outgoing) -> list[int]:
    """Return the classes that were looked for, as they are written."""
    verified = going.example.verified or ()
    if job.order is None:
        return list(verified)
    return [int(at) for at in job.order[list(verified)] if at >= 0]


def _keypoints(job: Job, going: Outgoing) -> dict[str, Any]:
    points = going.objects.keypoints
    if points is None or not job.keypoint_names:
        return {}
    prefix = "image/object/keypoint"
    names = [name.encode("utf-8", "replace") for name in job.keypoint_names] * len(points)
    return {
        f"{prefix}/x": _floats((points[..., 0] / going.width).ravel()),
        f"{prefix}/y": _floats((points[..., 1] / going.height).ravel()),
        f"{prefix}/visibility": _integers(points[..., 2].ravel()),
        f"{prefix}/num": _integers((points[..., 2] > 0).sum(1)),
        f"{prefix}/text": {"bytes_list": {"value": names}},
    }


def _bytes(value: bytes) -> dict[str, Any]:
    return {"bytes_list": {"value": [value]}}


def _integers(values: Any) -> dict[str, Any]:
    return {"int64_list": {"value": [int(value) for value in values]}}


def _floats(values: Any) -> dict[str, Any]:
    return {"float_list": {"value": [float(value) for value in values]}}
