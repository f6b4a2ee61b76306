"""The families `network` and `permission`: what clients print, told apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import loadstone as ls
from loadstone.checks.permission import h5_file_locking, h5_file_open_elsewhere
from loadstone.facts.environment import Environment

FETCH = "Exception: URL fetch failure on https://example.org/w/a.h5: "


MESSAGES = [
    (FETCH + "None -- [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:748)", "net-tls-no-ca"),
    ("curl: (60) SSL certificate problem: unable to get local issuer certificate", "net-tls-no-ca"),
    ("urllib.error.URLError: <urlopen error unknown url type: https>", "net-tls-no-ca"),
    (FETCH + "None -- [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1129)", "net-proxy-misconfigured"),
    ("OSError: Tunnel connection failed: 407 Proxy Authentication Required", "net-proxy-misconfigured"),
    ("requests.exceptions.ProxyError: HTTPSConnectionPool(host='a', port=443)", "net-proxy-misconfigured"),
    ("ValueError: check_hostname requires server_hostname", "net-proxy-misconfigured"),
    (FETCH + "None -- [Errno -3] Temporary failure in name resolution", "net-dns-or-offline"),
    (FETCH + "None -- [Errno 11001] getaddrinfo failed", "net-dns-or-offline"),
    (FETCH + "None -- [Errno 8] nodename nor servname provided, or not known", "net-dns-or-offline"),
    ("curl: (6) Could not resolve host: example.org", "net-dns-or-offline"),
    ("urllib.error.URLError: <urlopen error [Errno 101] Network is unreachable>", "net-dns-or-offline"),
    (FETCH + "None -- [Errno 110] Connection timed out", "net-blocked-or-timeout"),
    (
        FETCH + "None -- [WinError 10060] A connection attempt failed because the connected party",
        "net-blocked-or-timeout",
    ),
    (
        "urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='x', port=443): Read timed out.",
        "net-blocked-or-timeout",
    ),
    ("urllib.error.URLError: <urlopen error [Errno 111] Connection refused>", "net-blocked-or-timeout"),
    (
        "urllib.error.ContentTooShortError: <urlopen error retrieval incomplete: got only 5 out of 9 bytes>",
        "net-interrupted",
    ),
    ("urllib3.exceptions.IncompleteRead: IncompleteRead(17 bytes read, 83 more expected)", "net-interrupted"),
    (
        FETCH + "None -- [WinError 10054] An existing connection was forcibly closed by the remote host",
        "net-interrupted",
    ),
    ("curl: (18) transfer closed with 4096 bytes remaining to read", "net-interrupted"),
    (FETCH + "502 -- Bad Gateway", "net-server-failing"),
    ("urllib.error.HTTPError: HTTP Error 503: Service Unavailable", "net-server-failing"),
    ("OSError: [Errno 30] Read-only file system: '/mnt/x/model.weights.h5'", "readonly-masked-as-not-found"),
    (
        "HTTPError: 403 Client Error for url: https://k.com/x\nissues: User has not consented to terms of use.",
        "auth-consent-missing",
    ),
    (FETCH + "404 -- Not Found", "url-gone-or-forbidden"),
    (FETCH + "403 -- Forbidden", "url-gone-or-forbidden"),
    ("urllib.error.HTTPError: HTTP Error 404: Not Found", "url-gone-or-forbidden"),
    (
        "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://a.example/b",
        "url-gone-or-forbidden",
    ),
    ("2020-01-01 10:00:00 ERROR 404: Not Found.\nwget https://a.example/b", "url-gone-or-forbidden"),
    (
        "KaggleApiHTTPError: 403 Client Error.\nmake sure you are authenticated: a resource requiring consent.",
        "auth-consent-missing",
    ),
    ("huggingface_hub.errors.GatedRepoError: 403 Client Error. Cannot access gated repo", "auth-consent-missing"),
    (
        "OSError: Unable to open file (unable to lock file, errno = 37, error message = 'No locks available')",
        "h5-file-locking",
    ),
    ("BlockingIOError: [Errno 11] Unable to open file (unable to lock file, errno = 11)", "h5-file-open-elsewhere"),
    ("OSError: Unable to create file (unable to truncate a file which is already open)", "h5-file-open-elsewhere"),
    ("PermissionError: [Errno 13] Permission denied: '/.keras'", "cache-not-writable"),
    ("OSError: [Errno 30] Read-only file system: '/home/u/.cache/huggingface/x'", "cache-not-writable"),
    (
        "ValueError: File not found: filepath=/m/a.keras. Please\nmount: /m type overlay read-only",
        "readonly-masked-as-not-found",
    ),
]
"""What clients print, and the fault that it is."""


@pytest.mark.parametrize(("text", "fault"), MESSAGES)
def test_a_client_s_message_is_recognised(text: str, fault: str) -> None:
    findings = ls.explain(text, files=False).findings
    assert [finding.fault for finding in findings[:1]] == [fault]
    assert findings[0].help


@pytest.mark.parametrize(
    "text",
    [
        "ConnectionRefusedError: [Errno 111] Connection refused\n  File 'debugpy/server.py'",
        "W tensorflow/core/distributed_runtime/rpc.cc: worker 3: Connection reset by peer",
        "step 404: loss 0.403",
        "PermissionError: [Errno 13] Permission denied: 'results.csv'",
    ],
)
def test_another_connection_is_no_download(text: str) -> None:
    named = {finding.fault for finding in ls.explain(text, files=False).findings}
    assert not {name for name in named if name.startswith(("net-", "url-", "cache-", "auth-"))}


def test_the_help_names_the_address_and_its_new_place() -> None:
    old = "https://storage.googleapis.com/keras-applications/nasnet/NASNet-large.h5"
    finding = ls.explain(f"Exception: URL fetch failure on {old}: 403 -- Forbidden").findings[0]
    assert old in finding.fact
    assert "tensorflow/keras-applications/" in finding.help
    repeated = ls.explain(FETCH.replace("/w/a.h5", "/v1/v1/a.h5") + "404 -- Not Found").findings[0]
    assert "'v1'" in repeated.help
    assert not repeated.fact.endswith(":")


def test_a_mac_s_python_is_told_its_command() -> None:
    text = FETCH + "None -- [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"
    assert "Python 3.7/Install Certificates.command" in ls.explain(text, "macOS, python 3.7").findings[0].help
    assert "certificate has expired" in ls.explain(f"{text}: certificate has expired").findings[0].fact


def test_a_writer_that_has_not_closed_is_seen(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "open.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["x"] = [1.0]
        file.flush()
        copy = tmp_path / "copy.h5"
        copy.write_bytes(path.read_bytes())
    named = {finding.fault for finding in ls.check(copy, against=Environment()).findings}
    assert "h5-file-open-elsewhere" in named
    assert "h5-file-open-elsewhere" not in {finding.fault for finding in ls.check(path, against=Environment()).findings}


def test_a_lock_of_another_process_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    status = path.stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    locks = tmp_path / "locks"
    locks.write_text(f"1: FLOCK  ADVISORY  WRITE 4242 {place} 0 EOF\n2: POSIX  ADVISORY  READ 7 {place} 0 EOF\n")
    monkeypatch.setattr(h5_file_open_elsewhere, "LOCKS", locks)
    facts = [finding.fact for finding in ls.check(path, against=Environment()).findings]
    assert "process 4242 holds a lock for writing on the file" in facts


@pytest.mark.parametrize(("options", "told"), [("rw,seclabel", True), ("rw,flock", False)])
def test_lustre_without_locks_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, told: bool
) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nmgs@tcp:/fs {tmp_path.resolve()} lustre {options} 0 0\n")
    monkeypatch.setattr(h5_file_locking, "MOUNTS", mounts)
    named = {finding.fault for finding in ls.check(path, against=Environment()).findings}
    assert ("h5-file-locking" in named) is told


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != path)
    named = {finding.fault for finding in ls.check(path, against=Environment()).findings}
    assert "readonly-masked-as-not-found" in named
