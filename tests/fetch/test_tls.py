"""Certificates: the cause is told apart, and nothing is ever fetched past a failed check."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fetch.server import FaultServer
from tests.fetch.support import Command, weights_of

if TYPE_CHECKING:
    import trustme
else:
    trustme = pytest.importorskip("trustme")

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A private authority."""
    return trustme.CA()


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def test_a_private_authority_named_by_the_environment(
    authority: trustme.CA, command: Command, payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trusted(authority, tmp_path, monkeypatch)
    with FaultServer(payload, "drop_range", tls=_context(authority.issue_cert("127.0.0.1"))) as server:
        ran = command("get", server.url)
    assert ran.code == 0, ran.err
    assert (ran.path / "weights.bin").read_bytes() == weights_of(payload)


def test_a_private_authority_nobody_named(
    authority: trustme.CA, command: Command, payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trusted(trustme.CA(), tmp_path, monkeypatch)
    with FaultServer(payload, tls=_context(authority.issue_cert("127.0.0.1"))) as server:
        ran = command("get", server.url)
    assert ran.code == 5
    assert "authority" in ran.err
    assert "SSL_CERT_FILE" in ran.err
    assert server.requests == []


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [(NOW - 30 * DAY, NOW - DAY, "has expired"), (NOW + DAY, NOW + 30 * DAY, "not valid yet")],
    ids=["expired", "clock-behind"],
)
def test_a_wrong_clock(
    begins: datetime.datetime,
    ends: datetime.datetime,
    words: str,
    authority: trustme.CA,
    command: Command,
    payload: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _trusted(authority, tmp_path, monkeypatch)
    certificate = authority.issue_cert("127.0.0.1", not_before=begins, not_after=ends)
    with FaultServer(payload, tls=_context(certificate)) as server:
        ran = command("get", server.url)
        assert ran.code == 5
        assert words in ran.err
        assert f"clock: it says {NOW:%Y-%m-%d}" in ran.err
        assert server.requests == []
        server.tls = _context(authority.issue_cert("127.0.0.1"))
        assert command("get", server.url).code == 0


def test_a_certificate_for_another_name(
    authority: trustme.CA, command: Command, payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trusted(authority, tmp_path, monkeypatch)
    with FaultServer(payload, tls=_context(authority.issue_cert("example.org"))) as server:
        ran = command("get", server.url)
    assert ran.code == 5
    assert "certificate is for another" in ran.err


def test_plain_http_behind_an_https_address(command: Command, payload: bytes) -> None:
    with FaultServer(payload) as server:
        ran = command("get", server.url.replace("http:", "https:"))
    assert ran.code == 5
    assert "does not speak TLS" in ran.err


def test_never_down_to_http_unless_the_hash_is_known(
    authority: trustme.CA, command: Command, payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fetch.server import Exchange
    from tests.fetch.support import sha256

    _trusted(authority, tmp_path, monkeypatch)
    with FaultServer(payload) as plain:

        def down(it: Exchange) -> None:
            it.small("302 Found", b"", {"Location": plain.url})

        with FaultServer(payload, down, tls=_context(authority.issue_cert("127.0.0.1"))) as server:
            refused = command("get", server.url)
            assert refused.code == 5
            assert "from https down to http" in refused.err
            assert plain.requests == []
            allowed = command("get", f"{server.url}@sha256:{sha256(payload)}")
            assert allowed.code == 0, allowed.err


def test_a_missing_file_of_authorities_is_said(
    command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    ran = command("get", "https://127.0.0.1:9/model.h5")
    assert ran.code == 4
    assert "does not exist" in ran.err
