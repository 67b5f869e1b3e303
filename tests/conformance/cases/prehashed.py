"""Values that come hashed already: kept, in lower case, never hashed again; and the names they come under."""

from typing import Final

from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import event

_ADA: Final[str] = hashed("ada@example.com")
_BOB: Final[str] = hashed("bob@example.com")

_HASHED_FIELDS: Final[tuple[str, ...]] = (
    "email",
    "phone",
    "external_id",
    "first_name",
    "last_name",
    "zip_code",
)

# The name that another integration gives it, and what it is to TikTok.
_ALIASES: Final[list[tuple[str, str]]] = [
    ("sha256_email", "email"),
    ("sha256_email_address", "email"),
    ("hashed_email", "email"),
    ("sha256_phone", "phone"),
    ("sha256_phone_number", "phone"),
    ("hashed_phone", "phone"),
    ("hashed_phone_number", "phone"),
    ("sha256_external_id", "external_id"),
    ("sha256_first_name", "first_name"),
    ("sha256_last_name", "last_name"),
    ("sha256_postal_code", "zip_code"),
    ("sha256_zip_code", "zip_code"),
]

_CLICK: Final[dict[str, object]] = {"ttclid": "E.C.P.1"}
"""Enough to match on, where the rest is about to be omitted."""

CASES: Final[list[Case]] = [
    *(
        Case(f"{field} hashed, {case}", event(**{field: write(_BOB)}), {f"user.{field}": _BOB})
        for field in _HASHED_FIELDS
        for case, write in (
            ("lower case", str.lower),
            ("upper case", str.upper),
            ("with space", " {} ".format),
        )
    ),
    *(
        Case(
            f"alias {alias}",
            event(email=None, **_CLICK, **{alias: _BOB.upper()}),
            {f"user.{field}": _BOB, f"user.{alias}": ABSENT},
        )
        for alias, field in _ALIASES
    ),
    Case(
        "alias nested",
        event(email=None) | {"user": {"sha256_email_address": _ADA}},
        {"user": {"email": _ADA}},
    ),
    Case(
        "alias with a plain value",
        event(email=None, sha256_email_address="ada@example.com", **_CLICK),
        {"user": {"ttclid": "E.C.P.1"}},
        ("digest_invalid",),
    ),
    Case(
        "alias with a digest one short",
        event(email=None, hashed_phone="a" * 63, **_CLICK),
        {"user": {"ttclid": "E.C.P.1"}},
        ("digest_invalid",),
    ),
    Case(
        "alias beside the field: the field",
        event(email="ada@example.com", sha256_email=_BOB),
        {"user.email": _ADA},
    ),
    Case(
        "list of hashed and plain",
        event(email=[_ADA.upper(), "Bob@Example.com", "carl@example.com"]),
        {"user.email": [_ADA, _BOB, hashed("carl@example.com")]},
    ),
    Case(
        "hashed and plain of the same are one",
        event(email=[_ADA, "ADA@example.com "]),
        {"user.email": _ADA},
    ),
    Case(
        "list with blank ones",
        event(email=["", " ", "bob@example.com"]),
        {"user.email": _BOB},
        ("identifier_blank",),
    ),
    Case(
        "list of phones, hashed and plain",
        event(phone=[hashed("+12133734253"), "+442079460018"]),
        {"user.phone": [hashed("+12133734253"), hashed("+442079460018")]},
    ),
    Case(
        "list of phones with a Chinese one",
        event(phone=["+12133734253", "+8613812345678"]),
        {"user.phone": [hashed("+12133734253"), hashed("+8613812345678"), hashed("13812345678")]},
    ),
    Case(
        "alias with a list of digests",
        event(email=None, hashed_email=[_ADA, _BOB]),
        {"user.email": [_ADA, _BOB]},
    ),
    Case(
        "alias with a list of mixed",
        event(email=None, hashed_email=[_ADA, "bob@example.com"]),
        {"user.email": _ADA},
        ("digest_invalid",),
    ),
    Case("alias beside a blank field", event(email=" ", sha256_email=_BOB), {"user.email": _BOB}),
    Case("alias beside an empty field", event(email="", sha256_email=_BOB), {"user.email": _BOB}),
    *(
        Case(
            f"digest of {name}",
            event(email=hashed(blank), **_CLICK),
            {"user": {"ttclid": "E.C.P.1"}},
            ("digest_of_nothing",),
        )
        for name, blank in (
            ("nothing", ""),
            ("a space", " "),
            ("a line end", "\n"),
            *(
                (text, text)
                for text in ("{{email}}", "{{ customer.email }}", "__EMAIL__", "${email}", "%email%")
            ),
        )
    ),
    Case(
        "digest of nothing in upper case among others",
        event(phone=[hashed("").upper(), "+12133734253"]),
        {"user.phone": hashed("+12133734253")},
        ("digest_of_nothing",),
    ),
    Case(
        "sixty-four letters that are no hex",
        event(external_id="g" * 64),
        {"user.external_id": hashed("g" * 64)},
    ),
    Case(
        "phone of sixty-four letters",
        event(phone="z" * 64),
        {"user.phone": ABSENT},
        ("phone_invalid",),
    ),
    Case(
        "gaid hashed in upper case",
        event(event_source="app", app_id="1", url=None, gaid=_BOB.upper()),
        {"user.gaid": _BOB},
    ),
]
