"""Endings of file names that say picture; the content is looked at when it is opened."""

from __future__ import annotations

PICTURE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
        *(".webp", ".ppm", ".pgm", ".pbm", ".avif", ".jp2", ".tga", ".mpo"),
    )
)
