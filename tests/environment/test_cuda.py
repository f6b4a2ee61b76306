"""CUDA's libraries by name and place: a tree of small files stands for the system's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from loadstone.environment.cuda import find_cuda


def _file(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _look(
    root: Path,
    paths: Sequence[Path] = (),
    packages: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    found = find_cuda(
        paths=list(map(str, paths)),
        packages=packages or {},
        variables=variables or {},
        root=str(root),
        ask_driver=False,
    )
    return found.facts, found.libraries


def test_nothing_is_found_where_nothing_lies(tmp_path: Path) -> None:
    assert _look(tmp_path) == ({}, {})


def test_versions_come_from_names_of_files_and_from_the_header(tmp_path: Path) -> None:
    lib = tmp_path / "usr/local/cuda-11.2/lib64"
    _file(lib / "libcudart.so.11.2.152")
    (lib / "libcudart.so.11.0").symlink_to("libcudart.so.11.2.152")
    _file(lib / "libcudnn.so.8")
    header = "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 1\n#define CUDNN_PATCHLEVEL 0\n"
    _file(lib.parent / "include" / "cudnn_version.h", header)
    _file(tmp_path / "etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
    _file(tmp_path / "etc/ld.so.conf.d/cuda.conf", "# CUDA\n/usr/local/cuda-11.2/lib64\n")
    facts, libraries = _look(tmp_path)
    assert facts == {"runtime": "11.2.152", "cudnn": "8.1.0"}
    assert libraries["libcudart.so.11.0"] == str(lib / "libcudart.so.11.0")


def test_the_search_path_comes_before_the_system(tmp_path: Path) -> None:
    _file(tmp_path / "usr/lib64/libcudnn.so.8")
    _file(tmp_path / "usr/lib64/libcublas.so.11")
    _file(tmp_path / "proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54  Thu\n")
    _file(tmp_path / "mine/libcudnn.so.8")
    _, libraries = _look(tmp_path, variables={"LD_LIBRARY_PATH": f":{tmp_path}/mine:"})
    assert libraries["libcudnn.so.8"] == str(tmp_path / "mine/libcudnn.so.8")
    assert libraries["libcublas.so.11"] == str(tmp_path / "usr/lib64/libcublas.so.11")


def test_wheels_are_found_and_give_their_version(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    _file(site / "nvidia/cudnn/lib/libcudnn.so.9")
    _file(site / "nvidia/cuda_runtime/lib/libcudart.so.12")
    packages = {"nvidia-cudnn-cu12": "9.3.0.75", "nvidia-cuda-runtime-cu12": "12.5.82"}
    facts, _ = _look(tmp_path, paths=[site], packages=packages)
    assert facts == {"runtime": "12.5.82", "cudnn": "9.3.0.75"}


def test_a_dangling_link_is_no_library_and_the_driver_is_read(tmp_path: Path) -> None:
    (tmp_path / "usr/lib64").mkdir(parents=True)
    (tmp_path / "usr/lib64/libcuda.so.1").symlink_to("libcuda.so.470.82.01")
    text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27 21:21:55 UTC 2021\nGCC version: 9\n"
    _file(tmp_path / "proc/driver/nvidia/version", text)
    facts, libraries = _look(tmp_path)
    assert facts == {"driver": "470.82.01"}
    assert libraries == {}


def test_an_include_that_includes_itself_ends(tmp_path: Path) -> None:
    _file(tmp_path / "etc/ld.so.conf", "include /etc/ld.so.conf\n/opt/lib\n")
    _file(tmp_path / "opt/lib/libcublas.so.12")
    assert list(_look(tmp_path)[1]) == ["libcublas.so.12"]
