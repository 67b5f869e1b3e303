"""The person: what an event's `user` holds, normalised, hashed and ready for the wire.

TikTok API for Business, Doc 1771101303285761, `user`. What can't be used is left out with a warning, never
sent as it is; what is blank is left out and never hashed; what is hashed already is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from relay import personal_data
from relay.findings import Finding, finding, kind, shown
from relay.identity import device_ids, emails, ip_addresses, locales, person_names, phones, places
from relay.identity.hashing import BLANK_DIGESTS, DIGEST_LENGTH, digest, is_digest
from relay.identity.placeholders import is_placeholder, is_placeholder_digest

Named = Callable[[str, str], str]
"""Section and field → the field's JSON path as its sender wrote it."""


_Out = str | tuple[str, ...] | None


class Person:
    """`user` as it goes out, and what there is to say of what came in; `country` in two lower-case
    letters."""

    __slots__ = ("_named", "country", "findings", "user")

    def __init__(self, country: str | None, named: Named) -> None:
        self.user: dict[str, Any] = {}
        self.findings: list[Finding] = []
        self.country = country
        self._named = named

    def note(self, code: str, field: str, found: str = "", wanted: str = "") -> None:
        """Says something of a field, or of one element of it, such as email[1]."""
        self.findings.append(finding(code, self._named("user", field), found, wanted))


Read = Callable[[str, str, Person], _Out]
"""Text without space around it, its field's path, and the person that findings are noted on → what goes
out."""


_LONGEST_PLAIN: Final[int] = 4_096
"""Of a click id, a cookie, a browser's name: the longest have some hundred characters."""


def _email(text: str, field: str, person: Person) -> str | None:
    address = emails.normalise_email(text)
    if address is None:
        person.note("email_invalid", field)
        return None
    return digest(address)


def _phone(text: str, field: str, person: Person) -> _Out:
    phone = phones.normalise_phone(text, person.country)
    if phone.finding is not None:
        person.note(phone.finding, field)
    digests = tuple(map(digest, phone.numbers))
    return digests[0] if len(digests) == 1 else digests


def _external_id(text: str, _field: str, _person: Person) -> str:
    # Case is kept: TikTok states no rule, and its own tag only trims what the pixel's identify sends.
    return digest(text)


def _plain(text: str, field: str, person: Person) -> str | None:
    if len(text) > _LONGEST_PLAIN:
        person.note("value_invalid", field, kind(text), f"at most {_LONGEST_PLAIN} characters")
        return None
    redaction = personal_data.redact_text(text, written_phones=False)
    if redaction.found is None:
        return text
    person.note("personal_data", field, redaction.found)
    return redaction.text.strip() or None


def _ip(text: str, field: str, person: Person) -> str | None:
    ip_address, problem = ip_addresses.normalise_ip_address(text)
    if problem is not None:
        person.note(problem, field)
    return ip_address


def _name(text: str, field: str, person: Person) -> str | None:
    name = person_names.normalise_person_name(text)
    if not name:
        person.note("value_invalid", field, kind(text), "a name")
        return None
    return digest(name)


def _zip_code(text: str, field: str, person: Person) -> str | None:
    postcode = places.normalise_postcode(text, person.country)
    if not postcode:
        person.note("value_invalid", field, kind(text), "a postcode")
        return None
    return digest(postcode)


def _city(text: str, field: str, person: Person) -> str | None:
    city = places.normalise_city(text)
    if not places.is_place_name(text):
        person.note("value_invalid", field, kind(text), "a city")
        return None
    return city


def _state(text: str, field: str, person: Person) -> str | None:
    state = places.normalise_state(text, person.country)
    if not places.is_place_name(text):
        person.note("value_invalid", field, kind(text), "a state")
        return None
    return state


def _country(text: str, field: str, person: Person) -> str | None:
    code = places.find_country_code(text)
    if code is None:
        person.note("country_unknown", field)
    return code


def _locale(text: str, field: str, person: Person) -> str | None:
    tag = locales.normalise_locale(text)
    if tag is None:
        person.note("value_invalid", field, kind(text), "a language tag such as en-US")
    return tag


def _idfa(text: str, field: str, person: Person) -> str | None:
    return _device(text.upper(), field, person)


def _gaid(text: str, field: str, person: Person) -> str | None:
    return _device(text.lower(), field, person)


def _device(text: str, field: str, person: Person) -> str | None:
    if not device_ids.is_device_id(text):
        person.note("value_invalid", field, kind(text), "a device id, not all zeros")
        return None
    return digest(text)


def _idfv(text: str, field: str, person: Person) -> str | None:
    if not device_ids.is_device_id(text):
        person.note("value_invalid", field, kind(text), "a device id, not all zeros")
        return None
    return text


_ATT_STATUSES: Final[frozenset[str]] = frozenset(
    {"AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"}
)


def _att_status(text: str, field: str, person: Person) -> str | None:
    status = text.upper()
    if status not in _ATT_STATUSES:
        person.note("enum_unknown", field, wanted=", ".join(sorted(_ATT_STATUSES)))
        return None
    return status


@dataclass(frozen=True, slots=True)
class _Field:
    read: Read
    hashed: bool = False
    many: bool = False
    open_text: bool = False
    """Whether any text passes, so that a placeholder has to be recognised by its words."""
    person_name: bool = False


_FIELDS: Final[dict[str, _Field]] = {
    "email": _Field(_email, hashed=True, many=True),
    "phone": _Field(_phone, hashed=True, many=True),
    "external_id": _Field(_external_id, hashed=True, many=True, open_text=True),
    "ttclid": _Field(_plain, open_text=True),
    "ttp": _Field(_plain, open_text=True),
    "ip": _Field(_ip),
    "user_agent": _Field(_plain, open_text=True),
    "locale": _Field(_locale),
    "first_name": _Field(_name, hashed=True, person_name=True),
    "last_name": _Field(_name, hashed=True, person_name=True),
    "zip_code": _Field(_zip_code, hashed=True, open_text=True),
    "city": _Field(_city, open_text=True),
    "state": _Field(_state, open_text=True),
    "country": _Field(_country),
    "idfa": _Field(_idfa, hashed=True),
    "idfv": _Field(_idfv),
    "gaid": _Field(_gaid, hashed=True),
    "att_status": _Field(_att_status),
}


def read(given: object, country: str | None, named: Named) -> Person:
    """Reads `user` as given. `country` is the ISO 3166 alpha-2 code that national phone numbers are read in
    where the event names none. Raises UnicodeEncodeError where a value is no text in UTF-8.
    """
    person = Person(country.lower() if country else None, named)
    if not isinstance(given, dict):
        person.findings.append(finding("wrong_type", "user", kind(given), "an object of identifiers"))
        return person
    own = given.get("country")
    if isinstance(own, str):
        person.country = places.find_country_code(own) or person.country
    user = person.user
    for name, value in given.items():
        known = _FIELDS.get(name)
        if known is None:
            person.note("unknown_user_field", shown(name, "a field"))
            continue
        if type(value) is str and (text := value.strip()) and len(text) != DIGEST_LENGTH:
            # Nearly every value: what _read_one would do, without the call.
            out = _read_text(known, text, name, person)
        elif type(value) is list and known.many:
            out = _read_list(known, value, name, person)
        else:
            out = _read_one(known, value, name, person)
        if type(out) is str:
            user[name] = out
        elif out:
            user[name] = out[0] if len(out) == 1 else list(out)
    if "ip" in user and "user_agent" not in user:
        person.note("ip_without_user_agent", "ip")
    return person


def _read_list(known: _Field, values: list[Any], name: str, person: Person) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for index, value in enumerate(values):
        out = _read_one(known, value, f"{name}[{index}]", person)
        found.update(dict.fromkeys((out,) if isinstance(out, str) else out or ()))
    return tuple(found)


def _read_one(known: _Field, value: object, field: str, person: Person) -> _Out:
    if type(value) is not str:
        if type(value) is not int:
            person.note("identifier_type", field, kind(value))
            return None
        value = str(value)
    text = value.strip()
    if not text:
        person.note("identifier_blank", field)
        return None
    if known.hashed and len(text) == DIGEST_LENGTH and is_digest(text):
        text = text.lower()
        if text in BLANK_DIGESTS or (not known.person_name and is_placeholder_digest(text)):
            person.note("digest_of_nothing", field)
            return None
        return text
    return _read_text(known, text, field, person)


def _read_text(known: _Field, text: str, field: str, person: Person) -> _Out:
    if known.open_text and is_placeholder(text):
        person.note("identifier_placeholder", field)
        return None
    return known.read(text, field, person)
