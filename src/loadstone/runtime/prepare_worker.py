"""The child process that prepares a network: `python -m loadstone.runtime.prepare_worker FOLDER`.

FOLDER holds `request.json`; the result, or `failure.json`, is written beside it. It makes no core file when it dies,
and what the frameworks print goes to the parent, who shows it only if this process is killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from loadstone.errors import LoadstoneError
from loadstone.runtime.cache import write_files
from loadstone.runtime.prepare import FAILURE, REQUEST
from loadstone.wire.limits import GIB

MEMORY_BYTES = 16 * GIB
"""Address space of the preparation. The largest detectors of the zoo take 3; a file may declare any size of layer."""


def main(folder: Path) -> int:
    """Prepare what the request names; returns 0, or 1 with the failure written down."""
    _bounded()
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    try:
        from loadstone.runtime.conversions.conversion import finish
        from loadstone.runtime.conversions.convert import convert_model
        from loadstone.runtime.wish import Wish

        conversion = convert_model(request["source"], Wish(**request["wish"]))
        write_files(folder, finish(conversion, request["device"], request["precision"]))
    except LoadstoneError as error:
        record = {"class": type(error).__name__, **error.as_json()}
        del record["code"]
        (folder / FAILURE).write_text(json.dumps(record), encoding="utf-8")
        return 1
    return 0


def _bounded() -> None:
    """Bound this process's memory and ask for no core file, where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, most))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
