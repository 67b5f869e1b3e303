"""Bots and previews: requests that no visitor made, by the browser's own name and the page's host."""

import re
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import urlsplit

from relay.lazy_patterns import lazy_pattern

Reason = Literal["bot", "preview"]

_BOT: Final = lazy_pattern(
    # `Cubot` is a maker of phones.
    r"(?<!cu)bot\b|crawl|spider|slurp|mediapartners-google|google-inspectiontool|googleother|bingpreview"
    r"|facebookexternalhit|meta-externalagent|whatsapp/|lighthouse|pagespeed|pingdom|uptimerobot|statuscake"
    r"|gtmetrix|datadogsynthetics|screaming frog|ia_archiver|prerender",
    re.IGNORECASE,
)
"""Search engines, link previews, monitors and audits that run scripts, by what they call themselves."""

PREVIEW_DOMAINS: Final[tuple[str, ...]] = (
    "translate.goog",
    "googleusercontent.com",
    "web.archive.org",
    "shopifypreview.com",
    "gtm-msr.appspot.com",
    "cc.bingj.com",
)
"""Hosts that show a shop's pages to someone who is no visitor of the shop."""


def is_bot(user_agent: str | None) -> bool:
    """Whether a browser says that it is a program."""
    return user_agent is not None and _BOT().search(user_agent) is not None


def is_preview(url: object) -> bool:
    """Whether a page's URL is on a host that only shows copies."""
    if not isinstance(url, str):
        return False
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in PREVIEW_DOMAINS)


def find_reason(user_agent: str | None, urls: Iterable[object]) -> Reason | None:
    """Return why a browser's request is ignored, or None where a visitor may have made it."""
    if is_bot(user_agent):
        return "bot"
    return "preview" if any(map(is_preview, urls)) else None
