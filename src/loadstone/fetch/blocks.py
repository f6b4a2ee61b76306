"""Several connections for one file, where the user asks for them: blocks fetched side by side, handed on in order.

The partial file stays a plain prefix, so resuming, hashing and verifying know nothing of this. It helps where a server
or a long way limits each connection; it costs what is in flight behind a block that fails.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

BLOCK = 4 << 20
MOST_CONNECTIONS = 8
"""More is impolite, and with blocks waiting their turn it bounds the memory to 36 MiB."""


def in_order(start: int, length: int, connections: int, fetch: Callable[[int, int], bytes]) -> Iterator[bytes]:
    """Yield the bytes from `start` to `length` in blocks; `fetch(first, stop)` runs in threads and returns its block.

    The first block that fails raises here; those behind it are dropped.
    """
    edges = iter(range(start, length, BLOCK))
    waiting: deque[Future[bytes]] = deque()
    count = max(1, min(connections, MOST_CONNECTIONS))
    with ThreadPoolExecutor(count, thread_name_prefix="loadstone-block") as pool:
        try:
            while True:
                while len(waiting) < count and (first := next(edges, None)) is not None:
                    waiting.append(pool.submit(fetch, first, min(first + BLOCK, length)))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
