"""The page: the absolute URLs of a web event, and the click id in them.

TikTok API for Business, Doc 1771101303285761, `page`.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from relay.identity.placeholders import is_placeholder

Code = Literal["url_invalid", "url_no_scheme", "url_too_long"]

_HOST: Final[re.Pattern[str]] = re.compile(r"[\w.:-]++")
"""Letters of any script, as browsers show them; nothing escaped and no plus, which no host name has."""

MAX_CHARACTERS: Final[int] = 8_190
"""What web servers accept as the first line of a request (Apache, LimitRequestLine)."""

USUAL: Final[str] = r"^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][!-~]*)?$"
"""Nearly all URLs, as a regular expression. They stay as they are; any other is normalised."""

_CLICK_ID: Final[re.Pattern[str]] = re.compile(r"[?&#;]ttclid=([^&#;]*+)", re.IGNORECASE)
"""TikTok appends `ttclid` to the landing page of an ad; pages that never reload keep it in the fragment."""


class Url(NamedTuple):
    """An absolute URL, or None; and the code of the finding, if there is one."""

    url: str | None
    finding: Code | None = None


def normalise_url(text: str) -> Url:
    """Normalise a URL: absolute, with a scheme and a host, without space.

    >>> normalise_url("shop.example/two words")
    Url(url='https://shop.example/two%20words', finding='url_no_scheme')
    """
    url = text.strip()
    if len(url) > MAX_CHARACTERS:
        return Url(None, "url_too_long")
    url = "%20".join(url.split())
    scheme, separator, rest = url.partition("://")
    finding: Code | None = None
    if separator and scheme.lower() in ("http", "https"):
        url = f"{scheme.lower()}://{rest}"
    elif _starts_with_host(url):
        url, finding = f"https://{url.removeprefix('//')}", "url_no_scheme"
    else:
        return Url(None, "url_invalid")
    host = _find_host(url)
    return Url(url, finding) if host and _HOST.fullmatch(host) else Url(None, "url_invalid")


def find_click_id(page: Mapping[str, str]) -> str | None:
    """Find the click id in the URL of a page, or in its referrer if that is on the same host.

    That is where TikTok's own tag reads it (tiktok/gtm-template-eapi). A macro that an ad did not replace,
    such as __CLICKID__, is no click id.

    >>> find_click_id({"url": "https://shop.example/?ttclid=E.C.P.1"})
    'E.C.P.1'
    """
    url, referrer = page.get("url", ""), page.get("referrer", "")
    if (click_id := _find_click_id_in_url(url)) is not None:
        return click_id
    if _CLICK_ID.search(referrer) is None:
        return None
    host = _find_host(url)
    return _find_click_id_in_url(referrer) if host and host == _find_host(referrer) else None


def _find_click_id_in_url(url: str) -> str | None:
    for parameter in _CLICK_ID.finditer(url):
        click_id = unquote(parameter[1]).strip()
        if click_id and not is_placeholder(click_id):
            return click_id
    return None


def _starts_with_host(url: str) -> bool:
    host = url.removeprefix("//").partition("/")[0]
    return "." in host and "%20" not in host and ":" not in host.partition("@")[2]


def _find_host(url: str) -> str | None:
    """Host of a URL in lower case, without the `www.` that a shop may or may not show."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
