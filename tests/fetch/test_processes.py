"""Two and eight processes on one target: one download, everybody gets the right file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fetch.server import FaultServer
from tests.fetch.support import archive, run_process, weights_of


@pytest.mark.parametrize("count", [2, 8])
def test_processes_share_one_download(count: int, home: Path) -> None:
    payload = archive(400_000, seed=count)
    with FaultServer(payload, "drip") as server, ThreadPoolExecutor(count) as pool:
        ran = list(pool.map(lambda _: run_process(home, "get", server.url), range(count)))
    assert [one.code for one in ran] == [0] * count, [one.err for one in ran]
    assert len({one.out for one in ran}) == 1
    assert (ran[0].path / "weights.bin").read_bytes() == weights_of(payload)
    assert server.sent == len(payload)
    assert len(server.requests) == 1


def test_two_names_for_one_content_at_the_same_time(home: Path) -> None:
    payload = archive(200_000)
    with FaultServer(payload) as one, FaultServer(payload) as other, ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda url: run_process(home, "get", url), (one.url, other.url)))
    assert [done.code for done in ran] == [0, 0], [done.err for done in ran]
    assert ran[0].out == ran[1].out
    assert len(list((home / "objects").iterdir())) == 1


def test_several_sources_of_one_command(home: Path) -> None:
    payloads = [archive(100_000, seed=seed) for seed in range(3)]
    with FaultServer(payloads[0]) as a, FaultServer(payloads[1]) as b, FaultServer(payloads[2], "404") as c:
        ran = run_process(home, "get", a.url, c.url, b.url)
        assert ran.code == 5
        assert ran.err.count("error  ") == 1
        found = [(Path(line) / "weights.bin").read_bytes() for line in ran.out.split()]
        assert found == [weights_of(payloads[0]), weights_of(payloads[1])]
