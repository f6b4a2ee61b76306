"""How the columns of a CSV of boxes are laid out: by its header, or by what its first row holds where it has none.

Layouts in use: the Object Detection API tutorials' `filename,width,height,class,xmin,ymin,xmax,ymax`; keras-retinanet's
`path,x1,y1,x2,y2,class` without a header; Open Images' `ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,…`;
Cloud AutoML's and TFLite Model Maker's `TRAIN,gs://…/a.jpg,dog,0.1,0.2,,,0.3,0.4,,` without a header; makesense.ai's
`label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,…`. Any header that names a picture, a class and four sides,
or a corner and a box's width and height, will do, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loadstone.datasets.pictures import is_picture

_PICTURE = (
    *("filename", "imageid", "imagepath", "filepath", "path", "imagename", "image", "file", "imgname", "img"),
    *("imagefile", "frame"),
)
_LABEL = ("class", "labelname", "label", "classname", "category", "categoryname", "name")
_SIDES = (
    ("xmin", "x1", "left", "bboxxmin", "xtl"),
    ("ymin", "y1", "top", "bboxymin", "ytl"),
    ("xmax", "x2", "right", "bboxxmax", "xbr"),
    ("ymax", "y2", "bottom", "bboxymax", "ybr"),
)
_CORNER = (("bboxx", "boxx", "x", *_SIDES[0]), ("bboxy", "boxy", "y", *_SIDES[1]))
_EXTENT = (("bboxwidth", "boxwidth", "bboxw", "w"), ("bboxheight", "boxheight", "bboxh", "h"))
"""A box's own width and height; `width` and `height` alone are the picture's wherever they are in use."""

_MORE = {
    "width": ("width", "imagewidth", "imgwidth"),
    "height": ("height", "imageheight", "imgheight"),
    "crowd": ("iscrowd", "crowd"),
    "difficult": ("difficult", "isdifficult"),
    "group_of": ("isgroupof", "groupof"),
    "weight": ("weight",),
    "split": ("split", "set", "subset", "usage"),
}
_HEADERLESS = 6
_AUTOML = 9
"""Columns of Cloud AutoML's rows that count: set, picture, class, x and y of two opposite corners with two between."""

_AUTOML_SETS = ("TRAIN", "TRAINING", "VALIDATE", "VALIDATION", "TEST", "UNASSIGNED", "")
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of columns: the picture, the class, xyxy; in `more` those that only some layouts have, by name.

    With `extent` the last two sides are the box's width and height.
    """

    picture: int
    label: int
    sides: tuple[int, int, int, int]
    more: Mapping[str, int] = field(default_factory=dict)
    header: bool = True
    extent: bool = False
    delimiter: str = ","

    @property
    def width(self) -> int:
        """How many columns a row needs at least."""
        return max(self.picture, self.label, *self.sides) + 1


def layout_of(line: str) -> Layout | None:
    """Return the layout that a file's first line shows, None where it is no CSV of boxes."""
    for delimiter in DELIMITERS:
        cells = [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]
        if found := _by_header(cells, delimiter) or _without_header(cells, delimiter):
            return found
    return None


def labels_of_pictures(line: str) -> tuple[int, int] | None:
    """Return the columns of picture and class of a file with labels of whole pictures (Open Images), else None."""
    columns = _columns(line.rstrip("\r\n").split(","))
    if not {"imageid", "labelname"} <= columns.keys() or any(name in columns for name in _SIDES[0]):
        return None
    return columns["imageid"], columns["labelname"]


def _columns(cells: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        columns.setdefault(re.sub(r"[^a-z0-9]", "", cell.lower()), at)
    return columns


def _by_header(cells: Sequence[str], delimiter: str) -> Layout | None:
    columns = _columns(cells)

    def first(names: Sequence[str]) -> int | None:
        return next((columns[name] for name in names if name in columns), None)

    picture, label = first(_PICTURE), first(_LABEL)
    sides, extent = [first(names) for names in _SIDES], False
    if any(side is None for side in sides):
        sides, extent = [first(names) for names in (*_CORNER, *_EXTENT)], True
    if picture is None or label is None or any(side is None for side in sides):
        return None
    more = {name: at for name, names in _MORE.items() if (at := first(names)) is not None}
    return Layout(picture, label, tuple(sides), more, delimiter=delimiter, extent=extent)  # type: ignore[arg-type]


def _without_header(cells: Sequence[str], delimiter: str) -> Layout | None:
    if len(cells) >= _AUTOML and cells[0].upper() in _AUTOML_SETS and is_picture(cells[1]):
        return Layout(1, 2, (3, 4, 7, 8), {"split": 0}, header=False, delimiter=delimiter)
    if len(cells) != _HEADERLESS or not is_picture(cells[0]):
        return None
    sides = cells[1:5]
    if any(sides) and not all(_is_number(side) for side in sides):
        return None
    return Layout(0, 5, (1, 2, 3, 4), header=False, delimiter=delimiter)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) is not None
