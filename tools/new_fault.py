"""Write the skeleton of a new fault or repair: its module with its page, its line in the family's table, its test.

    python tools/new_fault.py fault FAMILY NAME --message 'ValueError: Unknown layer: A' --kinds 'keras-h5 keras-zip'
    python tools/new_fault.py repair FAMILY NAME

`--message` is a real message of the fault: its names and numbers become holes of the pattern. `--kinds` are the kinds
of subject whose bytes show it (`checks/subject.py`). `--root` is the checkout, by default this one.
The test is one that fails until the page and the evidence are written: replace each sentence in angle brackets.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

FAULT = '''"""<The fault in one sentence.>

What is seen

    <What a person sees: the message, or the behaviour.>

Why

    <The cause, and the versions that it needs.>

Remedy

    <What to do.>
"""

from __future__ import annotations

{imports}
FAULT = Fault("{name}", "error", help="<the command to run>", reference="<an address>")
{texts}{from_file}'''

TEXTS = """
TEXTS = (
    Saying(
        r"{pattern}",
        "<what is established>",
    ),
)
"""

FROM_FILE = '''

def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield <what the bytes prove>."""
    if subject.candidate is not None and subject.candidate.head.startswith(b"<the evidence>"):
        yield FAULT.finding("<what is established>", Evidence(subject.source, "<found>", "<expected>"))
'''

FAULT_TEST = '''"""{name}: a file or text that shows it, and one that does not."""

from __future__ import annotations

{imports}import loadstone as ls
from loadstone.checks.registry import module


def test_the_page_is_written() -> None:
    page = module("{name}")
    assert "<" not in f"{{page.__doc__}}{{page.FAULT.help}}{{page.FAULT.reference}}"

{tests}'''

TEXT_TEST = """
def test_its_message_is_recognised() -> None:
    text = "{message}"
    assert [finding.fault for finding in ls.explain(text, files=False).findings][:1] == ["{name}"]


def test_another_message_is_not() -> None:
    assert "{name}" not in [finding.fault for finding in ls.explain("ValueError: of another kind").findings]
"""

FILE_TEST = """
def test_a_file_that_shows_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shows"
    path.write_bytes(b"<the evidence>")
    assert "{name}" in [finding.fault for finding in ls.check(path).findings]


def test_a_file_that_does_not_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "innocent"
    path.write_bytes(b"of another kind")
    assert "{name}" not in [finding.fault for finding in ls.check(path).findings]
"""

REPAIR = '''"""<What is changed, and what it means the same to.>"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan


def plan(subject: Subject) -> Plan | None:
    """Return <the edits>; None where there is nothing to mend."""
    if subject.candidate is None or not subject.candidate.head.startswith(b"<the evidence>"):
        return None
    edit = Edit(subject.source, "<before>", "<after>", "<reason>")
    return Plan("{name}", subject.source, (edit,), faults=("<fault>",))


def apply(plan: Plan, target: Path) -> None:
    """Write the mended file to `target`."""
    shutil.copyfile(plan.source, target)
'''

REPAIR_TEST = '''"""{name}: what it mends, what it leaves alone, and that the original stays."""

from __future__ import annotations

from pathlib import Path

import loadstone as ls
from loadstone.repairs.registry import module


def test_the_page_is_written() -> None:
    assert "<" not in (module("{name}").__doc__ or "")


def test_it_mends_and_leaves_the_original(tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(b"<the evidence>")
    fixed = ls.fix(path, only=["{name}"])
    assert [plan.repair for plan in fixed.applied] == ["{name}"]
    assert path.read_bytes() == b"<the evidence>"
    assert fixed.output is not None
    assert Path(fixed.output).read_bytes() != b"<the evidence>"
'''


def pattern_of(message: str) -> str:
    """Return a pattern for a message: what stands in quotes, paths, names after a colon and numbers become holes."""
    words = re.escape(re.sub(r"^\w*(?:Error|Exception|Warning): ", "", message)).replace(r"\ ", " ")
    words = re.sub(r"'[^']*'", r"'(?P<name>[^']*)'", words, count=1)
    words = re.sub(r"(?<=: )[\w\\.-]+$", r"\\S+", words)
    return re.sub(r"\d+", r"\\d+", words)


def new_fault(root: Path, family: str, name: str, message: str, kinds: str) -> list[Path]:
    """Write a fault's module, table line and test; return the files that were written or changed."""
    stem = name.replace("-", "_")
    texts = TEXTS.format(pattern=pattern_of(message).replace('"', r"[\"]")) if message else ""
    imports = ["from loadstone.checks.fault import Fault" + (", Saying" if message else "")]
    if kinds:
        imports = ["from collections.abc import Iterator", "", *imports, "from loadstone.checks.subject import Subject"]
        imports.append("from loadstone.facts.finding import Evidence, Finding")
    parts = {
        "imports": "\n".join(imports) + "\n",
        "name": name,
        "texts": texts,
        "from_file": FROM_FILE if kinds else "",
    }
    parts_of_test = [TEXT_TEST.format(name=name, message=_escaped(message))] if message else []
    parts_of_test += [FILE_TEST.format(name=name)] if kinds else []
    heads = "from pathlib import Path\n\n" if kinds else ""
    room = root / "src" / "loadstone" / "checks" / family
    written = [
        _write(room / f"{stem}.py", FAULT.format(**parts)),
        _write(
            root / "tests" / "checks" / f"test_{stem}.py",
            FAULT_TEST.format(name=name, imports=heads, tests="\n".join(parts_of_test)),
        ),
    ]
    return [*written, _listed(room / "__init__.py", f'    "{name}": "{kinds}",\n', "{}", "}")]


def new_repair(root: Path, family: str, name: str) -> list[Path]:
    """Write a repair's module, table line and test; return the files that were written or changed."""
    stem = name.replace("-", "_")
    room = root / "src" / "loadstone" / "repairs" / family
    return [
        _write(room / f"{stem}.py", REPAIR.format(name=name)),
        _write(root / "tests" / "repairs" / f"test_{stem}.py", REPAIR_TEST.format(name=name)),
        _listed(room / "__init__.py", f'    "{name}",\n', "()", ")"),
    ]


def _escaped(message: str) -> str:
    return message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise SystemExit(f"{path} is there already")
    path.write_text(text, encoding="utf-8")
    return path


def _listed(path: Path, line: str, empty: str, closing: str) -> Path:
    """Add a line at the end of the family's table."""
    text = path.read_text(encoding="utf-8").rstrip()
    if text.endswith(empty) and closing == ")":
        text = f"{text[:-1]}{line.strip()})"
    elif text.endswith(empty):
        text = f"{text[:-1]}\n{line}{closing}"
    elif text.endswith(closing):
        text = f"{text[: -len(closing)]}{line}{closing}"
    else:
        raise SystemExit(f"{path}: the table does not stand at its end")
    path.write_text(text + "\n", encoding="utf-8")
    return path


def main(words: list[str] | None = None) -> int:
    """Write the skeleton and say what comes next."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("fault", "repair"))
    parser.add_argument("family")
    parser.add_argument("name", help="in kebab-case; a fault's name states the fault, never the cure")
    parser.add_argument("--message", default="")
    parser.add_argument("--kinds", default="")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    given = parser.parse_args(words)
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", given.name):
        parser.error(f"{given.name!r} is not in kebab-case")
    room = given.root / "src" / "loadstone" / ("checks" if given.what == "fault" else "repairs") / given.family
    if not (room / "__init__.py").is_file():
        parser.error(f"there is no family {given.family!r}: {room} does not exist")
    if given.what == "fault" and not (given.message or given.kinds):
        parser.error("a fault is met in a text (--message) or in a file (--kinds)")
    if given.what == "fault":
        files = new_fault(given.root, given.family, given.name, given.message, given.kinds)
    else:
        files = new_repair(given.root, given.family, given.name)
    print("\n".join(f"wrote {path.relative_to(given.root)}" for path in files))
    print("next: replace what stands in <angle brackets>, then python tools/make_fault_pages.py")
    if given.what == "fault":
        print("then a message in tests/checks/wordings/ or a builder in tests/checks/beside.py, and its golden text:")
        print("python -m tests.checks.test_golden_messages --write SHARED   (the folder of real files)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
