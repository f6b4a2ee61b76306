"""`fix` writes a whole new file or nothing, and no byte and no date of what it was given changes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from loadstone.checks import check
from loadstone.cli import main
from loadstone.errors import LoadstoneError, RefusedError, SourceError
from loadstone.facts.environment import Environment
from loadstone.repairs import fix, registry
from loadstone.repairs.keras import keras_dialect
from tests.support.checkpoints import config, values, write_tf1
from tests.support.keras_files import Config, dense, keras_h5, keras_zip, kernels, layer, sequential, start
from tests.support.zips import zipped

KERAS3 = Environment(python="3.11.7", packages={"keras": "3.15.1", "tensorflow": "2.21.0"})


def model(folder: Path) -> Path:
    """A model that needs one key dropped."""
    net = sequential(start(4, 4, 3), layer("DepthwiseConv2D", "dw", groups=1, kernel_size=3), dense())
    arrays = {"dw": kernels((3, 3, 3, 1), (3,)), "dense": kernels((3, 2), (2,))}
    return keras_h5(folder / "model.h5", net, arrays)


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, date and content of every file and folder below a folder."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            b"" if path.is_dir() else path.read_bytes(),
        )
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Takes the right to write from a folder and all in it, and gives it back after the test."""
    done: list[Path] = []

    def seal(folder: Path) -> None:
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
            done.append(path)

    yield seal
    for path in reversed(done):
        path.chmod(0o755)


def wrong_state_file(folder: Path) -> Path:
    write_tf1(folder, values(config("ssd_mobilenet_v1")))
    (folder / "checkpoint").write_text('model_checkpoint_path: "/content/drive/model.ckpt"\n')
    return folder


def bad_label_map(folder: Path) -> Path:
    path = folder / "labels.pbtxt"
    path.write_text("item {\n  id: 1\n  name: “cat”\n}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [model, wrong_state_file, bad_label_map])
def test_a_source_that_may_only_be_read_is_mended_elsewhere(
    make: Callable[[Path], Path], tmp_path: Path, sealed: Callable[[Path], None]
) -> None:
    (tmp_path / "given").mkdir()
    source = make(tmp_path / "given")
    sealed(tmp_path / "given")
    before = everything(tmp_path / "given")
    fixed = fix(source, tmp_path / "new", environment=KERAS3)
    assert [plan.grade for plan in fixed.applied] == ["safe"]
    assert fixed.output == str(tmp_path / "new")
    assert everything(tmp_path / "given") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "new"]


def test_nothing_is_written_where_there_is_nothing_to_mend(tmp_path: Path) -> None:
    path = keras_h5(tmp_path / "m.h5", sequential(start(3), dense()), {"dense": kernels((3, 2), (2,))})
    before = everything(tmp_path)
    assert fix(path, environment=KERAS3).output is None
    assert everything(tmp_path) == before


def test_a_repair_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = model(tmp_path)

    def full(_: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(keras_dialect, "apply", full)
    with pytest.raises(SourceError, match="cannot be written") as caught:
        fix(path, environment=KERAS3)
    assert (caught.value.where, caught.value.found) == (str(tmp_path), "No space left on device")
    assert [one.name for one in tmp_path.iterdir()] == ["model.h5"]
    assert path.read_bytes() == before


def test_an_output_without_a_folder_and_one_that_is_taken_are_refused(tmp_path: Path) -> None:
    path = model(tmp_path)
    (tmp_path / "link.h5").symlink_to("nowhere")
    with pytest.raises(SourceError, match="folder is not there") as caught:
        fix(path, tmp_path / "a b" / "new.h5", environment=KERAS3)
    assert caught.value.help == f"mkdir -p '{tmp_path}/a b'"
    for taken in (path, tmp_path / "link.h5"):
        with pytest.raises(RefusedError, match="exists already"):
            fix(path, taken, environment=KERAS3)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.h5", "model.h5"]
    assert os.readlink(tmp_path / "link.h5") == "nowhere"


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    # Also the superuser cannot make a file there.
    if not Path("/proc/self").is_dir():
        pytest.skip("there is no /proc here")
    with pytest.raises(SourceError, match="cannot be written") as caught:
        fix(model(tmp_path), "/proc/new.h5", environment=KERAS3)
    assert caught.value.where == "/proc"


def test_rules_for_names_are_kept_where_another_repair_comes_first(tmp_path: Path) -> None:
    prefix = write_tf1(tmp_path, {"a/x": np.ones(2, np.float32)})
    data = tmp_path / f"{prefix.name}.data-00000-of-00001"
    data.rename(tmp_path / f"{data.name} (1)")
    fixed = fix(
        f"{prefix}.index", environment=KERAS3, only=["restore-shard-names", "rename-variables"], rename=[("a", "b")]
    )
    assert [plan.repair for plan in fixed.applied] == ["restore-shard-names", "rename-variables"]


def sources(folder: Path) -> Iterator[Path]:
    """Whole files of several kinds, each of which a repair would mend."""
    yield model(folder)
    net = {**sequential(layer("InputLayer", "start", batch_shape=[None, 3]), dense(groups=1)), "module": "keras"}
    arrays = dict(zip(("layers/dense/vars/0", "layers/dense/vars/1"), kernels((3, 2), (2,)), strict=True))
    yield keras_zip(folder / "model.keras", net, arrays, "2.14.0")
    yield bad_label_map(folder)
    path = folder / "archive.zip"
    path.write_bytes(zipped([("model/model.h5", (folder / "model.h5").read_bytes())]))
    yield path


def broken(data: bytes) -> Iterator[bytes]:
    """Cut, changed and zeroed copies, spread over the file."""
    for part in range(1, 12):
        at = len(data) * part // 12
        yield data[:at]
        yield data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]
        yield data[:at] + bytes(16) + data[at + 16 :]


@pytest.mark.parametrize("number", range(4))
def test_broken_files_end_in_a_clear_error_or_a_whole_file(number: int, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    source = list(sources(tmp_path / "whole"))[number]
    path = tmp_path / source.name
    for tried, data in enumerate(broken(source.read_bytes())):
        path.write_bytes(data)
        for only in ((), tuple(registry.names())):
            output = tmp_path / f"new-{tried}-{len(only)}"
            try:
                written = fix(path, output, environment=KERAS3, only=only).output is not None
            except LoadstoneError:
                written = False
            assert output.exists() is written
        assert path.read_bytes() == data
    assert list(tmp_path.glob(".loadstone*")) == []


def test_the_command_that_applies_a_repair_has_the_options_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prefix = write_tf1(tmp_path / "a b", values(config("ssd_mobilenet_v1", 3)))
    path = tmp_path / "pipeline.config"
    path.write_text(config("ssd_mobilenet_v1", 7))
    assert main(["fix", str(prefix), "--to", str(path), "--against", "tensorflow==1.15"]) == 1
    (told,) = (line for line in capsys.readouterr().out.splitlines() if line.endswith("applies it"))
    words = shlex.split(told.partition("help")[2].partition("   applies")[0].strip())
    assert words[0] == "loadstone"
    main(words[1:])
    assert (tmp_path / "a b" / "model.ckpt.fixed").is_dir()


STRANGE: list[Config] = [
    {"config": {"layers": [dense()]}},
    {"class_name": ["Sequential"], "config": {"layers": [dense()]}},
    {"class_name": "Sequential", "config": [None, {**dense(), "module": ["keras"]}, {"class_name": 1, "config": 2}]},
    {**sequential({**dense(), "module": {}}), "module": "keras"},
]


@pytest.mark.parametrize("net", STRANGE)
@pytest.mark.parametrize("kind", ["h5", "keras"])
def test_a_configuration_that_no_keras_writes_breaks_nothing(net: Config, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{kind}"
    if kind == "h5":
        keras_h5(path, net, {"dense": kernels((3, 2), (2,))})
    else:
        keras_zip(path, net, {"layers/dense/vars/0": kernels((3, 2))[0]}, "3.8.0")
    before = path.read_bytes()
    report = check(path, KERAS3)
    assert report.source == str(path)
    fixed = fix(path, tmp_path / f"new.{kind}", environment=KERAS3)
    assert (fixed.output is None) is (not fixed.applied)
    assert path.read_bytes() == before
