r"""A path in a configuration is not quoted, holds backslashes, is a placeholder, or leads nowhere.

What is seen

    `'unicodeescape' codec can't decode bytes`, `Expected string but found: 'C'`, `Failed to find any matching files
    for /model.ckpt`, or a training that reads no records.

Why

    Strings of the text format stand in quotes, and a backslash in them begins an escape: `"C:\train"` holds a tab.
    A checkpoint is named by its prefix (`ckpt-0`), not by one of its files, and configurations of the zoo hold
    `PATH_TO_BE_CONFIGURED` where a path belongs.

Remedy

    Write paths in quotes, with `/`, as they are on the machine that trains. The repair mends quotes and backslashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.config_paths import NamedPath, named_paths
from loadstone.checks.views.field_errors import PLACE
from loadstone.checks.views.slips import grouped, slips_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "config-unquoted-or-bad-path",
    "error",
    help="write the path in quotes, with /: loadstone fix FILE   mends quotes and backslashes",
    repair="quote-paths",
)

_CONFIG = r"ParseError|text_format|pipeline|label_?map|train_config|fine_tune|config_util|object_detection|model_main"

TEXTS = (
    Saying(
        PLACE + r"'unicodeescape' codec can't decode bytes[^\n]*",
        "line {line}, column {column}: a path holds a single backslash, which begins an escape",
    ),
    Saying(
        r"(?:(?P<line>\d+):(?P<column>\d+) ?: )?[^\n]{0,200}?(?:Invalid escape sequence in string literal"
        r"|truncated \\[UuxN]\w*escape|truncated \\\\[UuxN])",
        "a path in a string holds a single backslash, which begins an escape",
        needs=(_CONFIG,),
    ),
    Saying(
        PLACE + r"Expected string(?: but found|, got):? ?[uU]?['\"]?(?P<text>[A-Za-z0-9./\\~$_-]+)",
        "line {line}, column {column}: a string is not in quotes: it begins with {text}",
    ),
    Saying(
        r"(?P<path>(?<![^\s'\"])[^\s'\"]{0,400}PATH_TO_BE_CONFIGURED[^\s'\"]*)",
        "{path} is a placeholder: the configuration was not filled in",
        needs=(
            r"NotFound|No such file|not found|Failed to find|does not exist|doesn't exist|Unsuccessful|FileNotFound",
        ),
    ),
    Saying(
        r"Failed to find any matching files for (?P<path>/(?:model|ckpt)[^\s/\\'\"]*)\s*$",
        "fine_tune_checkpoint names {path}, a path without its folder",
    ),
    Saying(
        r"(?:NotFoundError|FileNotFoundError|OSError|IOError)[^\n]*?(?P<path>[^\s'\":;]+(?:label_?map|labelmap)[^\s'\";:]*)"
        r"[^\n]*(?:No such file|not found|does not exist)",
        "the label map that the configuration names is not there: {path}",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield findings for unquoted strings and backslashes, and one for each path that leads nowhere here."""
    for text, slips in slips_of(subject, "unquoted", "backslash"):
        yield grouped(FAULT, text, slips, "{count} strings are not in quotes or hold single backslashes")
    by_text: dict[str, list[NamedPath]] = defaultdict(list)
    for path in named_paths(subject):
        by_text[path.text].append(path)
    for text_name, paths in by_text.items():
        yield from _nowhere(text_name, paths)


def _nowhere(name: str, paths: list[NamedPath]) -> Iterator[Finding]:
    """A placeholder or a path of another machine is worth a word; one into a folder that is here is wrong."""
    for path in paths:
        if path.state == "not-a-prefix":
            fact = f"{name}: {path.field} names a file of a checkpoint, not its prefix: {path.value}"
            help_text = f'write {path.field}: "{path.instead}"'
            yield FAULT.finding(fact, _shown(path), help=help_text, mended=False)
    absent = [path for path in paths if path.state == "absent"]
    wrong = [path for path in absent if path.folder_here]
    for path in wrong:
        help_text = f'write {path.field}: "{path.instead}"' if path.instead else "write the path as it is here"
        fact = f"{name}: {path.field} names what is not there: {path.value}"
        yield FAULT.finding(fact, _shown(path), severity="warning", help=help_text, mended=False)
    foreign = [path for path in absent if not path.folder_here]
    unset = [path for path in paths if path.state == "placeholder"]
    for group, what in ((unset, "placeholders that were not filled in"), (foreign, "not there on this machine")):
        if group:
            fields = ", ".join(dict.fromkeys(path.field for path in group))
            one = len({path.value for path in group}) == 1
            said = what.replace("placeholders that were", "a placeholder that was") if one else what
            fact = f"{name}: {fields} {'is' if ',' not in fields else 'are'} {said}"
            evidence = [_shown(path) for path in group]
            yield FAULT.finding(fact, *evidence, severity="info", help="write the paths before training", mended=False)


def _shown(path: NamedPath) -> Evidence:
    return Evidence(path.where, f'{path.field}: "{path.value}"', path.instead and f'{path.field}: "{path.instead}"')
