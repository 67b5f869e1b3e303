"""What the page carries through the checkout for us: click id, consent and more, under documented names.

A shop's page writes them where the platform keeps notes on an order: cart attributes at Shopify (they become
`note_attributes`), `metadata` at Stripe, `meta_data` at WooCommerce. A browser wrote them, so each has a
pattern and a length, and what does not fit is as if it were not there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

PATTERNS: Final[dict[str, str]] = {
    # TikTok's own ids: letters, digits and what base64 and URLs need.
    "ttclid": r"[A-Za-z0-9._~=-]{1,1024}",
    "ttp": r"[A-Za-z0-9._~=-]{1,256}",
    # The rest says by its name whose it is. A plain `event_id` may be a concert's, and would make all of its
    # tickets one purchase; a plain `consent` may be about newsletters.
    "tt_client_ip": r"[0-9A-Fa-f.:]{2,45}",
    "tt_user_agent": r"[ -~]{1,1024}",
    "tt_url": r"https?://[!-~]{1,2040}",
    "tt_event_id": r"[A-Za-z0-9._:-]{1,128}",
    "tt_consent": r"[A-Za-z0-9]{1,16}",
}
"""Name → what its value may be. Each name may have underscores before it, which hide it from the buyer at
Shopify and WooCommerce."""

REFUSED: Final[frozenset[str]] = frozenset({"denied", "declined", "rejected", "false", "no", "0"})
"""Values of `tt_consent`, in lower case, that mean no."""

_COMPILED: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern) for name, pattern in PATTERNS.items()
}

_USER: Final[dict[str, str]] = {
    "ttclid": "ttclid",
    "ttp": "ttp",
    "ip": "tt_client_ip",
    "user_agent": "tt_user_agent",
}
"""Field of `user` → the name that it is carried under."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried, by documented name."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def consent(self) -> str:
        """An event's `consent`: "denied", by which intake drops it, or "" where nobody said no."""
        return "denied" if self.values.get("tt_consent", "").lower() in REFUSED else ""

    @property
    def event_id(self) -> str:
        return self.values.get("tt_event_id", "")

    @property
    def url(self) -> str:
        return self.values.get("tt_url", "")

    def user(self, landing: str) -> dict[str, object]:
        """What it says of the visitor; `landing` is the address of the visit's first page, for the click
        id."""
        found: dict[str, object] = {
            ours: self.values[name] for ours, name in _USER.items() if name in self.values
        }
        if "ttclid" not in found and (click := _click_id(landing)):
            found["ttclid"] = click
        return found


def read(pairs: Iterable[tuple[object, object]]) -> Carried:
    """Reads names and values as somebody's notes hold them; the first good value of a name counts."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        plain = name.strip().lstrip("_").lower()
        if plain in _COMPILED and plain not in values and _COMPILED[plain].fullmatch(value.strip()):
            values[plain] = value.strip()
    return Carried(values)


def _click_id(landing: str) -> str:
    try:
        given = parse_qs(urlsplit(landing).query).get("ttclid", [""])
    except ValueError:
        return ""
    return given[0] if _COMPILED["ttclid"].fullmatch(given[0]) else ""
