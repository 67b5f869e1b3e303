"""The page: the absolute address that a web event happened on.

TikTok API for Business, Doc 1771101303285761, `page`.
"""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from relay.findings import Finding, finding, safe_name

_FIELDS: Final[frozenset[str]] = frozenset({"url", "referrer"})

_HOST: Final[re.Pattern[str]] = re.compile(r"[\w.:-]+")
"""Letters of any script, as pages show them; nothing escaped and no plus, which are in no host's name."""

_LONGEST: Final[int] = 8_190
"""What web servers take as a request's first line (Apache, LimitRequestLine)."""

_USUAL: Final[re.Pattern[str]] = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?#]|\Z)", re.ASCII)
"""How nearly all addresses begin; any other is looked at more closely."""


def read(given: dict[str, Any], named: Callable[[str, str], str]) -> tuple[dict[str, Any], list[Finding]]:
    """`page` as it goes out, and what there is to say of it."""
    page: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, value in given.items():
        if name not in _FIELDS:
            findings.append(finding("unknown_field", named("page", safe_name(name, "a field"))))
            continue
        address = value.strip()
        if len(address) > _LONGEST:
            findings.append(finding("url_invalid", named("page", name)))
            continue
        if _USUAL.match(address) is None or len(address.split(None, 1)) > 1:
            address = _mended(address, named("page", name), findings)
        if address:
            page[name] = address
    # TikTok's `page` needs its url; a referrer alone would make it refuse the event.
    return page if "url" in page else {}, findings


def _mended(address: str, path: str, findings: list[Finding]) -> str:
    """An absolute address with a host and without space, or "" where none can be made of it."""
    address = "%20".join(address.split())
    scheme, _, rest = address.partition("://")
    if scheme.lower() in ("http", "https"):
        address = f"{scheme.lower()}://{rest}"
    elif address:
        address = _with_scheme(address, path, findings)
    if not address:
        return ""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if not host or _HOST.fullmatch(host) is None:
        findings.append(finding("url_invalid", path))
        return ""
    return address


def _with_scheme(address: str, path: str, findings: list[Finding]) -> str:
    host = address.removeprefix("//").partition("/")[0]
    if "." in host and "%20" not in host and ":" not in host.partition("@")[2]:
        findings.append(finding("url_no_scheme", path))
        return f"https://{address.removeprefix('//')}"
    findings.append(finding("url_invalid", path))
    return ""
