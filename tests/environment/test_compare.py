"""Two environments side by side."""

from __future__ import annotations

from dataclasses import replace

from loadstone.environment.compare import compare
from loadstone.environment.named import named
from loadstone.facts.environment import Environment

LEFT = Environment(
    name="left",
    python="3.10.13",
    system="Linux",
    machine="x86_64",
    packages={"tensorflow": "2.10.1", "numpy": "1.23.5", "absl-py": "1.4.0", "only-left": "1.0", "wrapt": "1.14.1"},
    cpu_flags=frozenset({"avx", "avx2"}),
    cuda={"cudnn": "8.1.0"},
    variables={"TF_USE_LEGACY_KERAS": "1"},
    libraries={},
)
RIGHT = replace(
    LEFT,
    name="right",
    python="3.12.1",
    packages={"tensorflow": "2.18.1", "numpy": "2.0.2", "absl-py": "2.1.0", "wrapt": "1.14.2"},
    cpu_flags=frozenset({"avx"}),
    cuda={"cudnn": "9.3.0"},
    variables={},
)


def test_what_decides_comes_first() -> None:
    found = compare(LEFT, RIGHT)
    assert [one.name for one in found] == [
        "python", "tensorflow", "numpy", "absl-py", "wrapt", "only-left", "cudnn", "TF_USE_LEGACY_KERAS", "avx2",
    ]  # fmt: skip
    assert {one.name: one.step for one in found if one.step} == {
        "python": 2, "tensorflow": 2, "numpy": 3, "absl-py": 3, "wrapt": 1, "cudnn": 3,
    }  # fmt: skip
    absent = next(one for one in found if one.name == "only-left")
    assert (absent.left, absent.right) == ("1.0", "")


def test_the_same_has_no_difference() -> None:
    assert compare(LEFT, replace(LEFT, name="another name")) == ()


def test_what_is_not_known_does_not_differ() -> None:
    part = Environment(name="described", packages={"tensorflow": "2.10.1", "keras": "2.10.0"}, complete=False)
    assert [one.name for one in compare(LEFT, part)] == ["keras"]
    assert compare(part, replace(part, packages={"numpy": "2.0.0"})) == ()


def test_an_environment_is_named_in_three_ways(tmp_path: object) -> None:
    import sys

    assert named().name.endswith("here")
    assert named("tensorflow==2.15").packages["tensorflow"] == "2.15.1"
    assert named(sys.executable).name == sys.executable
