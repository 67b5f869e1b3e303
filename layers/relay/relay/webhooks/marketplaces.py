"""Marketplaces: orders that were placed on another market, and that a program copied into the shop."""

import re
from typing import Final

_CHANNELS: Final[re.Pattern[str]] = re.compile(
    r"(?:tiktok(?: ?shop)?|facebook|instagram|amazon(?! pay)|ebay|walmart|etsy|target plus|mercado ?libre"
    r"|zalando|kaufland|cdiscount|mirakl|temu|shein)\b"
    r"|(?:otto|bol|wish)(?: (?:com|de|nl|be|market|marketplace|merchant))*$"
)
"""What the name of a channel starts with, with `_`, `-` and `.` as spaces. Amazon Pay is a wallet. Otto, bol
and wish are names and words of others, too: these count alone, or with a site or the word marketplace."""

_EMAIL: Final[re.Pattern[str]] = re.compile(
    r"@(?:[a-z0-9-]+\.)*(?:marketplace\.amazon(?:\.[a-z]{2,3}){1,2}|members\.ebay\.[a-z.]{2,6}"
    r"|tiktokw\.us|scs[0-9]?\.tiktok\.com|relay\.walmart\.com|allegromail\.pl|verkopen\.bol\.com"
    r"|mail\.mercadolibre\.com|notification\.mirakl\.net)$"
)
"""E-mail addresses that marketplaces make up for an order; they belong to no person."""


def is_marketplace(channel: str, email: str) -> bool:
    """Whether an order comes from a marketplace, by its channel's name or by its e-mail address.

    >>> is_marketplace("amazon-us", ""), is_marketplace("web", "madeup@scs2.tiktok.com")
    (True, True)
    """
    spaced = re.sub(r"[\s_.-]+", " ", channel.lower())
    return bool(_CHANNELS.match(spaced) or _EMAIL.search(email.lower()))
