"""Which split a file or folder is for, by its name: `train2017`, `valid/`, `test_labels.csv`, `pets_train.record`."""

from __future__ import annotations

import re

_WORDS = {
    **dict.fromkeys(("train", "training", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation", "minival"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_LETTERS = re.compile(r"[a-z]+")


def split_of(name: str, *, is_folder: bool = False) -> str:
    """Return `train`, `val`, `test`, or "" where a name below the dataset's folder says none.

    The innermost part that says one counts. A folder says it as its first or last word (`images_train`), a file
    anywhere in its name, if it says one only; a name of both (`train_test`) says none.
    """
    *folders, last = name.lower().split("/")
    parts = [*((folder, True) for folder in folders), (last, is_folder)]
    for part, folder in reversed(parts):
        words = _LETTERS.findall(part)
        if folder:
            words = words[:1] + words[-1:]
        said = {_WORDS[word] for word in words if word in _WORDS}
        if len(said) == 1:
            return said.pop()
    return ""


def split_of_folder(name: str) -> str:
    """Return the split that the folders of a file's name say; the file's own name says nothing."""
    folder = name.rpartition("/")[0]
    return split_of(folder, is_folder=True) if folder else ""
