"""The person: the `user` of an event, normalised, hashed and ready to go out.

TikTok API for Business, Doc 1771101303285761, `user`. What can't be used is omitted with a warning and never
sent as it is; what is blank or a placeholder is omitted and never hashed; what is hashed already is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from relay import personal_data
from relay.characters import remove_invisible
from relay.findings import Findings, describe_type
from relay.identity import device_ids, emails, ip_addresses, locales, person_names, phones, places
from relay.identity.hashing import BLANK_DIGESTS, digest, is_digest
from relay.identity.placeholders import is_placeholder, is_placeholder_digest

MAX_PLAIN: Final[int] = 4_096
"""Characters of a click id, a cookie or a User-Agent header; the longest have some hundred."""

USUAL_USER_AGENT: Final[str] = "^[A-Za-z]+/[0-9]"
"""How a User-Agent header starts that is no placeholder, as a regular expression of Rust."""

AsSent = tuple[str, str]
"""An identifier that has to be normalised: its path in the event, and its text."""

_ATT_STATUSES: Final[frozenset[str]] = frozenset(
    {"AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"}
)


Add = Callable[..., None]
"""Adds a finding on the identifier: its code, actual and expected (`Findings.add`)."""

Normalised = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How one identifier is normalised: trimmed text and country (two lower-case letters, or None) → what
    goes out, or is hashed; nothing for what can't be such an identifier."""

    normalise: Callable[[str, str | None, Add], Normalised]
    invalid: tuple[str, str] | None = None
    """The finding where nothing is left: its code, and what is expected; None where `normalise` adds it."""
    hashed: bool = False
    """Whether its SHA-256 goes out; 64 hex characters are one already."""
    open_text: bool = False
    """Whether any text passes, so that a placeholder has to be recognised by its words."""
    person_name: bool = False
    """Null is a surname."""


def _phone(text: str, country: str | None, add: Add) -> Normalised:
    phone = phones.normalise_phone(text, country)
    if phone.finding is not None:
        add(phone.finding)
    return phone.numbers[0] if len(phone.numbers) == 1 else list(phone.numbers)


def _ip(text: str, _country: str | None, add: Add) -> Normalised:
    ip_address, code = ip_addresses.normalise_ip_address(text)
    if code is not None:
        add(code)
    return ip_address


def _redact(
    redact: Callable[[str], personal_data.Redaction], text: str, _country: str | None, add: Add
) -> Normalised:
    if len(text) > MAX_PLAIN:
        add("value_invalid", describe_type(text), f"at most {MAX_PLAIN} characters")
        return None
    redaction = redact(text)
    if redaction.found is not None:
        add("personal_data", redaction.found)
    return redaction.text.strip()


def _device_id(text: str) -> str | None:
    return text if device_ids.is_device_id(text) else None


_DEVICE_ID: Final = ("value_invalid", "a device id, not all zeros")

EMAIL: Final = Normaliser(
    lambda text, *_: emails.normalise_email(text), ("email_invalid", ""), hashed=True, open_text=True
)
PHONE: Final = Normaliser(_phone, hashed=True)
# Case is kept: TikTok states no rule, and its own tag only trims what the pixel's identify sends.
EXTERNAL_ID: Final = Normaliser(lambda text, *_: text, hashed=True, open_text=True)
PLAIN: Final = Normaliser(
    partial(_redact, partial(personal_data.redact_text, written_phones=False)), open_text=True
)
USER_AGENT: Final = Normaliser(partial(_redact, personal_data.redact_user_agent), open_text=True)
IP: Final = Normaliser(_ip)
LOCALE: Final = Normaliser(
    lambda text, *_: locales.normalise_locale(text), ("value_invalid", "a language tag such as en-US")
)
PERSON_NAME: Final = Normaliser(
    lambda text, *_: person_names.normalise_person_name(text),
    ("value_invalid", "a name"),
    hashed=True,
    person_name=True,
)
POSTCODE: Final = Normaliser(
    lambda text, country, _: places.normalise_postcode(text, country),
    ("value_invalid", "a postcode"),
    hashed=True,
    open_text=True,
)
CITY: Final = Normaliser(
    lambda text, *_: places.normalise_city(text), ("value_invalid", "a city"), open_text=True
)
STATE: Final = Normaliser(
    lambda text, country, _: places.normalise_state(text, country),
    ("value_invalid", "a state"),
    open_text=True,
)
COUNTRY: Final = Normaliser(lambda text, *_: places.find_country_code(text), ("country_unknown", ""))
IDFA: Final = Normaliser(lambda text, *_: _device_id(text.upper()), _DEVICE_ID, hashed=True)
IDFV: Final = Normaliser(lambda text, *_: _device_id(text), _DEVICE_ID)
GAID: Final = Normaliser(lambda text, *_: _device_id(text.lower()), _DEVICE_ID, hashed=True)
ATT_STATUS: Final = Normaliser(
    lambda text, *_: text.upper() if text.upper() in _ATT_STATUSES else None,
    ("enum_unknown", ", ".join(sorted(_ATT_STATUSES))),
)


def normalise_user(
    user: Mapping[str, Any],
    normalisers: Mapping[str, Normaliser],
    default_country: str | None,
    findings: Findings,
) -> dict[str, Any]:
    """Normalise and hash the identifiers of a validated `user`.

    A text is normalised already and no digest; all else is a list of what has to be normalised.
    `default_country` is the ISO 3166 alpha-2 code in which national phone numbers are read if the event names
    no country. Raises UnicodeEncodeError for a lone surrogate.
    """
    country = default_country.lower() if default_country else None
    for _, named in user.get("country", ()):
        country = places.find_country_code(named) or country
    out: dict[str, Any] = {}
    for name, value in user.items():
        normaliser = normalisers[name]
        if type(value) is str:
            out[name] = digest(value) if normaliser.hashed else value
        elif found := _normalise_all(value, normaliser, country, findings):
            out[name] = found if len(found) > 1 else found[0]
    if "ip" in out and "user_agent" not in out:
        findings.add("ip_without_user_agent", findings.path("user", "ip"))
    return out


def _normalise_all(
    sent: list[AsSent], normaliser: Normaliser, country: str | None, findings: Findings
) -> list[str]:
    """What goes out of one identifier, each value once."""
    found: dict[str, None] = {}
    for path, text in sent:
        if one := _normalise_one(path, text, normaliser, country, findings):
            found.update(dict.fromkeys([one] if isinstance(one, str) else one))
    return list(found)


def _normalise_one(
    path: str, text: str, normaliser: Normaliser, country: str | None, findings: Findings
) -> Normalised:
    def add(code: str, actual: str = "", expected: str = "") -> None:
        findings.add(code, path, actual, expected)

    text = text.strip()
    visible = remove_invisible(text).strip()
    if not visible:
        add("identifier_blank")
        return None
    if normaliser.hashed and is_digest(visible):
        text = visible.lower()
        if text in BLANK_DIGESTS or (not normaliser.person_name and is_placeholder_digest(text)):
            add("digest_of_nothing")
            return None
        return text
    if normaliser.open_text and is_placeholder(visible):
        add("identifier_placeholder")
        return None
    normalised = normaliser.normalise(text, country, add)
    if not normalised and normaliser.invalid:
        code, expected = normaliser.invalid
        add(code, describe_type(text), expected)
    if not normalised or not normaliser.hashed:
        return normalised
    return digest(normalised) if type(normalised) is str else list(map(digest, normalised))
