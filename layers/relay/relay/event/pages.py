"""The page: the absolute address that a web event happened on.

TikTok API for Business, Doc 1771101303285761, `page`.
"""

from collections.abc import Callable
from typing import Any, Final

from relay.event.checks import Finding, finding, shown

_FIELDS: Final[frozenset[str]] = frozenset({"url", "referrer"})


def read(given: dict[str, Any], named: Callable[[str, str], str]) -> tuple[dict[str, Any], list[Finding]]:
    """`page` as it goes out, and what there is to say of it."""
    page: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, value in given.items():
        if name not in _FIELDS:
            findings.append(finding("unknown_field", named("page", shown(name, "a field"))))
            continue
        address = value.strip()
        if not address.startswith(("https://", "http://")):
            address = _with_scheme(address, named("page", name), findings)
        if address:
            page[name] = address
    return page, findings


def _with_scheme(address: str, path: str, findings: list[Finding]) -> str:
    if not address:
        return ""
    host = address.removeprefix("//").partition("/")[0]
    if "." in host and " " not in address and ":" not in host.partition("@")[2]:
        findings.append(finding("url_no_scheme", path))
        return f"https://{address.removeprefix('//')}"
    findings.append(finding("url_invalid", path))
    return ""
