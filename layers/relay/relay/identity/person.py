"""The person: what an event's `user` holds, normalised, hashed and ready for the wire.

TikTok API for Business, Doc 1771101303285761, `user`. What can't be used is left out with a warning, never
sent as it is; what is blank is left out and never hashed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from relay.event.checks import Finding, finding, kind
from relay.identity import addresses, emails, phones
from relay.identity.digests import digest, is_digest

MATCH_KEYS: Final[tuple[str, ...]] = ("ttclid", "email", "phone", "external_id", "ttp")
"""What TikTok can match a person on by itself; ip counts together with user_agent."""


@dataclass(slots=True)
class Person:
    """`user` as it goes out, and what there is to say of what came in."""

    user: dict[str, object] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def can_be_matched(self) -> bool:
        """Whether anything is left that TikTok can match on."""
        user = self.user
        return any(key in user for key in MATCH_KEYS) or ("ip" in user and "user_agent" in user)


Reader = Callable[[str, str, str | None, Person], tuple[str, ...]]
"""Text, its field's path, the country, and the person to note findings on → what goes out, perhaps
nothing."""


def _email(text: str, path: str, _country: str | None, person: Person) -> tuple[str, ...]:
    address = emails.normalise(text)
    if address is None:
        person.findings.append(finding("email_invalid", path))
        return ()
    return (digest(address),)


def _phone(text: str, path: str, country: str | None, person: Person) -> tuple[str, ...]:
    phone = phones.read(text, country)
    said = phone.problem or phone.warning
    if said is not None:
        person.findings.append(finding(said, path))
    return tuple(map(digest, phone.forms()))


def _external_id(text: str, _path: str, _country: str | None, _person: Person) -> tuple[str, ...]:
    # Case is kept: TikTok states no rule, and its own tag only trims what the pixel's identify sends.
    return (digest(text.strip()),)


def _plain(text: str, _path: str, _country: str | None, _person: Person) -> tuple[str, ...]:
    return (text.strip(),)


def _ip(text: str, path: str, _country: str | None, person: Person) -> tuple[str, ...]:
    address, unusable = addresses.normalise(text)
    if unusable is not None:
        person.findings.append(finding(unusable, path))
    return () if address is None else (address,)


@dataclass(frozen=True, slots=True)
class _Field:
    read: Reader
    hashed: bool = False
    many: bool = False


_FIELDS: Final[dict[str, _Field]] = {
    "email": _Field(_email, hashed=True, many=True),
    "phone": _Field(_phone, hashed=True, many=True),
    "external_id": _Field(_external_id, hashed=True, many=True),
    "ttclid": _Field(_plain),
    "ttp": _Field(_plain),
    "ip": _Field(_ip),
    "user_agent": _Field(_plain),
}


def read(given: Mapping[str, object], country: str | None, named: Callable[[str, str], str]) -> Person:
    """Reads `user` as given. `country` is the ISO 3166 alpha-2 code for national phone numbers, `named` gives
    the JSON path of a field as its sender wrote it. Raises UnicodeEncodeError where a value is no text in
    UTF-8.
    """
    person = Person()
    for name, value in given.items():
        known = _FIELDS.get(name)
        if known is None:
            shown = f"user.{name}" if name.isidentifier() and not is_digest(name) else "a field of user"
            person.findings.append(finding("unknown_user_field", shown))
        elif out := _read_field(known, value, named("user", name), country, person):
            person.user[name] = out[0] if len(out) == 1 else out
    if "ip" in person.user and "user_agent" not in person.user:
        person.findings.append(finding("ip_without_user_agent", named("user", "ip")))
    return person


def _read_field(known: _Field, value: object, path: str, country: str | None, person: Person) -> list[str]:
    if isinstance(value, list) and known.many:
        found: dict[str, None] = {}
        for index, element in enumerate(value):
            found.update(dict.fromkeys(_read_one(known, element, f"{path}[{index}]", country, person)))
        return list(found)
    return list(_read_one(known, value, path, country, person))


def _read_one(
    known: _Field, value: object, path: str, country: str | None, person: Person
) -> tuple[str, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        person.findings.append(finding("identifier_type", path, kind(value)))
        return ()
    if not value or value.isspace():
        person.findings.append(finding("identifier_blank", path))
        return ()
    if known.hashed and is_digest(trimmed := value.strip()):
        return (trimmed.lower(),)
    return known.read(value, path, country, person)
