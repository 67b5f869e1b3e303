"""Internet addresses of visitors: IPv4 and IPv6, public ones only."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

Unusable = Literal["ip_invalid", "ip_not_public"]


def normalise(text: str) -> tuple[str | None, Unusable | None]:
    """The address without port, brackets or zone; or None, and the code of the check that says why.

    TikTok API for Business, Doc 1771101303285761, `user.ip`: a public IPv4 or IPv6 address, full or
    compressed.

    >>> normalise("[2001:4860:4860::8888]:443")
    ('2001:4860:4860::8888', None)
    >>> normalise("10.0.0.1")
    (None, 'ip_not_public')
    """
    address = _parsed(text.strip())
    if address is None:
        return None, "ip_invalid"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast:
        return None, "ip_not_public"
    return str(address), None


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
