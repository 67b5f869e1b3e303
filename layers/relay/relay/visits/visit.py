"""A visit: what a page's browser leaves under a short id, and the keys by which a webhook finds it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeGuard
from urllib.parse import urlsplit

from relay.event.page_url import MAX_CHARACTERS
from relay.identity.emails import normalise_email
from relay.identity.hashing import BLANK_DIGESTS, digest, is_digest
from relay.identity.placeholders import is_placeholder, is_placeholder_digest
from relay.personal_data import redact_url, redact_user_agent
from relay.request_error import RequestError

VISIT_ID: Final[re.Pattern[str]] = re.compile(r"ttv_[A-Za-z0-9_-]{22}")
"""132 random bits, in the alphabet that Stripe's `client_reference_id` takes (docs.stripe.com, "Payment
links"). The prefix tells it from a shop's own id of a customer."""

PointerKind = Literal["checkout_token", "session_id", "payment_intent", "order_id", "email"]

POINTER_KINDS: Final[tuple[PointerKind, ...]] = (
    "checkout_token",
    "session_id",
    "payment_intent",
    "order_id",
    "email",
)
"""What leads from a webhook to a visit besides its id, the safest first: tokens that only the buyer's browser
and the shop know, then an order id, which can be guessed, then an e-mail address, which joins devices."""

TTCLID: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9._~=-]{1,1024}")
TTP: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9._~=-]{1,256}")
"""TikTok's own ids: letters, digits, and what base64 and URLs need."""

_POINTER: Final[re.Pattern[str]] = re.compile(r"[!-~]{1,255}")
_MAX_USER_AGENT: Final[int] = 1024
_MAX_URL: Final[int] = 2048


def is_visit_id(text: object) -> TypeGuard[str]:
    """Whether a text is the id of a visit, by its form."""
    return isinstance(text, str) and VISIT_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser left. Texts are empty where nothing is known; `email` is a SHA-256 digest."""

    visit_id: str
    granted: bool
    ttclid: str = ""
    ttp: str = ""
    ip: str = ""
    user_agent: str = ""
    url: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class VisitKeys:
    """How a webhook names its visit: an id that the checkout carried, and tokens of the checkout.

    `ordered_at` is when the order was made, in Unix seconds: nobody can know its id before.
    """

    visit_id: str = ""
    checkout_token: str = ""
    session_id: str = ""
    payment_intent: str = ""
    ordered_at: int | None = None


def parse_visit(body: object, ip: str, user_agent: str | None) -> tuple[Visit, Mapping[PointerKind, str]]:
    """Return the visit and the pointers to it, from a JSON body and the ip and browser of the request.

    A value that can't be what its field names is omitted. URLs are kept without query and fragment, which
    may hold personal data, and what else holds any is redacted, as in an event. Raises RequestError (422) for
    a body without a visit id or a clear consent.
    """
    if not isinstance(body, dict):
        raise RequestError(400, "body_not_an_object", "The body is no JSON object; expected a visit.")
    visit_id, consent = body.get("id"), body.get("consent")
    if not is_visit_id(visit_id):
        raise RequestError(422, "visit_id_invalid", "id is no visit id; expected the one that the tag made.")
    if consent not in ("granted", "denied"):
        raise RequestError(422, "consent_invalid", "consent is neither granted nor denied.")
    if consent == "denied":
        return Visit(visit_id, granted=False), {}
    email = _email(body.get("email"))
    pointers: dict[PointerKind, str] = {
        kind: value for kind in POINTER_KINDS[:-1] if (value := _text(body, kind, _POINTER))
    }
    if email:
        pointers["email"] = email
    visit = Visit(
        visit_id,
        granted=True,
        ttclid=_text(body, "ttclid", TTCLID),
        ttp=_text(body, "ttp", TTP),
        ip=ip,
        user_agent=redact_user_agent((user_agent or "")[:_MAX_USER_AGENT]).text,
        url=_page(body.get("url")),
        email=email,
    )
    return visit, pointers


def _text(body: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = body.get(name)
    # A script that knows no value writes undefined, an ad with a wrong set-up the name of its macro. Either
    # would take the place of what an earlier page left.
    if not isinstance(value, str) or not pattern.fullmatch(value) or is_placeholder(value):
        return ""
    return value


def _email(value: object) -> str:
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if is_digest(text):
        found = text.lower()
        return "" if found in BLANK_DIGESTS or is_placeholder_digest(found) else found
    try:
        email = normalise_email(text)
        return digest(email) if email else ""
    except UnicodeEncodeError:
        return ""


def _page(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return ""
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return redact_url(page).text if len(page) <= _MAX_URL else ""
