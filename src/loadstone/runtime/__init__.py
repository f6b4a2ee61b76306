"""Running models: `open_detector` gives a `Detector` from a model file, through the cache of prepared networks.

What it is: OpenVINO, loaded with a prepared network. What it is not: TensorFlow, in any part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadstone.facts import ModelFile
    from loadstone.runtime.detector import Detector

__all__ = ["open_detector"]


def open_detector(
    model: ModelFile | str,
    *,
    device: str = "CPU",
    labels: Mapping[int, str] | None = None,
    config: str | None = None,
    num_classes: int | None = None,
    precision: str = "float32",
    streams: int = 1,
) -> Detector:
    """Open a model file or folder (or what `inspect` made of it) to run on a device that OpenVINO knows.

    The first time a model is converted and compiled in a process of its own, which takes seconds; afterwards it comes
    from the cache. `labels` replaces the names that were found with the model: class id → name. `config` is a
    `pipeline.config` that describes the weights, `num_classes` another number of classes than theirs; both ask for the
    detector to be rebuilt, and for an error where it cannot be. `precision` is `float32`, `float16` (weights as halves)
    or `int8` (convolutions in 8 bits); `streams` is how many pictures run side by side.
    Raises `UnsupportedModelError` with the operation that cannot run, `FormatError` for broken files,
    `SourceError` where there is no such file, `EnvironmentLacksError` where OpenVINO is not installed.
    """
    from loadstone.errors import FormatError, SourceError
    from loadstone.runtime import cache
    from loadstone.runtime.detector import Detector
    from loadstone.runtime.prepare import prepare, prepared
    from loadstone.runtime.wish import wish_of

    if streams < 1:
        raise SourceError("too few streams", expected="1 or more", found=str(streams), help="pass streams=1 or more")
    source = model if isinstance(model, str) else model.source
    wish = wish_of(config, num_classes)
    if precision != "float32":
        from loadstone.runtime.quantise import check_precision

        check_precision(precision)
    found, key = prepared(source, device, wish, precision)
    try:
        return Detector(found, device, labels, streams=streams)
    except FormatError:
        # A plan whose checksums hold may still be refused, after the device's driver changed: make it anew, once.
        cache.discard(key)
        return Detector(prepare(source, device, key, wish, precision), device, labels, streams=streams)
