"""Who may talk to a server of ours: neither pages from elsewhere nor foreign names that point here."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def named_rightly(listening: str, host: str) -> bool:
    """Whether a request names a server on this machine as such.

    Args:
        listening: Address that is listened at; any name is right for one that others reach.
        host: What the request's ``Host`` says.
    """
    if listening not in LOOPBACK:
        return True
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def from_here(origin: str | None, host: str) -> bool:
    """Whether a request comes from no page (None), or from one of the server itself."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False
