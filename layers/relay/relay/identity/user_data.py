"""The person: the `user` of an event, normalised, hashed and ready to go out.

TikTok API for Business, Doc 1771101303285761, `user`. What can't be used is omitted with a warning and never
sent as it is; what is blank or a placeholder is omitted and never hashed; what is hashed already is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relay import personal_data
from relay.characters import remove_invisible
from relay.findings import Findings, describe_type
from relay.identity import device_ids, emails, ip_addresses, locales, person_names, phones, places
from relay.identity.hashing import BLANK_DIGESTS, DIGEST_LENGTH, digest, is_digest
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


class Add:
    """Adds a finding on the identifier at `path`."""

    __slots__ = ("_findings", "path")

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.path = ""

    def __call__(self, code: str, actual: str = "", expected: str = "") -> None:
        self._findings.add(code, self.path, actual, expected)


Normalised = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How one identifier is normalised: trimmed text and country (two lower-case letters, or None) → what
    goes out, or is hashed."""

    normalise: Callable[[str, str | None, Add], Normalised]
    hashed: bool = False
    """Whether its SHA-256 goes out; 64 hex characters are one already."""
    open_text: bool = False
    """Whether any text passes, so that a placeholder has to be recognised by its words."""
    person_name: bool = False
    """Null is a surname."""


def _email(text: str, _country: str | None, add: Add) -> Normalised:
    email = emails.normalise_email(text)
    if email is None:
        add("email_invalid")
    return email


def _phone(text: str, country: str | None, add: Add) -> Normalised:
    phone = phones.normalise_phone(text, country)
    if phone.finding is not None:
        add(phone.finding)
    return phone.numbers[0] if len(phone.numbers) == 1 else list(phone.numbers)


def _external_id(text: str, _country: str | None, _add: Add) -> Normalised:
    # Case is kept: TikTok states no rule, and its own tag only trims what the pixel's identify sends.
    return text


def _plain(text: str, _country: str | None, add: Add) -> Normalised:
    if len(text) > MAX_PLAIN:
        add("value_invalid", describe_type(text), f"at most {MAX_PLAIN} characters")
        return None
    return _redacted(personal_data.redact_text(text, written_phones=False), add)


def _user_agent(text: str, country: str | None, add: Add) -> Normalised:
    if len(text) > MAX_PLAIN:
        return _plain(text, country, add)
    return _redacted(personal_data.redact_user_agent(text), add)


def _redacted(redaction: personal_data.Redaction, add: Add) -> str:
    if redaction.found is not None:
        add("personal_data", redaction.found)
    return redaction.text.strip()


def _ip(text: str, _country: str | None, add: Add) -> Normalised:
    ip_address, code = ip_addresses.normalise_ip_address(text)
    if code is not None:
        add(code)
    return ip_address


def _person_name(text: str, _country: str | None, add: Add) -> Normalised:
    return person_names.normalise_person_name(text) or _invalid(text, "a name", add)


def _postcode(text: str, country: str | None, add: Add) -> Normalised:
    return places.normalise_postcode(text, country) or _invalid(text, "a postcode", add)


def _city(text: str, _country: str | None, add: Add) -> Normalised:
    return places.normalise_city(text) if places.is_place_name(text) else _invalid(text, "a city", add)


def _state(text: str, country: str | None, add: Add) -> Normalised:
    if not places.is_place_name(text):
        return _invalid(text, "a state", add)
    return places.normalise_state(text, country)


def _country(text: str, _country: str | None, add: Add) -> Normalised:
    code = places.find_country_code(text)
    if code is None:
        add("country_unknown")
    return code


def _locale(text: str, _country: str | None, add: Add) -> Normalised:
    return locales.normalise_locale(text) or _invalid(text, "a language tag such as en-US", add)


def _idfa(text: str, country: str | None, add: Add) -> Normalised:
    return _idfv(text.upper(), country, add)


def _gaid(text: str, country: str | None, add: Add) -> Normalised:
    return _idfv(text.lower(), country, add)


def _idfv(text: str, _country: str | None, add: Add) -> Normalised:
    return text if device_ids.is_device_id(text) else _invalid(text, "a device id, not all zeros", add)


def _att_status(text: str, _country: str | None, add: Add) -> Normalised:
    status = text.upper()
    if status in _ATT_STATUSES:
        return status
    add("enum_unknown", "", ", ".join(sorted(_ATT_STATUSES)))
    return None


def _invalid(text: str, expected: str, add: Add) -> Normalised:
    add("value_invalid", describe_type(text), expected)
    return None


EMAIL: Final = Normaliser(_email, hashed=True, open_text=True)
PHONE: Final = Normaliser(_phone, hashed=True)
EXTERNAL_ID: Final = Normaliser(_external_id, hashed=True, open_text=True)
PLAIN: Final = Normaliser(_plain, open_text=True)
USER_AGENT: Final = Normaliser(_user_agent, open_text=True)
IP: Final = Normaliser(_ip)
LOCALE: Final = Normaliser(_locale)
PERSON_NAME: Final = Normaliser(_person_name, hashed=True, person_name=True)
POSTCODE: Final = Normaliser(_postcode, hashed=True, open_text=True)
CITY: Final = Normaliser(_city, open_text=True)
STATE: Final = Normaliser(_state, open_text=True)
COUNTRY: Final = Normaliser(_country)
IDFA: Final = Normaliser(_idfa, hashed=True)
IDFV: Final = Normaliser(_idfv)
GAID: Final = Normaliser(_gaid, hashed=True)
ATT_STATUS: Final = Normaliser(_att_status)


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
        elif found := _normalise_all(value, normaliser, country, Add(findings)):
            out[name] = found if len(found) > 1 else found[0]
    if "ip" in out and "user_agent" not in out:
        findings.add("ip_without_user_agent", findings.path("user", "ip"))
    return out


def _normalise_all(sent: list[AsSent], normaliser: Normaliser, country: str | None, add: Add) -> list[str]:
    """What goes out of one identifier, each value once."""
    found: dict[str, None] = {}
    for add.path, text in sent:
        if one := _normalise_one(text, normaliser, country, add):
            found.update(dict.fromkeys([one] if isinstance(one, str) else one))
    return list(found)


def _normalise_one(text: str, normaliser: Normaliser, country: str | None, add: Add) -> Normalised:
    text = text.strip()
    visible = remove_invisible(text).strip()
    if not visible:
        add("identifier_blank")
        return None
    if len(visible) == DIGEST_LENGTH and normaliser.hashed and is_digest(visible):
        text = visible.lower()
        if text in BLANK_DIGESTS or (not normaliser.person_name and is_placeholder_digest(text)):
            add("digest_of_nothing")
            return None
        return text
    if normaliser.open_text and is_placeholder(visible):
        add("identifier_placeholder")
        return None
    normalised = normaliser.normalise(text, country, add)
    if not normalised or not normaliser.hashed:
        return normalised
    return digest(normalised) if type(normalised) is str else list(map(digest, normalised))
