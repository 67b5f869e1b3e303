"""Internet addresses of visitors: IPv4 and IPv6, public ones only."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal

Unusable = Literal["ip_invalid", "ip_not_public"]

_IPV4: Final[re.Pattern[str]] = re.compile(
    r"([1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}", re.ASCII
)

_MIXED: Final[frozenset[str]] = frozenset({"10", "100", "127", "169", "172", "192", "198", "203"})
"""First octets under which not every address is public (IANA IPv4 special-purpose registry)."""

_MULTICAST_FROM: Final[int] = 224


def normalise(text: str) -> tuple[str | None, Unusable | None]:
    """The address without port, brackets or zone; or None, and the code of the check that says why.

    TikTok API for Business, Doc 1771101303285761, `user.ip`: a public IPv4 or IPv6 address, full or
    compressed.

    >>> normalise("[2001:4860:4860::8888]:443")
    ('2001:4860:4860::8888', None)
    >>> normalise("10.0.0.1")
    (None, 'ip_not_public')
    """
    plain = _IPV4.fullmatch(text)
    if plain is not None and plain[1] not in _MIXED and int(plain[1]) < _MULTICAST_FROM:
        return text, None
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
