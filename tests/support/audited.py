"""Run one command in a child of its own and see what it did: files opened, code loaded, sockets, processes, memory.

Python's audit hooks see every `open`, `exec`, `import`, `socket` and `subprocess` of the interpreter itself;
the kernel's high-water mark (`VmHWM`) sees its memory, C code included. (`ru_maxrss` would not do: it survives
`exec`, and so counts what the test itself had used.)
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHILD = r"""
import json, os, sys
log, words = sys.argv[1], sys.argv[2:]
events = []
WATCHED = (
    "open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
    "pickle.find_class", "os.symlink", "os.link", "os.rename", "os.remove", "shutil.rmtree", "ctypes.dlopen",
)
busy = False
def hook(event, arguments):
    global busy
    if busy or event not in WATCHED:
        return
    busy = True
    events.append([event, str(arguments[0]) if arguments else ""])
    busy = False
from loadstone.cli import main
import encodings.idna
sys.addaudithook(hook)
code = main(words)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
with open(log, "w") as out:
    json.dump({"events": events, "peak": peak}, out)
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Audit:
    """What one command did."""

    code: int
    out: str
    err: str
    peak_bytes: int
    events: tuple[tuple[str, str], ...]

    def opened(self) -> set[str]:
        """Return the files that were opened, as absolute paths, without Python's own modules and libraries."""
        own = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2] / "src"))
        system = (
            "/usr/lib",
            "/usr/share",
            "/lib",
            "/proc",
            "/sys",
            "/etc/ld",
            "/etc/localtime",
            "/dev/null",
            "/dev/urandom",
        )
        paths = {str(Path(path).absolute()) for event, path in self.events if event == "open" and not path.isdigit()}
        return {path for path in paths if not path.startswith((*own, *system))}

    def others(self) -> list[tuple[str, str]]:
        """Return everything but opened files."""
        return [(event, what) for event, what in self.events if event != "open"]


def audited(tmp_path: Path, *words: str, timeout: float = 60) -> Audit:
    """Run `loadstone WORDS` and return what it did."""
    log = tmp_path / "audit.json"
    log.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(log), *words], capture_output=True, text=True, timeout=timeout, check=False
    )
    seen: dict[str, Any] = json.loads(log.read_text()) if log.exists() else {"events": [], "peak": 0}
    events = tuple((event, what) for event, what in seen["events"] if what != str(log))
    return Audit(done.returncode, done.stdout, done.stderr, seen["peak"], events)
