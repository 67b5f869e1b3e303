"""IP addresses of visitors: IPv4 and IPv6, public ones only.

TikTok API for Business, Doc 1771101303285761, `user.ip`: a public IPv4 or IPv6 address, full or compressed.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple

IpFinding = Literal["ip_invalid", "ip_not_public", "ip_list"]

_OCTETS: Final[str] = r"(?:\.(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])){3}"
"""The last three of an IPv4 address."""

_IPV4: Final[re.Pattern[str]] = re.compile(rf"([1-9][0-9]{{0,2}}){_OCTETS}")

_MIXED_OCTETS: Final[frozenset[str]] = frozenset({"10", "100", "127", "169", "172", "192", "198", "203"})
"""First octets under which some addresses are not public (IANA IPv4 special-purpose registry)."""

_MIN_MULTICAST: Final[int] = 224

_IPV6: Final[str] = "(?:2003|2[4-9a-f][0-9a-f]{2})(?::[1-9a-f][0-9a-f]{0,3}){7}"
"""Blocks that the registries hand out to networks of visitors (IANA IPv6 global unicast assignments), without
a group of zeros, which may have to be compressed."""

_MAX_LIST_CHARACTERS: Final[int] = 1_000
"""A chain of a dozen proxies has a few hundred."""

_LIST_SEPARATORS: Final[re.Pattern[str]] = re.compile(r"[,;\s|]++")
_BRACKETED: Final[re.Pattern[str]] = re.compile(r"\[([^\]]{1,64})\](?::\d{1,5})?")
_FORWARDED_NAMES: Final[re.Pattern[str]] = re.compile(r"(?:for|by|host|proto)\s{0,4}=", re.IGNORECASE)


def usual_pattern() -> str:
    """The addresses that are normalised already, and public whatever their last octets or groups are, as a
    regular expression of Rust."""
    first = "|".join(octet for octet in map(str, range(1, _MIN_MULTICAST)) if octet not in _MIXED_OCTETS)
    return f"^(?:(?:{first}){_OCTETS}|{_IPV6})$"


class IpAddress(NamedTuple):
    """A public address, or None; and the code of the finding, if there is one."""

    ip_address: str | None
    finding: IpFinding | None = None


def normalise_ip_address(text: str) -> IpAddress:
    """Normalise an address: without port, brackets, quotes or zone.

    Of a list as proxies forward it (X-Forwarded-For; Forwarded, RFC 7239), the first public address, with the
    finding `ip_list`.

    >>> normalise_ip_address("[2001:4860:4860::8888]:443").ip_address
    '2001:4860:4860::8888'
    >>> normalise_ip_address("10.0.0.1")
    IpAddress(ip_address=None, finding='ip_not_public')
    >>> normalise_ip_address("10.0.0.1, 93.184.216.34")
    IpAddress(ip_address='93.184.216.34', finding='ip_list')
    """
    plain = _IPV4.fullmatch(text)
    if plain is not None and plain[1] not in _MIXED_OCTETS and int(plain[1]) < _MIN_MULTICAST:
        return IpAddress(text)
    text = text.strip()
    address = _parse_ip_address(text)
    if address is not None:
        return IpAddress(str(address)) if _is_public(address) else IpAddress(None, "ip_not_public")
    if len(text) > _MAX_LIST_CHARACTERS:
        return IpAddress(None, "ip_invalid")
    return _choose_from_list(text)


def _choose_from_list(text: str) -> IpAddress:
    entries = list(filter(None, _LIST_SEPARATORS.split(text)))
    parsed = [address for entry in entries if (address := _parse_ip_address(entry)) is not None]
    for address in parsed:
        if _is_public(address):
            return IpAddress(str(address), "ip_list")
    return IpAddress(None, "ip_not_public" if parsed else "ip_invalid")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _parse_ip_address(text: str) -> IPv4Address | IPv6Address | None:
    """One entry, in any of the spellings of proxies; an IPv4 address inside an IPv6 one as itself."""
    if (name := _FORWARDED_NAMES.match(text)) is not None:
        if not name[0].lower().startswith("for"):
            return None
        text = text[name.end() :]
    text = text.strip(" \"'\t")
    if (bracketed := _BRACKETED.fullmatch(text)) is not None:
        text = bracketed[1]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
