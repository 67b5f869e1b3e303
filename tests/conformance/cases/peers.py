"""Twenty-nine cases that widely used integrations get wrong; the best of six passed 15."""

from typing import Final

from tests.conformance.suite import ABSENT, Answered, Case, hashed
from tests.support.events import NOW, event

_YEAR: Final[int] = 365 * 86_400
_ADA: Final[str] = hashed("ada@example.com")
_PHONE: Final[str] = hashed("+12133734253")
_NO_KEY: Final[dict[str, object]] = {"email": None}

CASES: Final[list[Case]] = [
    Case("e-mail trimmed and lower-cased", event(email="  Ada@Example.COM\t"), {"user.email": _ADA}),
    Case("e-mail already hashed: kept", event(email=_ADA), {"user.email": _ADA}),
    Case("same in upper-case hex: kept", event(email=_ADA.upper()), {"user.email": _ADA}),
    Case(
        "blank e-mail omitted",
        event(email="  ", phone="+12133734253"),
        {"user.email": ABSENT},
        ("identifier_blank", "match_quality_low"),
    ),
    Case(
        "something that is no e-mail: omitted or rejected",
        event(email="not an address", phone="+12133734253"),
        {"user.email": ABSENT},
        ("email_invalid", "match_quality_low"),
    ),
    Case(
        "list of e-mails: each hashed",
        event(email=["Ada@example.com", "bob@example.com "]),
        {"user.email": [_ADA, hashed("bob@example.com")]},
    ),
    Case("E.164 phone hashed with its +", event(phone="+12133734253"), {"user.phone": _PHONE}),
    Case("formatted phone brought to E.164", event(phone="+1 (213) 373-4253"), {"user.phone": _PHONE}),
    Case("00 prefix becomes +", event(phone="0044 20 7946 0018"), {"user.phone": hashed("+442079460018")}),
    Case(
        "+86",
        event(phone="+8613812345678"),
        {"user.phone": [hashed("+8613812345678"), hashed("13812345678")]},
    ),
    Case(
        "15-digit phone not cut", event(phone="+498001234567890"), {"user.phone": hashed("+498001234567890")}
    ),
    Case(
        "phone as a JSON number never sent in clear",
        event(phone=12133734253),
        {"user.phone": _PHONE},
        ("phone_without_plus",),
    ),
    Case("blank phone omitted", event(phone=""), {"user.phone": ABSENT}, ("identifier_blank",)),
    Case("phone already hashed: kept", event(phone=_PHONE), {"user.phone": _PHONE}),
    Case(
        "blank external id omitted",
        event(external_id=" "),
        {"user.external_id": ABSENT},
        ("identifier_blank",),
    ),
    Case(
        "external id keeps its case", event(external_id=" UserABC"), {"user.external_id": hashed("UserABC")}
    ),
    Case(
        "external id already hashed: kept", event(external_id=hashed("7")), {"user.external_id": hashed("7")}
    ),
    Case(
        "first name with accents: UTF-8 digest", event(first_name="José"), {"user.first_name": hashed("josé")}
    ),
    Case(
        "last name without punctuation",
        event(last_name="O’Neill-Smith"),
        {"user.last_name": hashed("oneillsmith")},
    ),
    Case(
        "first name already hashed: kept",
        event(first_name=hashed("ada").upper()),
        {"user.first_name": hashed("ada")},
    ),
    Case("US zip+4 cut to five", event(zip_code="94107-1234"), {"user.zip_code": hashed("94107")}),
    Case("zip without spaces, lower case", event(zip_code="SW1A 1AA"), {"user.zip_code": hashed("sw1a1aa")}),
    Case("event with no identifier rejected", event(**_NO_KEY), {}, ("no_match_key",), "rejected"),
    Case('value "abc" rejected', event(value="abc"), {}, ("value_not_a_number",), "rejected"),
    Case(
        "currency ZZZZ rejected or corrected", event(currency="ZZZZ"), {}, ("currency_unknown",), "rejected"
    ),
    Case(
        "seven-year-old event rejected or flagged",
        event(event_time=int(NOW) - 7 * _YEAR),
        {},
        ("event_time_too_old",),
        "rejected",
    ),
    Case(
        "HTTP 200 with code 40002 seen as failure",
        Answered(200, {"code": 40002, "message": "Invalid value"}),
        becomes="not delivered",
    ),
    Case(
        "code 20001 (partial) not taken for full success",
        Answered(200, {"code": 20001, "message": "Partial"}),
        becomes="not delivered",
    ),
    Case(
        "HTTP 200 with code 50000 not taken for success",
        Answered(200, {"code": 50000, "message": "System error"}),
        becomes="not delivered",
    ),
]
