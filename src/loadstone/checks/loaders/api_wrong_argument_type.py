"""A loader was given an argument of another type than it takes.

What is seen

    `The SavedModel does not have tags: serve` although it has (tfjs-node wants a list), `expected str, bytes or
    os.PathLike object, not …`, `'PosixPath' object has no attribute 'endswith'`.

Why

    A text where a list is expected is taken letter by letter; old versions take no `Path`; a model or an open
    file is passed where a path is expected.

Remedy

    Give what the function takes: `["serve"]` for `"serve"`, `str(path)` for a `Path`.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "api-wrong-argument-type",
    "error",
    help="give what it takes: a list of tags for a text, str(path) for a Path",
)

TEXTS = (
    Saying(
        r"The SavedModel does not have tags: (?P<tags>\S+)",
        "tags are to be a list: a text is taken letter by letter",
        certainty="likely",
        help='give a list: ["{tags}"]',
    ),
    Saying(
        (
            r"'(?P<kind>PosixPath|WindowsPath|PurePath|Path)' object has no attribute '(?P<attribute>\w+)'"
            r"|'(?P<other>PosixPath|WindowsPath)'(?: object)? is not (?:iterable|subscriptable)"
        ),
        "a path object was given where a text is expected",
        help="give str(path)",
    ),
    Saying(
        r"expected str, bytes or os\.PathLike object, not (?P<kind>\w+)",
        "an object of type {kind} was given where a path is expected",
        certainty="likely",
    ),
    Saying(
        r"stat: path should be string, bytes, os\.PathLike or integer, not (?P<kind>\w+)",
        "an object of type {kind} was given where a path is expected",
        certainty="likely",
    ),
    Saying(
        r"Expected binary or unicode string, got (?P<value>[^\n]{1,80})",
        "{value} was given where a text is expected",
        certainty="possible",
    ),
    Saying(
        r"load_(?:weights|model)\(\) missing 1 required positional argument: '(?P<name>\w+)'",
        "the method was called of a class or without a path: {name} is missing",
        certainty="likely",
    ),
)
