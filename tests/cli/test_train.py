"""`loadstone train`: what is refused before anything is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch", "4"], "its own --batch"),
        (["--ema", "--patience", "3", "--freeze", "backbone"], "its own --ema, --patience, --freeze"),
        (["--mixed-precision", "--input-size", "320", "--lr", "0.1"], "its own --lr, --mixed-precision, --input-size"),
    ],
)
def test_a_run_that_goes_on_refuses_what_it_has_decided(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--resume", str(tmp_path), *words]) == 3
    assert said in capsys.readouterr().err


def test_a_number_of_too_many_digits_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--model", "x", "--data", "y", "--epochs", "12345678901"]) == 2
    assert "'12345678901' is too large a number" in capsys.readouterr().err
