"""From a folder or a file to its `Dataset`: which format it is, told by content, and which files belong to it.

What it is: `open_dataset`, which every command and `ls.open_dataset` call. What it is not: a judge of the annotations
(`datasets.check`).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from loadstone.datasets.class_list import LISTS, ClassList, notes_on_label_maps, read_class_file
from loadstone.datasets.links import links_of
from loadstone.datasets.other_tools import told_tool
from loadstone.datasets.pictures import Pictures, is_picture, shown, visible
from loadstone.datasets.readers import coco, createml, csv_file, labelme, tfrecord, via, voc, yolo
from loadstone.datasets.readers.place import Place
from loadstone.errors import LoadstoneError, SourceError
from loadstone.facts.dataset import Dataset
from loadstone.facts.path_text import path_text
from loadstone.formats.archive import is_tar
from loadstone.formats.trees.tree import DiskTree, Tree
from loadstone.wire.compressed import compression
from loadstone.wire.limits import DATASET_FILES

_HEADS = 5
"""Files of one ending in one folder whose first bytes are looked at, where each annotates one picture."""

_SHOWN = 80
"""Letters of a file's first line that an error shows."""

_INNER = ("annotations", "labels", "imagesets", "main", "jsons", "csv", "records")
"""Folders that hold annotations beside the pictures' folders, so that the dataset's folder is the one above."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A format: its name, what it is looked for by, and its two functions."""

    name: str
    said: str
    sniff: Callable[[Place, str], bool]
    read: Callable[[Place], Dataset]
    endings: tuple[str, ...]
    each: bool = False
    """Whether each file annotates one picture, so that a few files tell of all in their folder."""


READERS = (
    Reader("coco", "COCO's JSON (`images`, `annotations`)", coco.sniff, coco.read, (".json",)),
    Reader("voc", "Pascal VOC's XML (`<annotation>`)", voc.sniff, voc.read, (".xml",), each=True),
    Reader(
        "yolo", "YOLO's text (`class cx cy w h`, data.yaml)", yolo.sniff, yolo.read, (".txt", *yolo.SETTINGS), each=True
    ),
    Reader("csv", "CSV of boxes (a picture, a class, four sides)", csv_file.sniff, csv_file.read, csv_file.ENDINGS),
    Reader("tfrecord", "TFRecords of the Object Detection API", tfrecord.sniff, tfrecord.read, ()),
    Reader("labelme", "LabelMe's JSON (`shapes`)", labelme.sniff, labelme.read, (".json",), each=True),
    Reader("createml", "Create ML's JSON (`coordinates`)", createml.sniff, createml.read, (".json",)),
    Reader("via", "the VGG Image Annotator's JSON (`regions`)", via.sniff, via.read, (".json",)),
)
"""In the order in which they are preferred where a folder holds the same annotations in several formats."""

FORMATS = tuple(reader.name for reader in READERS)


def open_dataset(
    source: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - the word that the command line uses too
    pictures: Sequence[str | os.PathLike[str]] = (),
    classes: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Open the annotated pictures of a folder, of an annotation file, or of shards (`train.record-*`).

    `format` is one of `FORMATS`, for a folder with several. `pictures` are folders outside `source` where pictures may
    lie; without them, nothing outside is read. `classes` is a label map or a list of names, one a line.
    Raises `SourceError` where there is no dataset, `FormatError` where none of it can be read.
    """
    if format is not None and format not in FORMATS:
        raise SourceError("there is no such format of datasets", found=format, expected=", ".join(FORMATS))
    typed = path_text(source, "the source of annotated pictures")
    tree, names = _located(typed)
    others = [_folder(path_text(folder, "a folder of pictures")) for folder in pictures]
    place = Place(typed, tree, (), Pictures(tree, others), _given(classes))
    found = find(place, names)
    chosen = _chosen(typed, tree, names, found, format)
    dataset = chosen.read(replace(place, names=tuple(found[chosen.name])))
    maps = () if place.given else notes_on_label_maps(tree, place.outermost_first())
    notes = (*_others(found, chosen.name), *_links(tree), *maps)
    return replace(dataset, notes=(*dataset.notes, *notes))


def find(place: Place, names: Sequence[str]) -> dict[str, list[str]]:
    """Return format → the annotation files that are of it, among file names of the tree."""
    found: dict[str, list[str]] = {}
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        if not is_picture(name):
            groups.setdefault((name.rpartition("/")[0], os.path.splitext(name)[1].lower()), []).append(name)
    for (_, ending), members in groups.items():
        for reader in READERS:
            if reader.endings and ending not in reader.endings:
                continue
            fitting = _fitting(place, reader, ending, members)
            if fitting:
                found.setdefault(reader.name, []).extend(fitting)
                break
    return {reader.name: sorted(found[reader.name]) for reader in READERS if reader.name in found}


def _fitting(place: Place, reader: Reader, ending: str, members: list[str]) -> list[str]:
    """Return the members that a format's reader should have.

    Where each file annotates one picture, all of a folder are of the format that the longest of them show, so that a
    broken one is told and not passed over.
    """
    if not reader.each or ending in yolo.SETTINGS:
        return [name for name in members if _sniffed(place, reader, name)]
    asked = sorted(members, key=lambda name: -(place.tree.size(name) or 0))[:_HEADS]
    if not any(_sniffed(place, reader, name) for name in asked):
        return []
    return [name for name in members if ending == ".xml" or _is_label_file(place, reader, name)]


def _is_label_file(place: Place, reader: Reader, name: str) -> bool:
    """Whether a text beside label files is one: it has a picture, or lines of labels, and is no list of classes."""
    last = name.rpartition("/")[2]
    if last.lower() in LISTS:
        return False
    return place.pictures.any_called(last.rpartition(".")[0]) or _sniffed(place, reader, name)


def _sniffed(place: Place, reader: Reader, name: str) -> bool:
    try:
        return reader.sniff(place, name)
    except (LoadstoneError, OSError):
        return False


def _located(typed: str) -> tuple[Tree, list[str]]:
    """Return the tree that holds a source, and its file names that may annotate."""
    path = Path(typed)
    if path.is_dir():
        tree = DiskTree(path, most=DATASET_FILES)
        return tree, [name for name in tree.sizes if visible(name)]
    files = [typed] if path.is_file() else sorted(glob.glob(typed)) if glob.has_magic(typed) else []
    if not files:
        raise SourceError("there is no such file or folder", where=typed)
    folder = Path(files[0]).parent
    root = folder.parent if folder.name.lower() in _INNER else folder
    inner = f"{folder.name}/" if root != folder else ""
    tree = DiskTree(root, f"{inner}{Path(files[0]).name}" if len(files) == 1 else None, most=DATASET_FILES)
    return tree, [f"{inner}{Path(file).name}" for file in files]


def _folder(typed: str) -> Tree:
    if not Path(typed).is_dir():
        raise SourceError("there is no such folder of pictures", where=typed)
    return DiskTree(Path(typed), most=DATASET_FILES)


def _given(classes: str | os.PathLike[str] | None) -> ClassList | None:
    if classes is None:
        return None
    path = Path(classes)
    if not path.is_file():
        raise SourceError("there is no such label map or list of names", where=str(path))
    return read_class_file(DiskTree(path.parent, path.name), path.name)


def _chosen(typed: str, tree: Tree, names: Sequence[str], found: dict[str, list[str]], wanted: str | None) -> Reader:
    """Return the reader of the wanted format, else of the first that is there; XML against text goes by number."""
    readers = {reader.name: reader for reader in READERS}
    if wanted is not None and wanted in found:
        return readers[wanted]
    if wanted is not None or not found:
        raise _nothing(typed, tree, names, found, wanted)
    if set(found) >= {"voc", "yolo"} and "coco" not in found:
        return readers["yolo" if len(found["yolo"]) > len(found["voc"]) else "voc"]
    return next(reader for reader in READERS if reader.name in found)


def _nothing(
    typed: str, tree: Tree, names: Sequence[str], found: dict[str, list[str]], wanted: str | None
) -> SourceError:
    if wanted is not None and found:
        there = ", ".join(f"{name} ({len(files):,})" for name, files in found.items())
        return SourceError(f"there are no annotations in the format {wanted}", where=typed, found=there)
    if packed := [name for name in names[:_HEADS] if _is_archive(tree.head(name))]:
        return _archive(typed, packed[0])
    looked = "; ".join(reader.said for reader in READERS if wanted in (None, reader.name))
    links = [name for name in tree.links if visible(name)] if Path(typed).is_dir() else []
    helps = f"links are not followed: name the folder that {links[0]} leads to with --pictures" if links else ""
    helps = told_tool(tree, names) or helps
    there = ", ".join(filter(None, (_there(names), _beginning(tree, names))))
    return SourceError("no annotated pictures were found", where=typed, expected=looked, found=there, help=helps)


def _is_archive(head: bytes) -> bool:
    return head[:4] == b"PK\x03\x04" or is_tar(head) or bool(compression(head))


def _archive(typed: str, name: str) -> SourceError:
    """Say how to unpack: a second copy of many pictures is not made unasked."""
    path = os.path.join(typed, name) if os.path.isdir(typed) else typed
    return SourceError(
        "this is an archive, and annotated pictures are read from a folder",
        where=path,
        help=f"unpack it, and name the folder that it becomes: loadstone get {quote(path)} --output FOLDER",
    )


def _beginning(tree: Tree, names: Sequence[str]) -> str:
    """Say how the likeliest file begins: one whose ending a format has, or the only one whatever its ending."""
    endings = dict.fromkeys(ending for reader in READERS for ending in reader.endings)
    ranks = {ending: rank for rank, ending in enumerate(endings)}
    likely = [(ranks.get(os.path.splitext(name)[1].lower(), len(ranks)), name) for name in names]
    rank, name = min(likely, default=(len(ranks), ""))
    if not name or (rank == len(ranks) and len(names) > 1):
        return ""
    line = tree.head(name).decode("utf-8", "replace").lstrip("\ufeff\r\n ").split("\n", 1)[0].rstrip()
    return f"and {name} begins {line[:_SHOWN]!r}"


def _there(names: Sequence[str]) -> str:
    """Say what a folder holds: its files by ending, most first."""
    counts: dict[str, int] = {}
    for name in names:
        ending = os.path.splitext(name)[1].lower() or "without ending"
        counts[ending] = counts.get(ending, 0) + 1
    listed = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    said = ", ".join(f"{count:,} {ending}" for ending, count in listed[:6])
    return said + (" and others" if len(listed) > 6 else "") if said else "no files"


def _others(found: dict[str, list[str]], chosen: str) -> Iterator[str]:
    others = {name: files for name, files in found.items() if name != chosen}
    if others:
        listed = ", ".join(f"{name} ({files[0]}{_more(files)})" for name, files in others.items())
        yield f"annotations in other formats are not read: {listed}; --format takes one of them"


def _more(files: Sequence[str]) -> str:
    return f" and {len(files) - 1:,} more" if len(files) > 1 else ""


def _links(tree: Tree) -> Iterator[str]:
    links = [name for name in links_of(tree, shown).left if visible(name)]
    if links:
        yield (
            f"links that lead to no picture within the folder are not followed, {links[0]}{_more(links)}: "
            "--pictures names the folder that one leads to"
        )
