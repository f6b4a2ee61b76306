"""Which environment suits a file, and how it is written down."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from loadstone.environment.forms import FORMS, written
from loadstone.environment.pythons import pythons, version_of
from loadstone.environment.resolve import Resolution, resolve
from loadstone.environment.tables.pins import pins
from loadstone.environment.versions import minor_of, satisfies
from loadstone.errors import EnvironmentLacksError
from loadstone.facts import ModelFile

ALL = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def _model(producer: Mapping[str, str], kind: str = "savedmodel") -> ModelFile:
    return ModelFile("somewhere/model", kind, producer=producer)


@pytest.mark.parametrize(
    ("producer", "kind", "tensorflow", "python", "keras"),
    [
        ({"tensorflow": "1.15.0"}, "savedmodel", "1.15", "3.7", None),
        ({"tensorflow": "2.3.2", "graphdef_producer": "440"}, "savedmodel", "2.3", "3.8", None),
        ({"tensorflow": "2.14.0"}, "savedmodel", "2.14", "3.11", "2.14.0"),
        ({"graphdef_producer": "1205"}, "frozen-graph", "2.10", "3.10", "2.10.0"),
        ({"graphdef_producer": "11"}, "frozen-graph", "1.13", "3.7", None),
        ({"keras": "2.9.0"}, "keras-h5", "2.9", "3.10", "2.9.0"),
        ({"keras": "2.2.4-tf"}, "keras-h5", "2.1", "3.7", None),
        ({"keras": "2.0.5"}, "keras-h5", "1.15", "3.7", None),
        ({"keras": "3.3.3"}, "keras-zip", "2.17", "3.12", "3.3.3"),
        ({"keras": "3.15.1"}, "keras-zip", "2.21", "3.13", "3.15.1"),
        ({}, "frozen-graph", "2.21", "3.13", None),
    ],
)
def test_what_a_file_records_decides(
    producer: Mapping[str, str], kind: str, tensorflow: str, python: str, keras: str | None
) -> None:
    found = resolve(_model(producer, kind), ALL)
    assert (minor_of(found.tensorflow), found.python, found.found) == (tensorflow, python, True)
    if keras:
        assert found.pins["keras"] == keras
    assert found.reasons
    assert {"numpy", "protobuf", "h5py"} <= set(found.pins)


def test_what_is_here_decides_where_the_writer_cannot_run() -> None:
    found = resolve(_model({"tensorflow": "1.15.0"}), ["3.11"])
    assert found.python == "3.11"
    assert found.found
    assert minor_of(found.tensorflow) == "2.12"
    assert "no Python here runs TensorFlow 1.15" in found.reasons[-1]
    none = resolve(_model({"tensorflow": "1.15.0"}), [])
    assert (none.python, none.found) == ("3.7", False)


def test_a_keras_2_model_is_not_given_to_keras_3() -> None:
    found = resolve(_model({"keras": "2.9.0"}, "keras-h5"), ["3.13"])
    assert minor_of(found.tensorflow) in ("2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15")
    assert not found.found


def test_a_keras_1_model_gets_keras_1() -> None:
    found = resolve(_model({"keras": "1.1.0"}, "keras-h5"), ALL)
    assert (minor_of(found.tensorflow), found.pins["keras"]) == ("1.13", "1.2.2")
    assert found.variables == {"KERAS_BACKEND": "tensorflow"}
    assert not resolve(_model({"keras": "1.1.0"}, "keras-h5"), ["3.11"]).found


def test_a_demand_is_kept_or_refused() -> None:
    found = resolve(_model({"keras": "2.9.0"}, "keras-h5"), ALL, tensorflow="2.16")
    assert minor_of(found.tensorflow) == "2.16"
    assert found.variables == {"TF_USE_LEGACY_KERAS": "1"}
    assert "tf-keras" in found.pins
    with pytest.raises(EnvironmentLacksError, match="no wheel"):
        resolve(_model({"tensorflow": "2.9.0"}), ALL, tensorflow="2.9", python="3.12")


def test_the_parts_of_a_folder_are_heard_too() -> None:
    part = _model({"tensorflow": "2.5.0"})
    whole = ModelFile("folder", "checkpoint-v2", parts=(part,))
    assert minor_of(resolve(whole, ALL).tensorflow) == "2.5"


def _resolution() -> Resolution:
    return resolve(_model({"keras": "2.9.0"}, "keras-h5"), ALL, tensorflow="2.16")


def test_the_forms_hold_the_same_pins() -> None:
    found = _resolution()
    lines = written(found, "requirements").splitlines()
    assert {line for line in lines if not line.startswith("#")} == {
        f"{name}=={pin}" for name, pin in found.pins.items()
    }
    assert "# set TF_USE_LEGACY_KERAS=1" in lines
    project = tomllib.loads(written(found, "pyproject"))["project"]
    assert project["dependencies"] == [f"{name}=={pin}" for name, pin in found.pins.items()]
    assert satisfies(f"{found.python}.4", project["requires-python"])
    conda = written(found, "conda")
    assert f"  - python={found.python}\n" in conda
    assert all(f"      - {name}=={pin}\n" in conda for name, pin in found.pins.items())
    assert len(FORMS) == 3


def test_old_releases_are_bounded_where_they_forgot_it() -> None:
    old = pins("1.15", "3.7")
    assert old is not None
    assert satisfies(old["protobuf"], "<3.21")
    assert satisfies(old["h5py"], "<3")
    fourteen = pins("1.14", "3.7")
    assert fourteen is not None
    assert satisfies(fourteen["gast"], "<0.3")


def test_pythons_are_found_and_start() -> None:
    found = pythons()
    assert found
    for minor, path in found.items():
        assert minor_of(version_of(path)) == minor


def test_what_does_not_start_has_no_version(tmp_path: Path) -> None:
    assert version_of(str(tmp_path / "absent")) == ""
