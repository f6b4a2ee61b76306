"""A model of `keras.applications` whose weights came through the verified path.

Keras decides which weights file a model needs from its arguments, and for some models (EfficientNet) builds another
graph when it loads ImageNet weights than when it builds without. So Keras builds the model itself, and for that moment
its `get_file` is ours; its own download, which leaves truncated files under their final names, never runs.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, LoadstoneError, SourceError

if TYPE_CHECKING:
    from loadstone.fetch.transport import Transport

_ONE_AT_A_TIME = threading.Lock()


def backbone(
    name: str,
    *,
    weights: str | None = "imagenet",
    include_top: bool = False,
    input_shape: tuple[int, int, int] | None = None,
    pooling: str | None = None,
    transport: Transport | None = None,
    **more: Any,
) -> Any:
    """Return the Keras model `keras.applications.NAME`, its weights downloaded, verified and kept by Loadstone.

    The arguments are those of the Keras constructor; `weights` is `"imagenet"`, a path, or None for random ones.
    """
    build = _constructor(name)
    given = {"include_top": include_top, "input_shape": input_shape, "pooling": pooling, **more}
    if weights is None:
        return build(weights=None, **given)
    if weights != "imagenet":
        return _filled(build(weights=None, **given), name, weights)
    with _our_get_file(transport) as used:
        model = build(weights="imagenet", **given)
    if not used:
        raise LoadstoneError(
            "Keras fetched the weights by itself: this version of Keras does so in a way that is not known here",
            help="pip install 'keras>=3.15,<4'",
        )
    return model


def _filled(model: Any, name: str, path: str) -> Any:
    """Return the model with the weights of a file; `SourceError` where they are not its own."""
    if not os.path.isfile(path):
        expected = "imagenet, or a file of weights: .h5, .weights.h5 or .keras"
        raise SourceError("there is no such file of weights", where=path, expected=expected)
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise SourceError(f"the weights do not fit keras.applications.{name}", where=path, found=said) from error
    return model


def _constructor(name: str) -> Any:
    try:
        import keras
    except ImportError as error:
        raise EnvironmentLacksError("Keras is not installed", help='pip install "loadstone[detect]"') from error
    build = getattr(keras.applications, name, None)
    if build is None or not name[:1].isupper():
        from difflib import get_close_matches

        names = [known for known in dir(keras.applications) if known[:1].isupper()]
        near = get_close_matches(name, names, n=3, cutoff=0.4)
        raise SourceError(f"keras.applications has no {name!r}", help=f"did you mean: {', '.join(near or names)}")
    return build


@contextlib.contextmanager
def _our_get_file(transport: Transport | None) -> Iterator[list[str]]:
    from keras.src.utils import file_utils

    used: list[str] = []

    def stand_in(fname: str | None = None, origin: str = "", **given: Any) -> str:
        path = _weights(origin, given.get("file_hash"), transport)
        used.append(path)
        return path

    with _ONE_AT_A_TIME:
        original = file_utils.get_file
        file_utils.get_file = stand_in
        try:
            yield used
        finally:
            file_utils.get_file = original


def _weights(url: str, digest: str | None, transport: Transport | None) -> str:
    """Return the verified weights file of an address that Keras named, known to the catalogue or not."""
    from loadstone.fetch.catalogue import entries
    from loadstone.fetch.core import Wish, obtain_source
    from loadstone.fetch.source import from_entry, parse

    entry = next((entry for entry in entries() if entry.url == url), None)
    source = from_entry(entry) if entry else parse(url)
    if digest and not source.digest:
        source = source._replace(digest=("sha256" if len(digest) == 64 else "md5", digest))
    return obtain_source(source, Wish(transport=transport)).path
