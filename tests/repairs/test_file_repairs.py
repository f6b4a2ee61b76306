"""Repairs of whole files: re-encoded bytes, stand-ins, archives."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from loadstone.checks import check
from loadstone.errors import FormatError, SourceError
from loadstone.facts.environment import Environment
from loadstone.repairs import fix
from tests.fetch.server import FaultServer
from tests.support.zips import zipped

ENVIRONMENT = Environment()


def test_a_graph_read_as_mac_roman_comes_back_but_for_its_line_ends(wild: Path, tmp_path: Path) -> None:
    source = wild / "broken-macroman-facedet-pb" / "opencv_face_detector_uint8.pb"
    healthy = (wild / "tf1-opencv-face-uint8" / "opencv_face_detector_uint8.pb").read_bytes()
    (waiting,) = fix(source, tmp_path / "none.pb", environment=ENVIRONMENT).left
    assert (waiting.grade, waiting.asked[:14]) == ("ask", "no CR is left,")
    fixed = fix(source, tmp_path / "out.pb", environment=ENVIRONMENT, only=["undo-reencoding"])
    found = (tmp_path / "out.pb").read_bytes()
    assert [plan.repair for plan in fixed.applied] == ["undo-reencoding"]
    assert len(found) == len(healthy)
    differ = [at for at, (one, other) in enumerate(zip(found, healthy, strict=True)) if one != other]
    assert len(differ) == 30
    assert {(found[at], healthy[at]) for at in differ} == {(0x0A, 0x0D)}


@pytest.mark.parametrize(
    ("codec", "saved"),
    [("latin-1", "utf-8"), ("cp437", "utf-8"), ("mac_roman", "utf-8"), ("latin-1", "utf-16"), ("cp437", "utf-16")],
)
def test_every_byte_of_a_lossless_reencoding_comes_back(wild: Path, tmp_path: Path, codec: str, saved: str) -> None:
    healthy = (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()
    path = tmp_path / "model.h5"
    path.write_bytes(healthy.decode(codec).encode(saved))
    fixed = fix(path, tmp_path / "out.h5", environment=ENVIRONMENT, only=["undo-reencoding"])
    assert [plan.repair for plan in fixed.applied] == ["undo-reencoding"]
    assert (tmp_path / "out.h5").read_bytes() == healthy


def test_a_text_is_not_taken_for_a_reencoded_binary(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Überschrift: größere Wörter\n" * 100, encoding="utf-16")
    fixed = fix(path, environment=ENVIRONMENT, only=["undo-reencoding"])
    assert fixed.applied == ()
    assert fixed.output is None


def test_a_pointer_is_replaced_from_the_clones_own_store(tmp_path: Path) -> None:
    content = b"\x89HDF\r\n\x1a\n" + bytes(200)
    digest = hashlib.sha256(content).hexdigest()
    store = tmp_path / ".git" / "lfs" / "objects" / digest[:2] / digest[2:4]
    store.mkdir(parents=True)
    (store / digest).write_bytes(content)
    path = tmp_path / "models" / "m.h5"
    path.parent.mkdir()
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n")
    found = next(finding for finding in check(path, ENVIRONMENT).findings if finding.fault == "lfs-pointer")
    assert found.repair == "fetch-from-lfs-store"
    fix(path, tmp_path / "out.h5", environment=ENVIRONMENT)
    assert (tmp_path / "out.h5").read_bytes() == content


def test_an_archive_is_unpacked_under_its_safe_names_alone(wild: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(wild / "savedmodel-tfserving-tf2-cpu", "export")
        archive.add(wild / "manifest.jsonl", "../outside.txt")
    fix(path, tmp_path / "out", environment=ENVIRONMENT, only=["unpack-archive"])
    written = sorted(str(one.relative_to(tmp_path / "out")) for one in (tmp_path / "out").rglob("*") if one.is_file())
    assert "export/saved_model.pb" in written
    assert not [name for name in written if "outside" in name]
    assert not (tmp_path.parent / "outside.txt").exists()
    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("names", [("m.h5", "m.h5/x"), ("a/m.h5", "a")])
def test_an_archive_whose_members_hide_each_other_is_refused(
    wild: Path, tmp_path: Path, names: tuple[str, str]
) -> None:
    content = (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()
    path = tmp_path / "m.zip"
    path.write_bytes(zipped([(name, content) for name in names]))
    with pytest.raises(FormatError, match="side by side"):
        fix(path, tmp_path / "out", environment=ENVIRONMENT, only=["unpack-archive"])
    assert [one.name for one in tmp_path.iterdir()] == ["m.zip"]


@pytest.mark.parametrize(
    ("folder", "ending", "named", "given"),
    [
        ("tflite-facemask-aizoo", ".tflite", "m.pb", ".tflite"),
        ("tf1-facemask-aizoo", ".pb", "m.tflite", ".pb"),
        ("tf1-facemask-aizoo", ".pb", "m.h5", ".pb"),
    ],
)
def test_a_file_gets_the_ending_of_what_it_is(
    wild: Path, tmp_path: Path, folder: str, ending: str, named: str, given: str
) -> None:
    source = next(path for path in sorted((wild / folder).iterdir()) if path.suffix == ending)
    path = tmp_path / named
    path.write_bytes(source.read_bytes())
    done = fix(path, None, environment=ENVIRONMENT, only=["right-ending"])
    assert done.output is not None
    assert Path(done.output).name == f"m.fixed{given}"
    assert Path(done.output).read_bytes() == source.read_bytes()
    assert "extension-mismatch-format" not in [one.fault for one in check(done.output, ENVIRONMENT).findings]
    unusual = tmp_path / "m.bin"
    unusual.write_bytes(source.read_bytes())
    assert "extension-mismatch-format" not in [one.fault for one in check(unusual, ENVIRONMENT).findings]


def test_an_archive_inside_an_archive_is_not_called_clean(wild: Path, tmp_path: Path) -> None:
    inner = zipped([("m.h5", (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes())])
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped([("inner.zip", inner)]))
    report = check(path, ENVIRONMENT)
    assert [one.reason for one in report.not_examined if one.where.endswith("inner.zip")]


def _pointer(folder: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / "m.h5"
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n")
    return path


def test_a_pointer_is_fetched_from_the_origin_that_is_named(wild: Path, tmp_path: Path) -> None:
    import loadstone
    from loadstone.errors import LoadstoneError

    content = (wild / "keras-29-dense-h5" / "model-3.h5").read_bytes()
    with FaultServer(content, name="m.h5") as server:
        fixed = loadstone.fix(_pointer(tmp_path, content), tmp_path / "out.h5", origin=server.url)
        assert fixed.output == str(tmp_path / "out.h5")
        assert (tmp_path / "out.h5").read_bytes() == content
        with pytest.raises(LoadstoneError):
            loadstone.fix(_pointer(tmp_path, content + b"x"), tmp_path / "other.h5", origin=server.url)
    assert not (tmp_path / "other.h5").exists()


def test_a_fetched_file_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import loadstone

    def full(_: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    content = b"\x89HDF\r\n\x1a\n" + bytes(200)
    monkeypatch.setattr("loadstone.api.pointer.shutil.copyfile", full)
    with FaultServer(content, name="m.h5") as server, pytest.raises(SourceError, match="cannot be written"):
        loadstone.fix(_pointer(tmp_path, content), tmp_path / "out.h5", origin=server.url)
    assert [one.name for one in tmp_path.glob("*") if one.is_file()] == ["m.h5"]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:who/models.git", "https://media.githubusercontent.com/media/who/models/main/a%20b/m.h5"),
        ("https://token@github.com/who/models", "https://media.githubusercontent.com/media/who/models/main/a%20b/m.h5"),
        ("https://huggingface.co/who/models", "https://huggingface.co/who/models/resolve/main/a%20b/m.h5"),
        ("ssh://git@gitlab.com/who/sub/models.git", "https://gitlab.com/who/sub/models/-/raw/main/a%20b/m.h5"),
    ],
)
def test_a_clones_remote_gives_the_address_of_the_file(tmp_path: Path, remote: str, address: str) -> None:
    from loadstone.api.pointer import address_of

    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git" / "config").write_text(f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {remote}\n')
    (tmp_path / "a b").mkdir()
    assert address_of(_pointer(tmp_path / "a b", b"content"), "git") == address
