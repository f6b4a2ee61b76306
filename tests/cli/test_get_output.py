"""What `get`, `list`, `verify`, `cache` and `doctor` print: data on standard output, all else on the other."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from loadstone.cli import main
from loadstone.facts.transfer import TransferState
from loadstone.report.transfer import chosen_style, megabytes, renderer
from tests.fetch.server import FaultServer
from tests.fetch.support import QUICK, Command, archive, run_process

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that do not make a test wait."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return Command(tmp_path / "cache", capsys)


def test_the_path_alone_goes_to_standard_output(command: Command) -> None:
    with FaultServer(archive()) as server:
        ran = command("get", server.url)
        assert ran.out == f"{ran.path}\n"
        assert "model.tar.gz  100%" in ran.err
        quiet = command("get", "-q", server.url.replace("127.0.0.1", "localhost"))
        assert quiet.err == ""


def test_a_line_at_each_tenth_and_where_it_goes_on(command: Command) -> None:
    with FaultServer(archive(600_000), "drop_norange") as server:
        assert command("get", server.url).code == 5
        server.heal()
        err = command("get", server.url).err
    assert "goes on at" in err
    assert err.count("%") <= 10


def test_json_is_one_document_and_progress_json_lines(command: Command) -> None:
    with FaultServer(archive()) as server:
        ran = command("get", "--json", server.url)
    result = ran.document["results"][0]
    assert ran.document["schema_version"] == 1
    assert Path(result["path"]).is_dir()
    assert result["fetched_bytes"] == result["bytes"] == len(archive())
    moments = [json.loads(line)["transfer"] for line in ran.err.splitlines()]
    assert moments[-1]["phase"] == "verifying"
    assert moments[-1]["have"] == len(archive())


def test_an_error_as_json(command: Command) -> None:
    with FaultServer(archive(), "404") as server:
        ran = command("get", "--json", server.url)
        assert ran.code == 5
        assert ran.document["error"]["message"] == "there is no such file at this address (404)"
        both = command("get", "--json", server.url, "nonsense")
        assert [sorted(row) for row in both.document["results"]] == [["error"], ["error"]]


def test_dry_run_shows_and_fetches_nothing(command: Command) -> None:
    with FaultServer(archive()) as server:
        ran = command("get", "--dry-run", server.url)
        assert f"url          {server.url}" in ran.out
        assert f"{len(archive()):,} bytes" in ran.out
        assert "pinned on first use" in ran.out
        assert command.everything() == {}
        document = command("get", "--dry-run", "--json", "--offline", "keras:ResNet50").document["plans"][0]
        assert document["hash"] == "md5:2cb95161c43110f7111970584f804107"
        assert document["size"] is None
        command("get", server.url)
        assert "here already" in command("get", "--dry-run", server.url).out


def test_what_the_catalogue_knows_is_said_before(command: Command) -> None:
    ran = command("get", "--offline", "spaghettinet_edgetpu_s", "extremenet")
    assert "made for TensorFlow 2" in ran.err
    assert "the archive holds a checkpoint only" in ran.err
    assert "nearest that runs as it is: loadstone get" in ran.err


def test_usage(command: Command) -> None:
    assert command("get", "a", "b", "--sha256", "00").code == 2
    assert command("get").code == 2
    assert command("get", "--help").code == 0


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["fpnlite", "320"], "  ssd_mobilenet_v2_fpnlite_320x320_coco17_tpu-8"),
        (["resnet50", "keras"], "  keras:ResNet50 "),
        (["vgg16/notop"], "  keras:VGG16/notop"),
        (["context"], "○ context_rcnn_resnet101_snapshot_serengeti"),
    ],
)
def test_list_searches(words: list[str], first: str, command: Command) -> None:
    assert command("list", *words).out.startswith(first)


def test_list_as_json_and_nothing_found(command: Command) -> None:
    everything = command("list", "--json", "--all").document["models"]
    assert len(everything) == 266
    assert len(command("list").out.splitlines()) == 130
    nothing = command("list", "yolo")
    assert nothing.code == 1
    assert nothing.out == ""
    assert command("list", "--here").code == 1


def test_list_and_get_import_nothing_heavy(command: Command, tmp_path: Path) -> None:
    import subprocess
    import sys

    with FaultServer(archive()) as server:
        command("get", server.url)
        for words in (["list"], ["get", server.url]):
            code = f"import sys; from loadstone.cli import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            heavy = {"numpy", "urllib3", "rich", "h5py", "argparse", "typing", "dataclasses", "ssl", "http.client"}
            assert not heavy & set(done.stderr.split())


def test_doctor(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:secret@proxy.example:3128")
    ran = command("doctor")
    assert ran.code == 0
    assert str(command.home) in ran.out
    assert "secret" not in ran.out
    assert command("doctor", "--json").document["packages"]["urllib3"] != "not installed"


def test_doctor_walks_the_network(command: Command) -> None:
    with FaultServer(archive()) as server:
        ran = command("doctor", "--network", server.url)
        assert ran.code == 0
        stations = [line.split()[1] for line in ran.out.splitlines()]
        assert stations == ["address", "proxy", "name", "connect", "status", "ranges", "speed"]
        assert "supported: a broken download goes on" in ran.out
        server.scenario = "403"
        refused = command("doctor", "--network", server.url, "--json")
        assert refused.code == 5
        assert refused.document["stations"][-1]["found"] == "the server refuses access (403)"
    closed = command("doctor", "--network", server.url)
    assert closed.code == 5
    assert "FAILS  connect  the connection is refused" in closed.out
    assert command("doctor", "--network", "nonsense").code == 5


def test_doctor_looks_at_certificates(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    with FaultServer(archive(), tls=context) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        ran = command("doctor", "--network", server.url)
        assert ran.code == 0, ran.out
        assert "TLSv1." in ran.out
        assert "valid until" in ran.out
        other = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(other)
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
        failed = command("doctor", "--network", server.url)
        assert "FAILS  TLS" in failed.out
        assert "SSL_CERT_FILE" in failed.out


def test_a_bar_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with renderer("bar", stream) as draw:
        for have in range(0, 1001, 100):
            draw(TransferState("model.tar.gz", "moving", have * 1000, 1_000_000, resumed=300_000))
    assert "model.tar.gz (from 0.3 MB)" in stream.getvalue()
    assert "1.0/1.0 MB" in stream.getvalue()


def test_the_style_follows_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert chosen_style(quiet=True, as_json=False) == "quiet"
    assert chosen_style(quiet=False, as_json=True) == "json"
    assert chosen_style(quiet=False, as_json=False, stream=io.StringIO()) == "lines"
    reading, writing = os.openpty()
    with os.fdopen(writing, "w") as terminal:
        assert chosen_style(quiet=False, as_json=False, stream=terminal) == "bar"
        monkeypatch.setenv("TERM", "dumb")
        assert chosen_style(quiet=False, as_json=False, stream=terminal) == "lines"
    os.close(reading)


def test_lines_without_a_length() -> None:
    stream = io.StringIO()
    with renderer("lines", stream) as draw:
        for have in range(0, 200_000_001, 10_000_000):
            draw(TransferState("x", "moving", have, None))
        draw(TransferState("x", "waiting", note="another process is fetching this"))
    assert stream.getvalue().splitlines()[:2] == ["  x  50.0 MB", "  x  100.0 MB"]
    assert "another process" in stream.getvalue()


def test_bytes_as_people_compare_them() -> None:
    assert megabytes(19_400_000) == "19.4 MB"
    assert megabytes(134) == "134 bytes"


def test_interrupted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    import signal
    import subprocess
    import sys
    import time
    from functools import partial

    from tests.fetch.support import environment

    # A shell that starts the tests in its background has them, and so their children, ignore the signal.
    before_us = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(partial(signal.signal, signal.SIGINT, before_us))
    with FaultServer(archive(2_000_000), "drip") as server:
        for urls in ([server.url], [server.url, f"{server.url}?2"]):
            before = len(server.requests)
            process = subprocess.Popen(
                [sys.executable, "-m", "loadstone", "get", *urls],
                env=environment(tmp_path / "cache"),
                stderr=subprocess.PIPE,
                text=True,
            )
            while len(server.requests) == before and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            err = process.communicate(timeout=20)[1]
            assert process.returncode == 130, err
            assert "interrupted" in err
            assert "Traceback" not in err


def test_the_python_interface(command: Command) -> None:
    import loadstone

    with FaultServer(archive(), "drop_range") as server:
        moments: list[TransferState] = []
        path = loadstone.get(server.url, progress=moments.append)
        assert (path / "weights.bin").exists()
        assert moments[-1].phase == "verifying"
        with pytest.raises(loadstone.errors.LoadstoneError, match="not here"):
            loadstone.get("faster_rcnn_nas", offline=True)


def test_a_process_of_its_own(tmp_path: Path) -> None:
    with FaultServer(archive(), "drop_range") as server:
        ran = run_process(tmp_path / "cache", "get", server.url)
    assert ran.code == 0
    assert (ran.path / "weights.bin").exists()


def test_help_of_every_command(command: Command) -> None:
    for name in ("get", "list", "verify", "cache", "doctor"):
        assert main([name, "--help"]) == 0
