"""What certificates' verification results and HTTP statuses mean, in one line of fact and one of help.

`fetch` looks them up for a failure of its own, `checks` for one that another program has printed.
"""

from __future__ import annotations

DOCTOR = "loadstone doctor --network {url} walks the stations and shows where it ends"

CERTIFICATES = {
    9: ("the server's certificate is not valid yet", "check this machine's clock: {clock}"),
    10: ("the server's certificate has expired", "check this machine's clock: {clock}; if it is right, tell the owner"),
    18: ("the server's certificate is self-signed", "if it is yours, name its file in SSL_CERT_FILE"),
    19: (
        "the certificate chain ends in an authority that is not trusted here",
        "behind a company's inspecting proxy, name the company's authority in SSL_CERT_FILE",
    ),
    20: (
        "the authority that signed the server's certificate is not known here",
        "name the authority's file in SSL_CERT_FILE (a private authority), or update ca-certificates",
    ),
    21: (
        "the server's certificate cannot be traced to an authority",
        "name the authority's file in SSL_CERT_FILE, or update ca-certificates",
    ),
    62: ("the server's certificate is for another name", "check the address; a captive portal answers like this too"),
    64: ("the server's certificate is for another address", "use the server's name in place of its number"),
}
"""OpenSSL's verification results (x509_vfy.h) that a user can do something about: fact, help."""

STATUS = {
    401: "the server demands a login (401)",
    403: "the server refuses access (403)",
    404: "there is no such file at this address (404)",
    407: "the proxy demands a login (407)",
    410: "the file has been removed for good (410)",
    429: "the server asks for fewer requests (429)",
    451: "the file is withheld for legal reasons (451)",
    500: "the server failed (500)",
    502: "a gateway on the way failed (502)",
    503: "the server is overloaded or down (503)",
    504: "a gateway on the way got no answer (504)",
}
"""HTTP status → fact."""

STATUS_HELP = {
    401: "put the login into ~/.netrc, or use the service's own scheme (hf://, kaggle://, s3://)",
    403: "the file is not public, or its quota is used up: check in a browser, or put a login into ~/.netrc",
    404: "check the spelling; loadstone list shows what can be fetched by name",
    407: "set HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT",
    410: "loadstone list shows what can be fetched by name",
}
"""HTTP status → help."""
