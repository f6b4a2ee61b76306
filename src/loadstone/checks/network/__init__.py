"""Faults of the network: told by texts alone, since a file that did not arrive shows nothing."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "net-proxy-misconfigured": "",
    "net-tls-no-ca": "",
    "net-dns-or-offline": "",
    "net-interrupted": "",
    "net-blocked-or-timeout": "",
    "net-server-failing": "",
    "auth-consent-missing": "",
    "url-gone-or-forbidden": "",
}
