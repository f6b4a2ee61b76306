"""Classes from label maps, lists and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.datasets.class_list import find_class_list, from_label_map, from_names, read_class_file, settle
from loadstone.errors import FormatError
from loadstone.formats.label_map import parse_label_map
from loadstone.formats.trees.tree import DiskTree
from tests.support.memory import MemoryTree


def test_a_label_map_keeps_both_of_its_words() -> None:
    text = b"item{id:7 name:'/m/1' display_name:'Toy'} item{id:2 name:'cat' keypoints{id:0 label:'nose'}}"
    found = from_label_map(parse_label_map(text))
    assert (found.names, found.ids, found.keypoints) == (("cat", "Toy"), (2, 7), ("nose",))
    assert found.by_name() == {"/m/1": 1, "cat": 0, "Toy": 1}
    assert found.by_id() == {2: 0, 7: 1}


def test_names_that_are_shown_alike_are_told_apart() -> None:
    text = b"item{id:1 name:'/m/1' display_name:'Toy'} item{id:2 name:'/m/2' display_name:'Toy'} item{id:3 name:'Toy'}"
    found = from_label_map(parse_label_map(text))
    assert found.names == ("/m/1", "/m/2", "Toy 3")


def test_lists_count_from_0_and_label_maps_come_first() -> None:
    tree = MemoryTree(
        {"a/classes.txt": b"cat\ndog\n", "b/map.pbtxt": b"item { id: 1 name: 'x' }", "c.pbtxt": b"node {}"}
    )
    assert find_class_list(tree, tree.sizes) == read_class_file(tree, "b/map.pbtxt")
    only_lists = [name for name in tree.sizes if name.endswith(".txt")]
    assert find_class_list(tree, only_lists) is None
    found = find_class_list(tree, only_lists, lists=True)
    assert found is not None
    assert (found.names, found.ids, found.where) == (("cat", "dog"), (0, 1), "a/classes.txt")


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe\x00", b"item { id: 1", b"{}"])
def test_other_files_are_no_class_files(content: bytes) -> None:
    tree = MemoryTree({"classes.txt": content})
    with pytest.raises(FormatError):
        read_class_file(tree, "classes.txt")
    assert find_class_list(tree, ["classes.txt"], lists=True) is None


def test_settling_between_names_and_a_list() -> None:
    given = from_names(["cat", "dog"])
    assert settle(["dog", "cow"], given) == (given, "")
    assert settle(["cow"], given)[0].names == ("cow",)
    assert settle([], given) == (given, "")
    assert settle(["b", "a", "b"], None)[0].ids == (1, 2)


def test_label_maps_of_the_wild(wild: Path) -> None:
    maps = [path for path in sorted(wild.rglob("*label*.pbtxt")) if not path.read_bytes().startswith(b"version https")]
    assert len(maps) >= 5
    for path in maps:
        found = read_class_file(DiskTree(path.parent), path.name)
        assert found.names
        assert len(set(found.names)) == len(found.ids) == len(set(found.ids))
