"""CUDA, cuDNN and the driver as they lie on this machine: found by name and place, never loaded.

The order of places is the loader's (ld.so(8)): `LD_LIBRARY_PATH`, the folders of /etc/ld.so.conf, the system's own.
Wheels named `nvidia-*` come before them, because TensorFlow looks there itself since 2.14. Versions come from the
names of the files (`libcudart.so.12.5.82`), from cuDNN's header, or from the wheel that the library came with.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_STEMS = ("cuda", "cudart", "cudnn", "cublas", "cufft", "curand", "cusolver", "cusparse", "nvJitLink")
"""What the names of the libraries begin with, behind `lib`."""
_SYSTEM = ("/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
           "/usr/lib/aarch64-linux-gnu", "/lib", "/usr/lib", "/usr/lib/wsl/lib")  # fmt: skip
_DRIVER_TEXT = Path("/proc/driver/nvidia/version")
_SMI = ("nvidia-smi", "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader")


@dataclass(frozen=True, slots=True)
class Cuda:
    """`facts`: `driver`, `runtime`, `cudnn`, `gpu`, `capability`, as far as known. `libraries`: soname → path."""

    facts: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)


def find_cuda(
    *,
    paths: Iterable[str],
    packages: Mapping[str, str],
    variables: Mapping[str, str],
    root: str = "/",
    ask_driver: bool = True,
) -> Cuda:
    """Return what lies here. `paths` are the interpreter's `sys.path`, where the `nvidia-*` wheels put libraries.

    `root` stands before every folder of the system. `ask_driver` runs nvidia-smi, where there is a driver, for the
    cards' names and capabilities; nothing else here starts a program. Without a driver the system's own folders are
    not searched: their thousands of files take longer to list than all else, and nothing could use what is found.
    """
    driver = _driver(root)
    folders = [*_wheel_folders(paths), *_loader_folders(variables, root)]
    if driver:
        folders += [_under(root, folder) for folder in _SYSTEM]
    libraries = _libraries(folders)
    facts = {"driver": driver, "runtime": _runtime(libraries, packages), "cudnn": _cudnn(libraries, packages)}
    if facts["driver"] and ask_driver:
        facts |= _cards()
    return Cuda({name: text for name, text in facts.items() if text}, libraries)


def _wheel_folders(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        yield from sorted(glob.glob(os.path.join(glob.escape(path), "nvidia", "*", "lib")))


def _loader_folders(variables: Mapping[str, str], root: str) -> Iterator[str]:
    yield from filter(None, variables.get("LD_LIBRARY_PATH", "").split(":"))
    configured = (_under(root, folder) for folder in _configured(_under(root, "/etc/ld.so.conf"), root))
    # The system's folders stand in that file too; they are searched last, and only where there is a driver.
    yield from (folder for folder in configured if not _is_system(folder, root))


def _is_system(folder: str, root: str) -> bool:
    return folder in {_under(root, one) for one in _SYSTEM}


def _under(root: str, path: str) -> str:
    return os.path.join(root, path.lstrip("/"))


def _configured(path: str, root: str, depth: int = 0) -> Iterator[str]:
    """Yield the folders that ld.so.conf and its includes name; a chain of includes deeper than 4 is not followed."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.partition("#")[0].split()
        if words[:1] == ["include"] and depth < 4:
            for pattern in words[1:]:
                absolute = pattern if os.path.isabs(pattern) else os.path.join("/etc", pattern)
                for included in sorted(glob.glob(_under(root, absolute))):
                    yield from _configured(included, root, depth + 1)
        elif words[:1] not in ([], ["include"], ["hwcap"]):
            yield words[0]


def _libraries(folders: Iterable[str]) -> dict[str, str]:
    """Return every name under which a library can be asked for -> the first place that has it, links included."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in sorted(name for name in names if name.startswith("lib")):
            if name[3:].startswith(_STEMS) and ".so" in name and os.path.exists(os.path.join(folder, name)):
                found.setdefault(name, os.path.join(folder, name))
    return found


def version_in_name(path: str) -> str:
    """Return the version in a library's own file name, links followed: `12.5.82` of `libcudart.so.12`."""
    return os.path.basename(os.path.realpath(path)).partition(".so.")[2]


def _driver(root: str) -> str:
    """Return the driver's version, from the kernel module or from the name of libcuda's file."""
    try:
        text = Path(_under(root, str(_DRIVER_TEXT))).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(r"Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s", text)
    return match[1] if match else ""


def _runtime(libraries: Mapping[str, str], packages: Mapping[str, str]) -> str:
    """Return the CUDA runtime's version that comes first: of a wheel, else of the file `libcudart.so.X`."""
    path = next(
        (path for name, path in sorted(libraries.items(), reverse=True) if name.startswith("libcudart.so.")), ""
    )
    if not path:
        return ""
    return _of_wheel(path, packages, "nvidia-cuda-runtime") or version_in_name(path)


def _cudnn(libraries: Mapping[str, str], packages: Mapping[str, str]) -> str:
    path = next((path for name, path in sorted(libraries.items(), reverse=True) if name.startswith("libcudnn.so.")), "")
    if not path:
        return ""
    return _of_wheel(path, packages, "nvidia-cudnn") or _stated_by_header(path) or version_in_name(path)


def _of_wheel(path: str, packages: Mapping[str, str], stem: str) -> str:
    if f"{os.sep}nvidia{os.sep}" not in path:
        return ""
    return next((version for name, version in sorted(packages.items(), reverse=True) if name.startswith(stem)), "")


def _stated_by_header(path: str) -> str:
    """Return what `cudnn_version.h` (`cudnn.h` before 8) beside the library's folder defines; empty without one."""
    real = os.path.dirname(os.path.realpath(path))
    for name in ("cudnn_version.h", "cudnn.h"):
        for folder in (os.path.join(real, "..", "include"), os.path.join(real, "..", "..", "include"), "/usr/include"):
            try:
                text = Path(folder, name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            numbers = [re.search(rf"#define CUDNN_{part}\s+(\d+)", text) for part in ("MAJOR", "MINOR", "PATCHLEVEL")]
            if all(numbers):
                return ".".join(number[1] for number in numbers if number)
    return ""


def _cards() -> dict[str, str]:
    """Return the first card's name and compute capability; nothing where nvidia-smi is not there or does not answer."""
    import subprocess

    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 3 and re.fullmatch(r"\d+\.\d+", row[1])]
    return {"gpu": rows[0][0], "capability": rows[0][1]} if rows and not done.returncode else {}
