"""The tables and the windows they draw; what the venv's own TensorFlow and Keras record is the other party."""

from __future__ import annotations

from datetime import date
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest

from loadstone.environment.described import described, looks_described
from loadstone.environment.tables.keras import keras_of, keras_window
from loadstone.environment.tables.ops import Entry, attribute, knows, operation
from loadstone.environment.tables.pins import pinned_pythons, pinned_release, pins
from loadstone.environment.tables.tensorflow import (
    Window,
    producer_date,
    release_for_producer,
    release_named,
    releases,
)
from loadstone.environment.tables.windows import tensorflow_window
from loadstone.environment.versions import satisfies
from loadstone.errors import SourceError
from loadstone.formats.graph.producer import producer_date as spelled_date


@pytest.mark.parametrize(
    ("producer", "day"),
    # Numbers read in version.h of dated commits.
    [(38, "2019-05-17"), (1183, "2022-07-05"), (1990, "2024-09-19"), (2129, "2025-02-05"), (2136, "2025-02-12")],
)
def test_a_producer_is_a_day(producer: int, day: str) -> None:
    assert producer_date(producer) == date.fromisoformat(day)
    assert spelled_date(producer) == day


@pytest.mark.parametrize("producer", [0, 29, -4, 30_000])
def test_what_is_no_daily_number_has_no_day(producer: int) -> None:
    assert producer_date(producer) is None


@pytest.mark.parametrize(
    ("producer", "release"),
    [
        (134, "1.15"),
        (119, "2.0"),
        (120, "1.15"),
        (440, "2.3"),
        (561, "2.4"),
        (1645, "2.15"),
        (38, "1.14"),
        (2129, "2.19"),
    ],
)
def test_a_producer_names_the_oldest_release_that_can_have_written_it(producer: int, release: str) -> None:
    found = release_for_producer(producer)
    assert found is not None
    assert found.minor == release


def test_a_producer_after_the_table_names_none() -> None:
    assert release_for_producer(9000) is None
    assert release_for_producer(0) is None


def test_a_release_came_out_after_its_branch_was_cut() -> None:
    # From October 2019 to spring 2020 nobody raised the number, so that 2.1 and 2.2 share an old one.
    dated = [one for one in releases() if one.version.endswith(".0") and one.minor not in ("2.1", "2.2", "1.13")]
    checked = 0
    for release in dated:
        cut = producer_date(release.producer or 0)
        if cut is not None and release.released:
            assert 20 <= (date.fromisoformat(release.released) - cut).days <= 80, release.version
            checked += 1
    assert checked >= 18


def test_the_table_requires_what_the_installed_wheel_requires() -> None:
    try:
        installed = version("tensorflow")
    except PackageNotFoundError:
        pytest.skip("no TensorFlow")
    row = release_named(installed)
    assert row is not None
    stated = {line.split(";")[0].strip() for line in requires("tensorflow") or [] if "extra" not in line}
    for name in ("numpy", "protobuf", "h5py", "keras"):
        rule = next(text[len(name) :] for text in stated if text.startswith(name) and text[len(name)] in "<>=!~")
        for found in ("1.26.4", "2.4.6", "3.11.0", "3.15.1", "3.12.0", "5.28.0", "6.31.1", "8.0.0"):
            assert satisfies(found, rule) == satisfies(found, row.requires[name]), (name, found)


def test_a_feature_release_means_its_last_patch() -> None:
    assert [release_named(text).version for text in ("2.15", "2.15.0", "1.15.2", "2.3.1")] == [  # type: ignore[union-attr]
        "2.15.1", "2.15.0", "1.15.0", "2.3.0",
    ]  # fmt: skip
    assert release_named("2.99") is None


def test_windows_narrow_each_other() -> None:
    both = Window("2.2", "", ("a",)).narrowed(Window("1.15", "2.15", ("b",)))
    assert (both.first, both.last, both.reasons) == ("2.2", "2.15", ("a", "b"))
    assert both.holds("2.10.1")
    assert not both.holds("2.16.1")
    assert not both.holds("2.1.4")
    assert [str(Window(*ends)) for ends in (("2.2", "2.15"), ("2.2", ""), ("", "2.15"), ("2.2", "2.2"), ("", ""))] == [
        "2.2 to 2.15", "2.2 or newer", "2.15 or older", "2.2", "any",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keras", "package", "first", "last"),
    [
        ("2.2.4-tf", "tf.keras", "1.13", "2.1"),
        ("2.3.0-tf", "tf.keras", "2.1", "2.2"),
        ("2.4.0", "tf.keras", "2.3", "2.4"),
        ("2.13.1", "tf.keras", "2.13", "2.13"),
        ("2.2.4", "keras", "1.0", "1.15"),
        ("2.3.1", "keras", "1.13", "2.1"),
        ("3.15.1", "keras", "2.16", "2.21"),
    ],
)
def test_a_recorded_keras_names_what_wrote_it(keras: str, package: str, first: str, last: str) -> None:
    window = keras_window(keras)
    assert window is not None
    assert window.package == package
    assert (window.writer.first, window.writer.last) == (first, last)


def test_a_keras_that_is_no_version_has_no_window() -> None:
    assert keras_window("unknown") is None
    assert keras_of("2.99") == ""


def test_every_pin_keeps_the_rules_of_its_release() -> None:
    checked = 0
    for release in releases():
        if pinned_release(release.version) != release.version:
            continue
        for python in pinned_pythons(release.version):
            row = pins(release.version, python)
            assert row is not None
            broken = [name for name, rule in release.requires.items() if name in row and not satisfies(row[name], rule)]
            assert broken == [], (release.version, python)
            assert row["tensorflow"] == release.version
            checked += 1
    assert checked > 50


def test_a_release_has_no_pins_for_a_python_without_a_wheel() -> None:
    assert pins("2.15", "3.12") is None
    assert pins("2.15", "3.11.7") is not None
    assert pins("9.9", "3.11") is None


def test_a_description_is_filled_from_the_tables() -> None:
    found = described("tensorflow==2.15,python==3.11")
    assert (found.python, found.packages["tensorflow"], found.packages["keras"]) == ("3.11", "2.15.1", "2.15.0")
    assert found.packages["numpy"].startswith("1.")
    assert found.packages["protobuf"].startswith("4.")
    assert not found.complete
    old = described("tf 1.15")
    assert old.python == "3.7"
    assert old.packages["keras"] == "2.2.4-tf"
    assert old.packages["h5py"].startswith("2.")


def test_a_description_keeps_what_it_states() -> None:
    found = described("tensorflow-gpu==2.4.0, numpy==1.18.5, cuda==11.0, cudnn==8.0.5, python==3.8")
    assert found.packages["tensorflow"] == found.packages["tensorflow-gpu"] == "2.4.0"
    assert found.packages["numpy"] == "1.18.5"
    assert found.cuda == {"runtime": "11.0", "cudnn": "8.0.5"}
    assert described("keras==3.3.3").packages["keras"] == "3.3.3"
    assert described("tensorflow==2.16.1,keras==3.3.3").packages["keras"] == "3.3.3"


@pytest.mark.parametrize(
    "text", ["", "tensorflow", "tensorflow==two", "tensorflow==9.9", "tensorflow==2.15,python==3.12"]
)
def test_a_description_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        described(text)


def test_a_path_is_no_description() -> None:
    assert looks_described("tensorflow==2.15,python==3.11")
    assert not looks_described("/usr/bin/python3")
    assert not looks_described("venv")


@pytest.mark.parametrize(
    ("name", "of", "first"),
    [
        ("explicit_paddings", "Conv2D", "1.14"),
        ("Truncate", "Cast", "1.11"),
        ("dilations", "Conv2D", "1.5"),
        ("incompatible_shape_error", "Equal", "2.0"),
        ("exponential_avg_factor", "FusedBatchNormV3", "2.2"),
        ("grad_a", "MatMul", "2.16"),
    ],
)
def test_an_attribute_dates_its_graph(name: str, of: str, first: str) -> None:
    found = attribute(name, of)
    assert found is not None
    assert found.first == first
    assert knows(first, name, of) is True
    assert knows("1.4", name, of) is False


def test_operations_are_known_from_their_release_on() -> None:
    assert operation("Conv2D") == Entry("1.4")
    assert operation("MyOwnOp") is None
    assert knows("1.13", "CombinedNonMaxSuppression") is not None
    assert knows("9.9", "Conv2D") is None
    gone = operation("TensorForestTreePredict")
    assert gone is not None
    assert (gone.gone, knows("2.4", "TensorForestTreePredict"), knows("2.5", "TensorForestTreePredict")) == (
        "2.5", True, False,
    )  # fmt: skip


def test_the_table_of_operations_is_that_of_the_installed_tensorflow() -> None:
    names = (Path(__file__).parents[2] / "src/loadstone/formats/data/tf_ops.txt").read_text(encoding="ascii").split()
    unknown = [name for name in names if operation(name) is None]
    assert len(unknown) < len(names) * 0.02, unknown[:20]


def test_a_window_is_drawn_by_what_the_graph_uses() -> None:
    window = tensorflow_window(tensorflow="2.16.1", ops={"MatMul": ["grad_a"], "Conv2D": [], "Mine": ["x"]})
    assert (window.first, window.last) == ("2.16", "")
    assert window.reasons == ("MatMul.grad_a came with TensorFlow 2.16",)
    plain = tensorflow_window(tensorflow="2.16.1", ops={"MatMul": [], "Conv2D": ["explicit_paddings"]})
    assert plain.first == "1.14"
    assert tensorflow_window(tensorflow="2.16.1").first == "2.16"
    assert tensorflow_window(producer=1205).first == "2.10"
    assert str(tensorflow_window(keras="2.4.0")) == "2.3 to 2.15"
    assert str(tensorflow_window(tensorflow="2.6.0", keras="2.6.0")) == "2.6 to 2.15"
    assert str(tensorflow_window()) == "any"


def test_what_came_with_1_15_is_not_in_2_0() -> None:
    window = tensorflow_window(ops={"CTCLoss": ["T"]})
    assert window.first == "1.15"
    assert window.holds("1.15.5")
    assert not window.holds("2.0.4")
    assert window.holds("2.1.0")
