"""Callers of a server on loopback: a program on this machine, or a page that a browser on it shows.

Any page that a person visits can send requests to loopback addresses, and can point its own name at them
(DNS rebinding), by which it may read the responses too. The first has its `Origin`, the second its name as
the `Host`.
"""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(name: str) -> bool:
    """Whether a name without a port means this machine."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_foreign_page(host: str | None, origin: str | None) -> bool:
    """Whether a request with these headers comes from a page that is not the server's own."""
    if origin is not None and origin != f"http://{host}":
        return True
    # Every browser sends a Host.
    return host is not None and not is_loopback(_name_of(host))


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
