"""Frames of a video file or a camera, through PyAV (the optional extra `video`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, SourceError
from loadstone.runtime.pictures.picture_files import kept_picture

if TYPE_CHECKING:
    from loadstone.runtime.pictures.picture_files import Picture

CAMERAS = {"linux": ("/dev/video{}", "v4l2"), "darwin": ("{}", "avfoundation"), "win32": ("video={}", "dshow")}
"""System → how FFmpeg names its cameras there, and with which input."""


def frames(source: str, *, camera: bool = False, stride: int = 1) -> Iterator[Picture]:
    """Yield every `stride`-th frame as a picture named `clip.mp4#12`, the first being 0."""
    try:
        import av
    except ImportError as error:
        raise EnvironmentLacksError(
            "videos and cameras need PyAV", where=source, help="pip install 'loadstone[video]'"
        ) from error
    name, form = _camera(source) if camera else (source, None)
    try:
        with av.open(name, format=form) as container:
            yield from _decoded(container, source, stride)
    except (av.FFmpegError, IndexError) as error:
        what = "camera" if camera else "video"
        raise SourceError(f"the {what} cannot be read: {error}", where=source) from error


def _camera(index: str) -> tuple[str, str | None]:
    pattern, form = CAMERAS.get(sys.platform, ("{}", None))
    return pattern.format(index), form


def _decoded(container: Any, source: str, stride: int) -> Iterator[Picture]:
    stem = Path(source).stem
    # A file without a picture stream has an empty tuple here; the IndexError becomes the reader's message.
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for number, frame in enumerate(container.decode(stream)):
        if number % stride == 0:
            pixels = frame.to_ndarray(format="rgb24")
            yield kept_picture(f"{source}#{number}", f"{stem}_{number:06}.jpg", pixels)
