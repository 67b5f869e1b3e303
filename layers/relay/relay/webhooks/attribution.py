"""Attribution that a checkout carries: click id, `_ttp`, consent and more, under documented names.

A page of the shop writes them where the platform keeps notes on an order: cart attributes at Shopify (they
become `note_attributes`), `metadata` at Stripe, `meta_data` at WooCommerce. The values come from a browser,
so each has a pattern and a length, and a value that does not fit, or is a placeholder, counts as absent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from relay.identity.placeholders import is_placeholder, is_placeholder_id
from relay.visits.visit import TTCLID, TTP, VISIT_ID
from relay.webhooks.json_fields import to_text

PATTERNS: Final[dict[str, str]] = {
    "ttclid": TTCLID.pattern,
    "ttp": TTP.pattern,
    # The others have a prefix. A plain `event_id` may be a concert's, which would make all of its tickets one
    # purchase; a plain `consent` may be about newsletters.
    "tt_client_ip": r"[0-9A-Fa-f.:]{2,45}",
    "tt_user_agent": r"[ -~]{1,1024}",
    "tt_url": r"https?://[!-~]{1,2040}",
    "tt_event_id": r"[A-Za-z0-9._:-]{1,128}",
    "tt_consent": r"[A-Za-z0-9]{1,16}",
    "tt_trial_end": r"[0-9]{9,11}",
    "tt_visit": VISIT_ID.pattern,
}
"""Name → pattern of its value. A name may have underscores before it, which hide it from the buyer at Shopify
and WooCommerce."""

CONSENT_DENIED: Final[frozenset[str]] = frozenset({"denied", "declined", "rejected", "false", "no", "0"})
"""Values of `tt_consent`, in lower case, that deny consent."""

_COMPILED: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern) for name, pattern in PATTERNS.items()
}

_USER_FIELDS: Final[dict[str, str]] = {
    "ttclid": "ttclid",
    "ttp": "ttp",
    "ip": "tt_client_ip",
    "user_agent": "tt_user_agent",
}
"""Field of `user` → name that it is carried under."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Carried values by documented name."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def consent(self) -> str:
        """Value of an event's `consent`: "denied", or "" where it was not denied."""
        return "denied" if self.values.get("tt_consent", "").lower() in CONSENT_DENIED else ""

    @property
    def event_id(self) -> str:
        return self.values.get("tt_event_id", "")

    @property
    def url(self) -> str:
        return self.values.get("tt_url", "")

    def consent_only(self) -> "Attribution":
        """Return the consent without the rest: for an order whose notes were copied from an earlier order."""
        return Attribution({name: value for name, value in self.values.items() if name == "tt_consent"})

    def user_fields(self, landing_page: str) -> dict[str, object]:
        """Return the fields of `user`; a missing click id is taken from the URL of the visit's first page."""
        fields: dict[str, object] = {
            user_field: self.values[name] for user_field, name in _USER_FIELDS.items() if name in self.values
        }
        if "ttclid" not in fields and (click_id := _click_id(landing_page)):
            fields["ttclid"] = click_id
        return fields


def parse_attribution(pairs: Iterable[tuple[object, object]]) -> Attribution:
    """Parse names and values of an order's notes; the first valid value of a name counts."""
    values: dict[str, str] = {}
    for name, value in pairs:
        plain = to_text(name).lstrip("_").lower()
        # A page may write a denial as false or 0 as well, which are equal.
        text = "0" if plain == "tt_consent" and value == 0 else to_text(value)
        if plain in _COMPILED and plain not in values and _is_valid(plain, text):
            values[plain] = text
    return Attribution(values)


def _click_id(url: str) -> str:
    try:
        found = parse_qs(urlsplit(url).query).get("ttclid", [""])
    except ValueError:
        return ""
    return found[0] if _is_valid("ttclid", found[0]) else ""


def _is_valid(name: str, text: str) -> bool:
    """Whether a value fits, and is no placeholder, which would hide what the order itself has."""
    is_nothing = is_placeholder_id if name == "tt_event_id" else is_placeholder
    return _COMPILED[name].fullmatch(text) is not None and not is_nothing(text)
