"""The host's name does not resolve here, or no network is reachable.

What is seen

    `Name or service not known`, `Temporary failure in name resolution`, `nodename nor servname provided`,
    `getaddrinfo failed`, `Network is unreachable`, `Could not resolve host`.

Why

    The machine has no internet access: a cluster's node, a Kaggle kernel whose internet switch is off, a container
    without name server. Weights of `keras.applications` and of hubs are fetched when the model is built.

Remedy

    Switch the access on, or fetch the file where there is one and give its path (`weights=PATH`).
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.network._texts import TRANSFER

FAULT = Fault(
    "net-dns-or-offline",
    "error",
    help="switch internet access on (Kaggle: Settings, Internet), or fetch the file elsewhere and pass its path",
    reference="https://man7.org/linux/man-pages/man3/gai_strerror.3.html",
)

_NO_NAME = (
    r"Name or service not known|nodename nor servname provided|getaddrinfo (?:failed|ENOTFOUND|EAI_AGAIN)|"
    r"No address associated with hostname|[Cc]ould(?: not|n't) resolve host(?!.*proxy)|unable to resolve host address|"
    r"NameResolutionError|Failed to resolve '|\[Errno 1100[14]\]|No such host is known|Name does not resolve"
)

TEXTS = (
    Saying(_NO_NAME, "the host's name does not resolve from this machine", unless=(r"resolve proxy",)),
    Saying(
        r"Temporary failure in name resolution|Try again\b.*name|\[Errno 11002\]",
        "no name server answers this machine",
    ),
    Saying(
        r"Network is unreachable|No route to host|Network is down|WinError 100(?:51|65)\b|\[Errno (?:101|51|113)\]",
        "there is no route from this machine to the network",
        needs=(TRANSFER,),
    ),
    Saying(
        r"gaierror",
        "looking up the host's name failed",
        unless=(_NO_NAME, r"Temporary failure in name resolution"),
    ),
    Saying(
        r"outgoing traffic has been disabled|[Oo]ffline mode is enabled|HF_HUB_OFFLINE|"
        r"couldn't connect to '?https?://|Internet connection and try again",
        "the library was told to stay offline, or found no connection",
        "likely",
    ),
    Saying(
        r"Failed to connect to the remote host|Failed to establish a new connection|urlopen error",
        "no connection could be made to the host",
        "possible",
        echo=True,
    ),
)
