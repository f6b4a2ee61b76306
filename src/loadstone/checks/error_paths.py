"""The paths that an error text names: of models, checkpoints and configurations, not of source code."""

from __future__ import annotations

import os
import re

from loadstone.checks.error_text import ErrorText

_QUOTED = re.compile(r"""['"`“]([^'"`”\n]{2,400})['"`”]""")
_AFTER = re.compile(
    r"(?:filepath=|files for |files on |table file |not exist at:? |found in checkpoint files |directory:? |"
    r"open(?:ing)? (?:file )?|Could not open |name = |config file |No such file or directory:? |file at path:? )"
    r"[<'\"]?([^\s'\"<>{}][^'\"<>{}\n]{0,400})"
)
_BARE = re.compile(
    r"""(?<![\w'"(:/\\.-])((?:[A-Za-z]:[\\/]|\.{0,2}[\\/]|~[\\/]|[\w.-]+[\\/])[^\s'"<>|?*,;(){}]{1,400}|"""
    r"""[\w.-]+\.(?:h5|hdf5|keras|pb|pbtxt|tflite|ckpt|index|config|zip|gz|tar|json|npz))"""
)
_CODE = re.compile(
    r"site-packages|dist-packages|\.py[cdx]?$|\.cc$|\.h$|\.so(?:\.\d+)*$|ipython-input|^https?:|://|tensorflow/core/"
)
_MODEL = re.compile(
    r"\.(?:h5|hdf5|keras|pb|pbtxt|tflite|ckpt\S*|index|data-\d{5}-of-\d{5}|config|zip|tar|t?gz|json|npz)$|"
    r"saved_model|checkpoint|ckpt|model|weights",
    re.IGNORECASE,
)


def named(error: ErrorText) -> list[str]:
    """Return the paths that may be a model's, in the order in which they stand."""
    found: dict[str, int] = {}
    for pattern in (_AFTER, _QUOTED, _BARE):
        for match in pattern.finditer(error.text):
            path = _trimmed(match[1])
            if path and _MODEL.search(path) and not _CODE.search(path) and ("/" in path or "\\" in path or "." in path):
                found.setdefault(path, match.start())
    return sorted(found, key=lambda path: found[path])


def present(error: ErrorText) -> list[str]:
    """Return those of the text's paths that lie on this disk, a file or a folder with something of a model in it."""
    here: dict[str, None] = {}
    for path in named(error):
        place = os.path.expanduser(path)
        if os.path.isfile(place) or (os.path.isdir(place) and _model_folder(place)) or os.path.isfile(place + ".index"):
            here[place] = None
    return list(here)


def _model_folder(place: str) -> bool:
    names = set(os.listdir(place)[:2000])
    return bool(names & {"saved_model.pb", "saved_model.pbtxt", "checkpoint", "pipeline.config", "model.json"})


def _trimmed(path: str) -> str:
    """Return a path without the words and marks that follow it in a message."""
    path = re.split(r"; |: | \(|\. |, |\|", path)[0]
    return path.strip().rstrip(".,:;)]").removesuffix("/{saved_model.pbtxt").rstrip("/")
