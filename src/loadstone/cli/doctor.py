"""`loadstone doctor`: what is installed here and where things are kept; `--network [URL]`: why a download fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

SUMMARY = "find out why something does not work here"
EXIT_NETWORK = 5
PACKAGES = (
    "numpy",
    "pillow",
    "urllib3",
    "h5py",
    "keras",
    "openvino",
    "tensorflow",
    "av",
    "huggingface-hub",
    "kagglehub",
)
VARIABLES = (
    "LOADSTONE_HOME", "LOADSTONE_OFFLINE", "LOADSTONE_MIRROR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC", "KERAS_BACKEND", "KERAS_HOME",
    "TFHUB_CACHE_DIR", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--network", nargs="?", const="", metavar="URL", help="walk the stations of a download and show each"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Show the machine, or the way to an address. Exit code 5 if a station fails."""
    if arguments.network is not None:
        return _network(arguments.network, as_json=arguments.json)
    facts = _facts()
    if arguments.json:
        import json

        print(json.dumps({"schema_version": 1, **facts}, ensure_ascii=False, indent=1))
        return 0
    for group, rows in facts.items():
        print(group)
        for name, value in rows.items():
            print(f"  {name:<42} {value}")
    return 0


def _facts() -> dict[str, dict[str, Any]]:
    import os
    import platform

    from loadstone import __version__
    from loadstone.fetch.source import without_secrets

    variables = {name: os.environ.get(name) or os.environ.get(name.lower()) for name in VARIABLES}
    return {
        "machine": {
            "loadstone": __version__,
            "python": f"{platform.python_version()} at {sys.executable}",
            "system": platform.platform(),
            "processors": os.cpu_count(),
        },
        "packages": {name: _installed(name) for name in PACKAGES},
        "cache": _cache(),
        "variables": {name: without_secrets(value) for name, value in variables.items() if value},
    }


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _cache() -> dict[str, Any]:
    import os
    import shutil

    from loadstone.settings import home

    place = home()
    stands = place
    while not os.path.exists(stands):
        stands = os.path.dirname(stands)
    return {
        "folder": place,
        "may be written": "yes" if os.access(stands, os.W_OK) else "no: set LOADSTONE_HOME",
        "free": f"{shutil.disk_usage(stands).free / 1e9:,.1f} GB",
    }


def _network(url: str, *, as_json: bool) -> int:
    from loadstone.fetch.catalogue import entries
    from loadstone.fetch.mirror import mirrored
    from loadstone.fetch.network_doctor import walk
    from loadstone.fetch.source import secured

    address = url or mirrored(secured(entries()[0].url))
    stations = []
    for station in walk(address):
        stations.append(station)
        if not as_json:
            print(_line(station), flush=True)
    if as_json:
        import json

        document = {"schema_version": 1, "url": address, "stations": [station._asdict() for station in stations]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    return 0 if stations and stations[-1].passed else EXIT_NETWORK


def _line(station: Any) -> str:
    took = f"  {station.milliseconds:,.0f} ms" if station.milliseconds is not None else ""
    line = f"{'ok' if station.passed else 'FAILS':<6} {station.name:<8} {station.found}{took}"
    return f"{line}\n       help     {station.help}" if station.help else line
