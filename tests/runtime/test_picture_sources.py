"""From words to pictures: files, folders, patterns, lists, addresses, videos."""

from __future__ import annotations

import io
import threading
from collections.abc import Generator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loadstone.errors import SourceError
from loadstone.runtime.pictures import picture_address
from loadstone.runtime.pictures.picture_files import BadPicture, Picture
from loadstone.runtime.pictures.picture_sources import PictureSource, ahead, count_of, expand, given, pictures


def paint(path: Path, shade: int = 9) -> Path:
    Image.fromarray(np.full((6, 8, 3), shade, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", ".hidden.jpg"):
        paint(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "clip.mp4").write_bytes(b"")
    return tmp_path


def kinds(sources: list[PictureSource]) -> list[tuple[str, str]]:
    return [(source.kind, Path(source.name).name) for source in sources]


def test_folder_gives_its_pictures_in_order(folder: Path) -> None:
    assert kinds(expand([str(folder)])) == [("file", "a.PNG"), ("file", "b.jpg"), ("video", "clip.mp4")]


def test_pattern_is_expanded_here_too(folder: Path) -> None:
    assert kinds(expand([str(folder / "*.jpg")])) == [("file", "b.jpg")]
    assert expand([str(folder / "*.bmp")])[0].reason == "no file matches the pattern"


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert kinds(expand([str(paint(tmp_path / "shot[1].png"))])) == [("file", "shot[1].png")]


def test_list_on_standard_input(folder: Path) -> None:
    listed = [f"{folder / 'b.jpg'}\r\n", "\n", "https://example.org/x.jpg\n"]
    assert kinds(expand(["-"], listed)) == [("file", "b.jpg"), ("address", "x.jpg")]


def test_words_that_give_nothing(tmp_path: Path) -> None:
    sources = expand([str(tmp_path / "absent.jpg"), "ftp://example.org/x.jpg", str(tmp_path)])
    assert [source.kind for source in sources] == ["nothing"] * 3
    assert [type(item) for item in pictures(sources)] == [BadPicture] * 3


def test_camera_is_a_number() -> None:
    sources = expand(["0"])
    assert sources == [PictureSource("camera", "0")]
    assert count_of(sources) is None


def test_bad_pictures_keep_their_places(folder: Path) -> None:
    (folder / "aa.jpg").write_bytes(b"no picture")
    found = list(pictures(expand([str(folder / "*.[jP]*")])))
    assert [type(item) for item in found] == [Picture, BadPicture, Picture]


def test_what_a_python_caller_hands_over(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 40)
    array = np.full((6, 8, 3), 40, np.uint8)
    for images in (path, str(path), array, Image.fromarray(array), [path, array], iter([Image.fromarray(array)])):
        found = list(given(images))
        assert all(np.array_equal(picture.pixels, array) for picture in found)
        assert len(found) == (2 if isinstance(images, list) else 1)
    with pytest.raises(SourceError, match="no such file"):
        list(given(tmp_path / "absent.png"))
    with pytest.raises(SourceError, match="not a picture"):
        list(given([3]))


def test_ahead_keeps_order_and_passes_errors_on() -> None:
    assert list(ahead(range(20), 3)) == list(range(20))
    assert list(ahead([], 3)) == []

    def failing() -> Iterator[int]:
        yield 1
        raise RuntimeError("a fault of our own")

    with pytest.raises(RuntimeError, match="of our own"):
        list(ahead(failing(), 2))


def test_ahead_stops_when_nobody_listens() -> None:
    items = ahead(iter(range(10**9)), 2)
    assert next(items) == 0
    assert isinstance(items, Generator)
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loadstone-pictures")]


def test_video_gives_frames(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for shade in range(0, 250, 50):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = list(pictures(expand([str(path)]), stride=2))
    assert [item.name.rpartition("#")[2] for item in found] == ["0", "2", "4"]
    assert isinstance(found[2], Picture)
    assert found[2].pixels.shape == (16, 32, 3)
    assert abs(int(found[2].pixels.mean()) - 200) < 12


def test_broken_video_is_one_bad_picture(tmp_path: Path) -> None:
    pytest.importorskip("av")
    (tmp_path / "clip.mp4").write_bytes(b"no video at all")
    found = list(pictures(expand([str(tmp_path / "clip.mp4")])))
    assert [type(item) for item in found] == [BadPicture]


class Answers(BaseHTTPRequestHandler):
    """Serves one picture, one page, and one body that never ends well."""

    def do_GET(self) -> None:
        stream = io.BytesIO()
        Image.fromarray(np.full((6, 8, 3), 77, np.uint8)).save(stream, format="PNG")
        bodies = {"/a%20b.png": stream.getvalue(), "/page.jpg": b"<!doctype html>", "/long.jpg": b"x" * 5000}
        body = bodies.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Stay silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), Answers) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_pictures_from_addresses(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_address, "PICTURE_BYTES", 4096)
    words = [f"{server}/{name}" for name in ("a%20b.png", "page.jpg", "absent.jpg", "long.jpg")]
    good, *bad = pictures(expand(words))
    assert isinstance(good, Picture)
    assert good.file_name == "a b.png"
    assert good.pixels[0, 0].tolist() == [77, 77, 77]
    facts = [item.error.fact for item in bad if isinstance(item, BadPicture)]
    assert "an HTML page" in facts[0]
    assert "answered 404" in facts[1]
    assert "longer than is fetched" in facts[2]


def test_refused_connection_is_one_sentence() -> None:
    (bad,) = pictures([PictureSource("address", "http://127.0.0.1:9/x.jpg")])
    assert isinstance(bad, BadPicture)
    assert "cannot be fetched" in bad.error.fact
