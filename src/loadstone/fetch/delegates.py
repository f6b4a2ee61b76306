"""Addresses of services that have well-kept libraries of their own: `hf://`, `kaggle://`, `s3://`.

The library talks to its service, with its own login; what it hands over is copied, checked and kept as everything else.
    hf://OWNER/REPOSITORY/PATH[@REVISION]
    kaggle://OWNER/MODEL/FRAMEWORK/VARIATION[/VERSION]/PATH
    s3://BUCKET/KEY
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from loadstone.errors import EnvironmentLacksError, SourceError
from loadstone.fetch.trouble import PermanentError, WrongContentError

if TYPE_CHECKING:
    from loadstone.fetch.source import Source

LIBRARIES = {"hf": ("huggingface_hub", "hf"), "kaggle": ("kagglehub", "kaggle"), "s3": ("boto3", "s3")}
"""Scheme → the module that speaks to the service, and the extra that installs it."""


def fetch_delegated(source: Source) -> tuple[str, str]:
    """Return (path, what vouches for it) of a file that a service's own library fetched."""
    scheme = source.scheme
    library = _library(scheme)
    rest = source.url.partition("://")[2]
    try:
        path = _FETCHERS[scheme](library, rest)
    except OSError as error:
        raise PermanentError(f"{library.__name__} could not fetch it: {error}", where=source.url) from error
    return path, _vouched(path, source, library.__name__)


def _library(scheme: str) -> ModuleType:
    module, extra = LIBRARIES[scheme]
    # Nothing that was asked of this tool reports to anybody.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EnvironmentLacksError(
            f"{scheme}:// addresses are fetched through {module}, which is not installed",
            help=f'pip install "loadstone[{extra}]"',
        ) from error


def _hugging_face(library: ModuleType, rest: str) -> str:
    rest, _, revision = rest.partition("@")
    owner, _, tail = rest.partition("/")
    name, _, path = tail.partition("/")
    if not path:
        raise SourceError("a file in the repository has to be named", found=rest, help="hf://OWNER/REPOSITORY/PATH")
    return str(library.hf_hub_download(f"{owner}/{name}", path, revision=revision or None))


def _kaggle(library: ModuleType, rest: str) -> str:
    parts = rest.split("/")
    handle_parts = 5 if len(parts) > 5 and parts[4].isdecimal() else 4
    if len(parts) <= handle_parts:
        raise SourceError(
            "a file of the model has to be named", found=rest, help="kaggle://OWNER/MODEL/FRAMEWORK/VARIATION/PATH"
        )
    return str(library.model_download("/".join(parts[:handle_parts]), path="/".join(parts[handle_parts:])))


def _bucket(library: ModuleType, rest: str) -> str:
    from loadstone.fetch import shelf

    bucket, _, key = rest.partition("/")
    target = shelf.place("partial", f"{shelf.slug(f's3://{rest}')}.part")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    library.client("s3").download_file(bucket, key, target)
    return target


_FETCHERS: dict[str, Callable[[ModuleType, str], str]] = {"hf": _hugging_face, "kaggle": _kaggle, "s3": _bucket}


def _vouched(path: str, source: Source, library: str) -> str:
    from loadstone.fetch.containers import ending
    from loadstone.fetch.hashing import hash_file

    if source.digest:
        algorithm, wanted = source.digest
        found = hash_file(path, (algorithm,))[algorithm]
        if found != wanted:
            raise WrongContentError(
                f"the file that arrived is not the one whose {algorithm} you named",
                where=source.url,
                expected=wanted,
                found=found,
            )
        return f"{algorithm} named by you"
    end = ending(path)
    if end.whole is False:
        raise WrongContentError("the file that arrived is cut short or damaged", where=source.url, found=end.reason)
    return f"{library}, {end.checked}" if end.checked else library
