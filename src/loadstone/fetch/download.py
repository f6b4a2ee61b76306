"""One file from one address into one partial file, whatever the connection does in between.

What this is not: a judgement of what arrived (`verify`), nor its final place (`store`).

The rules, in the order in which an answer meets them:
* a 200 begins at zero, also when a range was asked for;
* a 206 is believed only if it starts where it was asked to, its total agrees with what was said before, and its
  validators do; otherwise nothing of what is here can be continued;
* a 416 that names exactly our length means the file is complete; any other means starting over;
* a body that ends before its announced length is an interruption; one that announces no length and simply ends proves
  nothing, so the server is asked whether there is more.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.facts.transfer import TransferPhase, TransferState
from loadstone.fetch.answers import content_range, encoding, is_open_ended, number
from loadstone.fetch.blocks import BLOCK, in_order
from loadstone.fetch.causes import SHORT, disk_error, no_space
from loadstone.fetch.follow import follow
from loadstone.fetch.partial import Partial, Remote
from loadstone.fetch.patience import Patience
from loadstone.fetch.rate import RateGuard
from loadstone.fetch.retry import USEFUL_SHARE, Retries
from loadstone.fetch.source import without_secrets
from loadstone.fetch.trouble import PermanentError, StartOverError, TemporaryError
from loadstone.fetch.verify import etag_digest, server_digests

if TYPE_CHECKING:
    from loadstone.fetch.transport import Response, Transport

CHUNK = 1 << 20
"""Measured on loopback: a gigabyte is 1.1 s of work for the receiving thread in pieces of 1 MiB, 1.5 s in 256 KiB."""
LIES_BORNE = 2
"""After so many wrong answers to a range no more ranges are asked for in this run."""

Progress = Callable[[TransferState], None]


def silent(_state: TransferState) -> None:
    """Report to nobody."""


@dataclass
class Job:
    """What is to be fetched, from where, and how patiently.

    `digest` is (algorithm, hexadecimal) where it is known beforehand.
    """

    name: str
    url: str
    part: str
    transport: Transport
    patience: Patience
    digest: tuple[str, str] | None = None
    progress: Progress = silent
    sleep: Callable[[float], None] = time.sleep
    connections: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is complete as far as the transfer can tell.

    `confirmed` is False where nothing has said how long the file is. `digests` are ours; `claimed` are the server's.
    """

    path: str
    size: int
    remote: Remote
    digests: Mapping[str, str]
    claimed: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = True
    resumed: int = 0


class Download:
    """One transfer with its retries."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.partial = Partial(job.part)
        self.retries = Retries(job.patience, job.sleep)
        self.claimed: dict[str, str] = {}
        self.resumed = self.partial.offset
        self._lies = 0
        self._confirmed = False
        self._ended_openly = False
        self._started = 0
        self._ended: tuple[int, int] | None = None

    def run(self) -> Arrived:
        """Fetch until it is complete or the budget is spent. The partial file stays for the next run."""
        try:
            if self._is_resumable():
                self.partial.prepare(self._algorithms(self.partial.remote))
            while not self._is_whole():
                try:
                    self._attempt()
                    break
                except (TemporaryError, StartOverError) as trouble:
                    self._recover(trouble)
            return self._arrived()
        except OSError as error:
            raise disk_error(error, self.job.part, self._length()) from error
        except LoadstoneError:
            if not self.partial.offset:
                self.partial.discard()
            raise
        finally:
            self.partial.close()

    def _recover(self, trouble: TemporaryError | StartOverError) -> None:
        if self._is_whole():
            return
        have, length = self.partial.offset, self._length()
        self._refuse_same_end(trouble, have)
        if isinstance(trouble, StartOverError):
            self._lies += 1
            self.partial.restart()
        self._report("retrying", trouble.fact)
        self.retries.after(trouble, have, length)

    def _refuse_same_end(self, trouble: TemporaryError | StartOverError, have: int) -> None:
        """A server without ranges that twice ends at one byte announces a length that it does not have."""
        ended = (self._started, have) if isinstance(trouble, TemporaryError) and trouble.cause == SHORT else None
        if ended and ended == self._ended and not self._started:
            raise PermanentError(
                "the server ends the file before the length that it announces, each time at the same byte",
                where=trouble.where,
                expected=f"{self._length() or 0:,} bytes",
                found=f"{have:,} bytes",
                help="if that is the whole file, give its hash: ADDRESS@sha256:HEX",
            )
        self._ended = ended

    def _is_whole(self) -> bool:
        """Whether the bytes that are here have the hash that was asked for, whatever length the server states."""
        if not self.job.digest or not self.partial.offset:
            return False
        algorithm, wanted = self.job.digest
        if self.partial.digests().get(algorithm) != wanted:
            return False
        self._confirmed = True
        return True

    def _is_resumable(self) -> bool:
        """Whether the bytes that are here may be continued: a validator or a known hash guards the seam."""
        remote = self.partial.remote
        if remote is None or not self.partial.offset or remote.url != without_secrets(self.job.url):
            return False
        return bool(remote.validator or self.job.digest) and self._lies < LIES_BORNE

    def _algorithms(self, remote: Remote | None) -> set[str]:
        if self.job.digest:
            return {*self.claimed, self.job.digest[0]}
        found = etag_digest(remote.etag) if remote else None
        return {*self.claimed, *([found[0]] if found else [])}

    def _length(self) -> int | None:
        return self.partial.remote.length if self.partial.remote else None

    def _attempt(self) -> None:
        """One request and its body; returns once the file is complete, asking once more if nothing says that it is."""
        while True:
            start = self._started = self.partial.offset if self._is_resumable() else 0
            with self._request(start) as answer:
                if answer.status == 416:
                    return self._on_refused_range(answer, start)
                if answer.status == 206:
                    self._on_range(answer, start)
                elif start and self._ended_openly and self._is_same(answer):
                    # It ignores ranges: nothing but the content itself can say whether this is all.
                    return None
                else:
                    self._on_whole(answer)
                begun = self.partial.offset
                self._receive(answer)
                self._ended_openly = is_open_ended(answer)
            self._receive_side_by_side()
            if not self._ended_openly and not self._lacks():
                self._confirmed = True
                return None
            if self._is_whole() or not self._is_resumable():
                return None
            self._refuse_crumbs(begun)

    def _is_same(self, answer: Response) -> bool:
        before = self.partial.remote
        return before is not None and before.same_file(self._remote(answer, before.length))

    def _lacks(self) -> bool:
        """Whether an answer ended in order and yet before the file does: a server may send less than it was asked."""
        length = self._length()
        return length is not None and self.partial.offset < length

    def _refuse_crumbs(self, begun: int) -> None:
        """A server may answer a range with less than was asked for, but not with so little that it never ends."""
        length = self._length()
        if length is not None and self.partial.offset - begun < length // USEFUL_SHARE:
            raise TemporaryError(
                "the server sends next to nothing of what it is asked for",
                where=without_secrets(self.job.url),
                found=f"{self.partial.offset - begun:,} bytes",
            )

    def _receive_side_by_side(self) -> None:
        """Fetch the rest in blocks over several connections, where that was asked for and the server has ranges."""
        length = self._length()
        if self.job.connections < 2 or length is None or not self._is_resumable() or not self._lacks():
            return
        for block in in_order(self.partial.offset, length, self.job.connections, self._block):
            self.partial.append(block)
            self._report("moving")

    def _block(self, first: int, stop: int) -> bytes:
        """Fetch exactly one block (in a thread of its own); the seam is guarded like that of a resumed download."""
        received = bytearray()
        with self._request(first, stop) as answer:
            before = self.partial.remote
            if answer.status != 206 or content_range(answer) != (first, self._length()):
                raise self._lie(answer, "the server sent another part of the file than was asked for", f"byte {first}")
            if before is None or not before.same_file(self._remote(answer, before.length)):
                raise self._lie(answer, "the file on the server has changed", "")
            guard = RateGuard(self.job.patience, without_secrets(self.job.url))
            while len(received) < stop - first and (chunk := answer.read(CHUNK)):
                received += chunk
                guard.note(len(chunk))
        if len(received) != stop - first:
            raise TemporaryError("a part of the file came short", where=without_secrets(self.job.url))
        return bytes(received)

    def _request(self, start: int, stop: int | None = None) -> Response:
        job = self.job
        if stop is None and job.connections > 1 and self._lies < LIES_BORNE:
            stop = start + BLOCK
        headers = {}
        if start or stop:
            headers["Range"] = f"bytes={start}-{stop - 1 if stop else ''}"
        if start and self.partial.remote and self.partial.remote.validator:
            headers["If-Range"] = self.partial.remote.validator
        return follow(job.transport, job.url, headers, patience=job.patience, hash_known=bool(job.digest))

    def _on_whole(self, answer: Response) -> None:
        self._begin(answer, number(answer.headers.get("content-length")))

    def _begin(self, answer: Response, length: int | None) -> None:
        remote = self._remote(answer, length)
        self.claimed = server_digests(answer.headers, partial=answer.status == 206)
        self.resumed = self._started = 0
        self._check_space(remote.length)
        self.partial.begin(remote, self._algorithms(remote))

    def _on_range(self, answer: Response, start: int) -> None:
        begins, total = content_range(answer)
        if not start and begins == 0 and total is not None:
            return self._begin(answer, total)
        before = self.partial.remote
        if before is None or begins != start:
            raise self._lie(answer, "the server sent another part of the file than was asked for", f"from byte {start}")
        if total is not None and before.length is not None and total != before.length:
            raise self._lie(answer, "the file has another length than before", f"{before.length} bytes")
        if not before.same_file(self._remote(answer, total)):
            raise self._lie(answer, "the file on the server has changed", before.etag or before.modified)
        if total is not None:
            self.partial.learn_length(total)
            self._check_space(total - start)
        self.claimed = self.claimed or server_digests(answer.headers, partial=True)
        self.partial.prepare(self._algorithms(before))
        if self.partial.offset != start:
            raise self._lie(answer, "what is here of the file is damaged", "")
        return None

    def _on_refused_range(self, answer: Response, start: int) -> None:
        total = content_range(answer)[1]
        if not start or total != start:
            raise self._lie(answer, "the server refuses to continue where it stopped", f"from byte {start}")
        self.partial.learn_length(total)
        self._confirmed = True

    def _lie(self, answer: Response, fact: str, expected: str) -> StartOverError:
        found = answer.headers.get("content-range", "") or f"status {answer.status}"
        return StartOverError(fact, where=without_secrets(answer.url), expected=expected, found=found)

    def _remote(self, answer: Response, length: int | None) -> Remote:
        headers = answer.headers
        return Remote(
            url=without_secrets(self.job.url),
            etag=headers.get("etag", "").strip(),
            modified=headers.get("last-modified", "").strip(),
            length=length,
            encoding=encoding(headers),
        )

    def _check_space(self, needed: int | None) -> None:
        """Refuse before the first byte what the disk cannot hold."""
        if needed and shutil.disk_usage(self.job.part.rpartition("/")[0] or ".").free < needed:
            raise no_space(self.job.part, needed)

    def _receive(self, answer: Response) -> None:
        guard = RateGuard(self.job.patience, without_secrets(self.job.url))
        self._report("moving")
        length = self._length()
        while chunk := answer.read(CHUNK):
            if length is not None and self.partial.offset + len(chunk) > length:
                raise self._lie(answer, "the server sends more than it announced", f"{length:,} bytes")
            self.partial.append(chunk)
            guard.note(len(chunk))
            self._report("moving")

    def _arrived(self) -> Arrived:
        self._report("verifying")
        digests = self.partial.digests()
        self.partial.settle()
        remote = self.partial.remote or Remote(self.job.url)
        comparable = {name: value for name, value in self.claimed.items() if name in digests}
        return Arrived(
            path=self.partial.path,
            size=self.partial.offset,
            remote=remote,
            digests=digests,
            claimed=comparable,
            confirmed=self._confirmed,
            resumed=self.resumed,
        )

    def _report(self, phase: TransferPhase, note: str = "") -> None:
        have, job = self.partial.offset, self.job
        job.progress(TransferState(job.name, phase, have, self._length(), self.resumed, note, job.source))
