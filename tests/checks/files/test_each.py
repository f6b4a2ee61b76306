"""A folder of models: what counts as one, and one report for each however its examination ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loadstone.checks.each import check_each, sources
from loadstone.cli import main
from loadstone.facts.environment import Environment

ENVIRONMENT = Environment()


def _models(wild: Path, folder: Path) -> None:
    for name in ("keras-29-dense-h5", "ckpt2-mnist-regression-sugyan", "savedmodel-tfserving-tf2-cpu"):
        shutil.copytree(wild / name, folder / "group" / name)
    (folder / "README.md").write_text("words")
    (folder / "cut.h5").write_bytes((wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()[:9000])


def test_a_model_is_a_folder_a_file_or_an_index(wild: Path, tmp_path: Path) -> None:
    _models(wild, tmp_path)
    names = [str(Path(source).relative_to(tmp_path)) for source in sources(tmp_path)]
    assert names == [
        "cut.h5",
        "group/ckpt2-mnist-regression-sugyan/regression.ckpt.index",
        "group/keras-29-dense-h5/model-3.h5",
        "group/keras-29-dense-h5/model-4.h5",
        "group/savedmodel-tfserving-tf2-cpu",
    ]


def test_processes_give_the_same_reports_as_one(wild: Path, tmp_path: Path) -> None:
    _models(wild, tmp_path)
    places = sources(tmp_path) * 2
    done: list[int] = []
    many = check_each(places, ENVIRONMENT, jobs=2, done=lambda: done.append(1))
    assert many == check_each(places, ENVIRONMENT, jobs=1)
    assert len(done) == len(places)
    assert [report.source for report in many] == places


@pytest.mark.parametrize("option", ["--config", "--labels", "--skeleton"])
def test_an_option_of_one_model_is_refused_for_many(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "of one"
    assert main(["check", str(tmp_path), "--each", option, str(place)]) == 2
    assert f"loadstone check MODEL {option} '{place}'" in capsys.readouterr().err
    assert not place.exists()


def test_the_command_sums_up(wild: Path, tmp_path: Path) -> None:
    _models(wild, tmp_path)
    assert main(["check", str(tmp_path), "--each", "--against", "python==3.11"]) == 1
    assert main(["check", str(tmp_path / "group" / "keras-29-dense-h5"), "--each", "--json"]) == 0
