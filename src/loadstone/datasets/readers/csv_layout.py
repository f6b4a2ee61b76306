"""How the columns of a CSV of boxes are laid out: by its header, or by what its first row holds where it has none.

Layouts in use: the Object Detection API tutorials' `filename,width,height,class,xmin,ymin,xmax,ymax`; keras-retinanet's
`path,x1,y1,x2,y2,class` without a header; Open Images' `ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,…`;
Cloud AutoML's and TFLite Model Maker's `TRAIN,gs://…/a.jpg,dog,0.1,0.2,,,0.3,0.4,,` without a header; makesense.ai's
`label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,…`; Kaggle's `image_id,width,height,bbox,source`, where a
cell holds x, y, width and height; the VGG Image Annotator's (`csv_via`). Any header that names a picture, a class and
four sides, or a corner or middle and a box's width and height, will do, in any order; without a class there is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loadstone.datasets.pictures import is_picture
from loadstone.datasets.readers.csv_via import COLUMNS, attribute, region

_PICTURE = (
    *("filename", "imageid", "imagepath", "filepath", "path", "imagename", "image", "file", "imgname", "img"),
    *("imagefile", "frame"),
)
_LABEL = (
    *("class", "labelname", "label", "classname", "category", "categoryname", "name"),
    *("classid", "labelid", "categoryid"),
)
ONLY_CLASS = "object"
"""What objects are called where no column names a class."""

_SIDES = (
    ("xmin", "x1", "left", "bboxxmin", "xtl"),
    ("ymin", "y1", "top", "bboxymin", "ytl"),
    ("xmax", "x2", "right", "bboxxmax", "xbr"),
    ("ymax", "y2", "bottom", "bboxymax", "ybr"),
)
_CORNER = (("bboxx", "boxx", "x", *_SIDES[0]), ("bboxy", "boxy", "y", *_SIDES[1]))
_MIDDLE = (("xcenter", "xcentre", "centerx", "cx", "xc"), ("ycenter", "ycentre", "centery", "cy", "yc"))
_EXTENT = (("bboxwidth", "boxwidth", "bboxw", "w"), ("bboxheight", "boxheight", "bboxh", "h"))
"""A box's own width and height; `width` and `height` are the picture's unless they stand right behind x and y."""

_IN_ONE = ("bbox", "boundingbox", "box")
"""A cell with x, y, width and height."""

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

_MAKESENSE = 8
"""Columns of makesense.ai's rows without a header: class, x, y, width, height, picture and its width and height."""

_AUTOML_SETS = ("TRAIN", "TRAINING", "VALIDATE", "VALIDATION", "TEST", "UNASSIGNED", "")
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of columns: the picture, the class, xyxy; in `more` those that only some layouts have, by name.

    `form` is "corners" (xyxy), "extent" (a corner, width and height), "middle" (a middle, width and height) or "via".
    Where one cell holds a box, `sides` is that alone. Without a column for the class, `label` is None.
    """

    picture: int
    label: int | None
    sides: tuple[int, ...]
    more: Mapping[str, int] = field(default_factory=dict)
    header: bool = True
    form: str = "corners"
    delimiter: str = ","

    @property
    def width(self) -> int:
        """How many columns a row needs at least."""
        return max(self.picture, self.label or 0, *self.sides) + 1

    def object_of(self, row: Sequence[str]) -> tuple[str, list[float]]:
        """Return a row's class and xyxy, which is empty for a picture without a box; `ValueError` for no numbers."""
        cells = [row[at].strip() for at in self.sides]
        named = "" if self.label is None else row[self.label].strip()
        if self.form == "via":
            return attribute(named), region(cells[0])
        if len(self.sides) == 1:
            cells = cells[0].strip("[]() ").replace(",", " ").split() if cells[0] else ["", "", "", ""]
        if not any(cells):
            return named, []
        first, second, third, fourth = map(float, cells)
        if self.form == "middle":
            first, second = first - third / 2, second - fourth / 2
        if self.form != "corners":
            third, fourth = first + third, second + fourth
        return ONLY_CLASS if self.label is None else named, [first, second, third, fourth]


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
    if picture is None:
        return None
    if columns.keys() >= COLUMNS:
        return Layout(
            picture, columns["regionattributes"], (columns["regionshapeattributes"],), form="via", delimiter=delimiter
        )
    found = _sides(columns)
    if found is None:
        return None
    form, sides = found
    used = {*sides, picture, label}
    more = {name: at for name, names in _MORE.items() if (at := first(names)) is not None and at not in used}
    return Layout(picture, label, sides, more, delimiter=delimiter, form=form)


def _sides(columns: Mapping[str, int]) -> tuple[str, tuple[int, ...]] | None:
    """Return in which form a header states boxes, and their columns."""

    def all_of(groups: Sequence[Sequence[str]]) -> tuple[int, ...] | None:
        found = [next((columns[name] for name in names if name in columns), None) for names in groups]
        return tuple(at for at in found if at is not None) if None not in found else None

    if corners := all_of(_SIDES):
        return "corners", corners
    for form, begin in (("extent", _CORNER), ("middle", _MIDDLE)):
        if sides := all_of((*begin, *_EXTENT)):
            return form, sides
        # The picture's own size has the same names, and stands elsewhere.
        sides = all_of((*begin, ("width",), ("height",)))
        if sides and sides == tuple(range(sides[0], sides[0] + 4)):
            return form, sides
    if one := all_of((_IN_ONE,)):
        return "extent", one
    return None


def _without_header(cells: Sequence[str], delimiter: str) -> Layout | None:
    if len(cells) >= _AUTOML and cells[0].upper() in _AUTOML_SETS and is_picture(cells[1]):
        return Layout(1, 2, (3, 4, 7, 8), {"split": 0}, header=False, delimiter=delimiter)
    if len(cells) == _MAKESENSE and is_picture(cells[5]) and all(map(_is_number, (*cells[1:5], *cells[6:]))):
        more = {"width": 6, "height": 7}
        return Layout(5, 0, (1, 2, 3, 4), more, header=False, form="extent", delimiter=delimiter)
    if len(cells) != _HEADERLESS or not is_picture(cells[0]):
        return None
    sides = cells[1:5]
    if any(sides) and not all(_is_number(side) for side in sides):
        return None
    return Layout(0, 5, (1, 2, 3, 4), header=False, delimiter=delimiter)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) is not None
