"""The click id in a URL: TikTok appends `ttclid` to the landing page of an ad.

TikTok's own tag (tiktok/gtm-template-eapi) reads it from the page's URL, else from a referrer on the same
host.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_PARAMETER: Final[str] = "ttclid"


def find_click_id(page: Mapping[str, str]) -> str | None:
    """Find the click id in the URL of a page, or in its referrer if that is on the same host.

    >>> find_click_id({"url": "https://shop.example/?ttclid=E.C.P.1"})
    'E.C.P.1'
    """
    url, referrer = page.get("url", ""), page.get("referrer", "")
    if _PARAMETER in url and (found := _read_parameter(url)):
        return found
    if _PARAMETER in referrer and _host(url) == _host(referrer):
        return _read_parameter(referrer)
    return None


def _read_parameter(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    # Pages that never reload keep their query in the fragment.
    for query in (parts.query, parts.fragment.partition("?")[2]):
        for name, value in parse_qsl(query):
            if name == _PARAMETER and value.strip():
                return value.strip()
    return None


def _host(url: str) -> str | None:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.") or None
    except ValueError:
        return None
