"""Strategies: events of every shape, right, wrong and mixed at each field, for tests of whatever comes in."""

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from relay.event import currencies, event_name, model
from relay.event.standard_names import STANDARD
from tests.support.events import NOW, PIXEL

_E_MAILS: Final[tuple[str, ...]] = (
    "Ada.Lovelace@Example.com",
    " bob@example.org",
    "почта@пример.рф",
    "carl+shop@mail.example.co.uk",
)
_NUMBERS_TYPED: Final[tuple[str, ...]] = (
    "+16502530000",
    "(+1) 650-253-0000",
    "0044 20 7946 0018",
    "+8613812345678",
    "020 7946 0018",
)
_CUSTOMERS: Final[tuple[str, ...]] = ("Customer-77", "customer/88")
_NAMES: Final[tuple[str, ...]] = ("Augusta", "Zoëline", "Lovelace", "O’Neill-Smith")
_POSTCODES: Final[tuple[str, ...]] = ("SW1A 1AA", "94107-1234", "01310-100")

IDENTIFYING: Final[frozenset[str]] = frozenset(
    {*_E_MAILS, *_NUMBERS_TYPED, *_CUSTOMERS, *_NAMES, *_POSTCODES} - {"Lovelace"}
)
"""What identifies a person and is a part of nothing else that is made here."""

_PEOPLE: Final[SearchStrategy[str]] = st.sampled_from(_E_MAILS)
_PHONES: Final[SearchStrategy[str]] = st.sampled_from(_NUMBERS_TYPED)

_SCRIPTS: Final[SearchStrategy[str]] = st.text(max_size=12)
_TEXT: Final[SearchStrategy[str]] = st.one_of(
    _SCRIPTS,
    st.sampled_from(
        ["", " ", "null", "undefined", "0", "true", "\x00", "\ud83d", "e\u0301", "a" * 300, "%", "%zz", "+"]
    ),
    _PEOPLE,
    _PHONES,
)

_NUMBERS: Final[SearchStrategy[int | float]] = st.one_of(
    st.integers(-10, 10_000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([2**53 + 1, 2**64 + 1, -(2**70), 10**30, 1e15, -0.0, 1e-320, 24.0]),
)

RUBBISH: Final[SearchStrategy[Any]] = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
"""Any JSON value, and a few that JSON has not."""

DIGESTS: Final[list[str]] = list(model.HashedUser.__annotations__)
_DIGESTS: Final[SearchStrategy[str]] = st.from_regex(r"[0-9a-fA-F]{64}", fullmatch=True)

_URLS: Final[SearchStrategy[str]] = st.one_of(
    st.sampled_from(
        [
            "https://shop.example/thanks?order=1",
            "https://shop.example/?email=ada.lovelace%40example.com",
            "shop.example/p?c=%2B16502530000",
            "https://shop.example/a b",
            "HTTP://SHOP.example:8080/x#/y?mail=bob@example.org",
            "https://[2001:db8::1]/x",
            "https://[broken",
            "https://",
            "//x",
        ]
    ),
    st.builds("https://shop.example/{}?{}={}#{}".format, _TEXT, _TEXT, _TEXT, _TEXT),
    _TEXT,
)

_FITTING: Final[dict[str, SearchStrategy[Any]]] = {
    "email": st.one_of(_PEOPLE, _DIGESTS, st.lists(st.one_of(_PEOPLE, _DIGESTS, _TEXT), max_size=3)),
    "phone": st.one_of(_PHONES, _DIGESTS, st.lists(st.one_of(_PHONES, _DIGESTS, _TEXT), max_size=3)),
    "external_id": st.one_of(st.sampled_from(_CUSTOMERS), st.integers(10**6, 2**70), _DIGESTS),
    "first_name": st.one_of(st.sampled_from(_NAMES), _SCRIPTS),
    "last_name": st.one_of(st.sampled_from(_NAMES), _SCRIPTS),
    "zip_code": st.sampled_from(_POSTCODES),
    "city": st.sampled_from(["München", "New York", "東京"]),
    "state": st.sampled_from(["New York", "CA", "Bayern"]),
    "country": st.sampled_from(["US", "GB", "DE", "deu", "Atlantis"]),
    "ip": st.sampled_from(
        ["9.9.9.9", "10.0.0.1", "[2001:4860:4860::8888]:443", "fe80::1%eth0", "::ffff:9.9.9.9"]
    ),
    "user_agent": st.sampled_from(["Mozilla/5.0", " "]),
    "locale": st.sampled_from(["en_US.UTF-8", "de", "x"]),
    "idfa": st.sampled_from(["ea7583cd-a667-48bc-b806-42ecb2b48606", "0" * 32]),
    "gaid": st.sampled_from(["AAAAAA-2222-1111-8787-809e92233ba0", "x"]),
    "idfv": st.sampled_from(["599F9C00-92DC-4B5C-9464-7971F01F8370", "0-0-0"]),
    "att_status": st.sampled_from(["authorized", "DENIED", "maybe"]),
    "event": st.sampled_from(
        sorted(STANDARD | event_name.RESERVED.keys() | event_name.APP | {"GiftWrapped", "1st"})
    ),
    "event_id": st.one_of(st.sampled_from(["order-1", " o ", ""]), st.integers(0, 2**70)),
    "event_time": st.one_of(
        st.integers(int(NOW) - 2_600_000, int(NOW) + 700),
        st.sampled_from(
            [NOW * 1000, "2026-11-18T11:06:40Z", "2026-11-18T11:06:40.5+05:30", str(int(NOW)), -1]
        ),
    ),
    "consent": st.sampled_from([True, "granted", "granted", "granted", "denied"]),
    "limited_data_use": st.booleans(),
    "event_source": st.sampled_from(["web", "app", "offline", "crm", "store"]),
    "event_source_id": st.sampled_from([PIXEL, "7000000000000000002", "nobody's"]),
    "test_event_code": st.sampled_from(["TEST1", " "]),
    "value": st.one_of(st.floats(0, 1e6), st.sampled_from(["24.5", "24,5", -1])),
    "currency": st.sampled_from([*sorted(currencies.ISO_4217), "eur", "€"]),
    "url": _URLS,
    "referrer": _URLS,
    "contents": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.one_of(_TEXT, _NUMBERS, RUBBISH) for name in (*model.Content.__annotations__, "more")
            },
        ),
        max_size=3,
    ),
    "mileage": st.fixed_dictionaries(
        {},
        optional={
            "value": st.one_of(_NUMBERS, _TEXT),
            "unit": st.sampled_from(["km", "MI", "x"]),
            "x": _TEXT,
        },
    ),
    "app_id": st.one_of(st.just("123456789"), st.integers(0, 2**70)),
    "lead_id": st.one_of(st.just("lead-1"), st.integers(0, 2**70)),
    "attribution_share": st.floats(-1, 2),
    "search_string": st.one_of(st.just("mug"), _TEXT),
    **dict.fromkeys(DIGESTS, st.one_of(_DIGESTS, _PEOPLE, st.lists(_DIGESTS, max_size=2))),
}


def _object(fields: list[str], *more: str) -> SearchStrategy[dict[str, Any]]:
    """An object with any of these fields, each fitting more often than not."""
    return st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(_FITTING.get(name, _TEXT | _NUMBERS), _FITTING.get(name, _TEXT), RUBBISH)
            for name in (*fields, *more)
        },
    )


_USER: Final[list[str]] = [*model.User.__annotations__, "phone_number"]
_PROPERTIES: Final[list[str]] = [*model.Properties.__annotations__]
_TOP: Final[list[str]] = ["event", "event_id", "event_time", "consent", "limited_data_use", "event_source"]

NESTED: Final[SearchStrategy[dict[str, Any]]] = st.builds(
    lambda top, sections: {**top, **sections},
    _object(_TOP, "event_source_id", "test_event_code"),
    st.fixed_dictionaries(
        {},
        optional={
            "user": _object(_USER, "birthday"),
            "properties": _object(_PROPERTIES, "content_id", "price", "colour", "ada.lovelace@example.com"),
            "page": _object(["url", "referrer"], "title"),
            "app": _object(list(model.App.__annotations__), "x"),
            "ad": _object(list(model.Ad.__annotations__), "x"),
            "lead": _object(list(model.Lead.__annotations__), "x"),
        },
    ),
)
"""Events as TikTok's API has them, in part."""

FLAT: Final[SearchStrategy[dict[str, Any]]] = st.builds(
    lambda some, more: {**some, **more},
    _object(["event", "event_id", "event_time", "email", "phone", "url", "value", "currency", "content_id"]),
    _object(
        [*_TOP, *_USER, *model.Commerce.__annotations__, *model.Content.__annotations__],
        "app_id",
        "lead_id",
        "referrer",
        "pixel_code",
        "colour",
    ),
)
"""Events as Events Manager shows them, in part."""

SOUND: Final[dict[str, Any]] = {
    "event": "Purchase",
    "event_id": "order-1",
    "event_time": int(NOW) - 60,
    "email": "Ada.Lovelace@Example.com",
    "value": 24.0,
    "currency": "EUR",
}
"""Enough to be accepted, so that one bad field at a time is looked at too."""

EVENTS: Final[SearchStrategy[dict[str, Any]]] = st.one_of(
    NESTED,
    FLAT,
    st.builds(lambda found: SOUND | found, NESTED),
    st.builds(lambda found: SOUND | {name: found[name] for name in list(found)[:2]}, FLAT),
)
"""Whatever may come in where an event is expected."""

FINITE_JSON: Final[SearchStrategy[Any]] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
"""Any value that JSON has a form for."""
