"""Who did it, besides phone numbers: e-mail, ids, names and places in many scripts, addresses, devices.

E-mail, external id, ip and devices: TikTok API for Business, Doc 1771101303285761, `user`. Names and places:
TikTok for WooCommerce and Segment's TikTok Conversions destination.
"""

from typing import Final

from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import PLACEHOLDERS, event

_E_MAILS: Final[list[tuple[str, str, str]]] = [
    ("upper-case", "ADA@EXAMPLE.COM", "ada@example.com"),
    ("plus-kept", "Ada+shop@gmail.com", "ada+shop@gmail.com"),
    ("gmail-dots-kept", "a.d.a@gmail.com", "a.d.a@gmail.com"),
    ("googlemail-kept", "ada@googlemail.com", "ada@googlemail.com"),
    ("line-end", "ada@example.com\r\n", "ada@example.com"),
    ("non-breaking-space", "\u00a0ada@example.com", "ada@example.com"),
    ("zero-width-space", "\u200bada@example.com", "ada@example.com"),
    ("byte-order-mark", "\ufeffada@example.com", "ada@example.com"),
    ("apostrophe", "o'neill@example.com", "o'neill@example.com"),
    ("subdomain", "ada@mail.example.co.uk", "ada@mail.example.co.uk"),
    ("digits-in-domain", "ada@163.com", "ada@163.com"),
    ("underscore-in-subdomain", "ada@mail_1.example.com", "ada@mail_1.example.com"),
    ("braces-in-local-part", "{ada}@example.com", "{ada}@example.com"),
    ("devanagari", "आडा@उदाहरण.भारत", "आडा@उदाहरण.भारत"),
    ("umlaut-domain", "Ada@MÜNCHEN.de", "ada@münchen.de"),
    ("punycode-domain", "ada@xn--mnchen-3ya.de", "ada@xn--mnchen-3ya.de"),
    ("cyrillic", "Почта@пример.рф", "почта@пример.рф"),
    ("chinese", "用户@例子.公司", "用户@例子.公司"),
    ("longest-local-part", "a" * 64 + "@example.com", "a" * 64 + "@example.com"),
]

_NO_E_MAILS: Final[list[tuple[str, object, str]]] = [
    ("no-at", "ada.example.com", "email_invalid"),
    ("two-ats", "ada@@example.com", "email_invalid"),
    ("no-domain", "ada@", "email_invalid"),
    ("no-local-part", "@example.com", "email_invalid"),
    ("no-top-level", "ada@localhost", "email_invalid"),
    ("dot-first", "ada@.example.com", "email_invalid"),
    ("space-inside", "ada lovelace@example.com", "email_invalid"),
    ("with-name", "Ada <ada@example.com>", "email_invalid"),
    ("two-in-one", "ada@example.com,bob@example.com", "email_invalid"),
    ("two-with-semicolon", "ada@example.com; bob@example.com", "email_invalid"),
    ("quote-behind", "ada@example.com'", "email_invalid"),
    ("escaped-space-behind", "ada@example.com%20", "email_invalid"),
    ("null-byte-behind", "ada@example.com\x00", "email_invalid"),
    ("null-byte-before", "\x00ada@example.com", "email_invalid"),
    ("brace-behind", "ada@example.com}", "email_invalid"),
    ("two-with-bar", "ada@example.com|bob", "email_invalid"),
    ("exclamation-mark", "ada@example.com!", "email_invalid"),
    ("template-as-name", "{{first}}@example.com", "identifier_placeholder"),
    ("template-as-domain", "ada@{{domain}}.com", "identifier_placeholder"),
    ("undefined", "undefined", "identifier_placeholder"),
    ("digest-one-short", "a" * 63, "email_invalid"),
    ("digest-one-long", "a" * 65, "email_invalid"),
    ("md5", "0cc175b9c0f1b6a831c399e269772661", "email_invalid"),
    ("number", 12345, "email_invalid"),
    ("true", True, "identifier_type"),
    ("object", {"address": "ada@example.com"}, "identifier_type"),
    ("list-in-list", [["ada@example.com"]], "identifier_type"),
]

_EXTERNAL_IDS: Final[list[tuple[str, object, object]]] = [
    ("number", 12345, hashed("12345")),
    ("past-2-to-the-53", 9007199254740993, hashed("9007199254740993")),
    ("past-2-to-the-64", 18446744073709551617, hashed("18446744073709551617")),
    ("case-kept", "AbC", hashed("AbC")),
    ("inner-space-kept", " a b ", hashed("a b")),
    ("umlaut", "Kunde-Ü", hashed("Kunde-Ü")),
    ("e-mail-as-id", "Ada@Example.com", hashed("Ada@Example.com")),
    ("uuid", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", hashed("6F9619FF-8B86-D011-B42D-00CF4FC964FF")),
    ("list", ["A", " b"], [hashed("A"), hashed("b")]),
    ("list-with-the-same-twice", ["A", "A "], hashed("A")),
    ("zero", 0, hashed("0")),
]

_NAMES: Final[list[tuple[str, str, str]]] = [
    ("plain", " Ada ", "ada"),
    ("umlaut", "MÜLLER", "müller"),
    ("sharp-s", "Groß", "groß"),
    ("composed", "Jos\u00e9", "jos\u00e9"),
    ("decomposed", "Jose\u0301", "jos\u00e9"),
    ("composes-in-lower-case-only", "J\u030carl", "\u01f0arl"),
    ("apostrophe", "O'Neill", "oneill"),
    ("hyphen", "Anne-Marie", "annemarie"),
    ("dot", "J. R.", "j r"),
    ("inner-spaces", "Maria   José", "maria josé"),
    ("greek", "Σίσυφος", "σίσυφος"),
    ("greek-upper-case", "ΑΝΝΑ", "αννα"),
    ("cyrillic", "Иван", "иван"),
    ("ukrainian-apostrophe", "Мар’яна", "маряна"),
    ("hebrew", "דוד", "דוד"),
    ("arabic", "محمد", "محمد"),
    ("devanagari-keeps-marks", "प्रिया", "प्रिया"),
    ("thai-keeps-marks", "สมชัย", "สมชัย"),
    ("chinese", "王芳", "王芳"),
    ("japanese", "さくら", "さくら"),
    ("japanese-middle-dot", "ジョン・スミス", "ジョンスミス"),
    ("korean", "김민준", "김민준"),
    ("korean-decomposed", "\u1100\u1175\u11b7", "김"),
    ("vietnamese", "Nguyễn", "nguyễn"),
    ("polish", "Łukasz", "łukasz"),
    ("icelandic", "Þór", "þór"),
    ("emoji-goes", "Ada 🌸", "ada"),
    ("digits-stay", "John 3", "john 3"),
]

_POSTCODES: Final[list[tuple[str, str | None, object, str]]] = [
    ("us-five", "US", "94107", "94107"),
    ("us-leading-zero", "US", "02139", "02139"),
    ("us-number", "US", 94107, "94107"),
    ("us-plus-four", "US", "94107-1234", "94107"),
    ("us-nine-digits", "US", "941071234", "94107"),
    ("nine-digits-of-nowhere", None, "941071234", "941071234"),
    ("british", "GB", "sw1a 1aa", "sw1a1aa"),
    ("canadian", "CA", "K1A 0B1", "k1a0b1"),
    ("dutch", "NL", "1234 AB", "1234ab"),
    ("polish", "PL", "00-950", "00950"),
    ("portuguese", "PT", "1000-205", "1000205"),
    ("brazilian", "BR", "01310-100", "01310100"),
    ("japanese", "JP", "100-0001", "1000001"),
    ("japanese-full-width-hyphen", "JP", "100－0001", "1000001"),
    ("swedish", "SE", "113 51", "11351"),
    ("irish", "IE", "D02 X285", "d02x285"),
    ("german-with-country", "DE", "D-10115", "d10115"),
]

_PLACES: Final[list[tuple[str, str, object, object]]] = [
    ("city-plain", "city", "London", "london"),
    ("city-two-words", "city", "New York", "newyork"),
    ("city-umlaut", "city", "München", "münchen"),
    ("city-decomposed", "city", "Mu\u0308nchen", "münchen"),
    ("city-hyphen", "city", "Saint-Étienne", "saintétienne"),
    ("city-dot", "city", "St. Gallen", "stgallen"),
    ("city-portuguese", "city", "São Paulo", "sãopaulo"),
    ("city-cyrillic", "city", "Москва", "москва"),
    ("city-arabic", "city", "القاهرة", "القاهرة"),
    ("city-chinese", "city", "东京都", "东京都"),
    ("city-thai", "city", "กรุงเทพ", "กรุงเทพ"),
    ("city-korean", "city", "서울", "서울"),
    ("state-us-name", "state", "New York", "ny"),
    ("state-us-code", "state", "CA", "ca"),
    ("state-elsewhere", "state", "Île-de-France", "îledefrance"),
    ("country-code", "country", "DE", "de"),
    ("country-lower-case", "country", "de", "de"),
    ("country-three-letters", "country", "DEU", "de"),
    ("country-english", "country", "United States", "us"),
    ("country-dots", "country", "U.S.A.", "us"),
    ("country-own-name", "country", "Deutschland", "de"),
    ("country-uk", "country", "UK", "gb"),
    ("country-accent", "country", "México", "mx"),
    ("country-japanese", "country", "日本", "jp"),
    ("country-cote-divoire", "country", "Côte d’Ivoire", "ci"),
]

_IPS: Final[list[tuple[str, str, object, tuple[str, ...]]]] = [
    ("ipv4", "9.9.9.9", "9.9.9.9", ()),
    ("ipv4-with-port", "9.9.9.9:443", "9.9.9.9", ()),
    ("ipv4-with-space", " 9.9.9.9 ", "9.9.9.9", ()),
    ("ipv6", "2001:4860:4860::8888", "2001:4860:4860::8888", ()),
    ("ipv6-in-full", "2001:4860:4860:0000:0000:0000:0000:8888", "2001:4860:4860::8888", ()),
    ("ipv6-with-port", "[2001:4860:4860::8888]:443", "2001:4860:4860::8888", ()),
    ("ipv6-upper-case", "2001:4860:4860::ABCD", "2001:4860:4860::abcd", ()),
    ("ipv4-mapped", "::ffff:9.9.9.9", "9.9.9.9", ()),
    ("private-10", "10.0.0.1", ABSENT, ("ip_not_public",)),
    ("private-172", "172.16.0.1", ABSENT, ("ip_not_public",)),
    ("private-192", "192.168.1.1", ABSENT, ("ip_not_public",)),
    ("carrier-nat", "100.64.0.1", ABSENT, ("ip_not_public",)),
    ("loopback", "127.0.0.1", ABSENT, ("ip_not_public",)),
    ("link-local", "169.254.1.1", ABSENT, ("ip_not_public",)),
    ("documentation", "203.0.113.9", ABSENT, ("ip_not_public",)),
    ("unspecified", "0.0.0.0", ABSENT, ("ip_not_public",)),  # noqa: S104 - an address to reject, not to bind
    ("multicast", "224.0.0.1", ABSENT, ("ip_not_public",)),
    ("broadcast", "255.255.255.255", ABSENT, ("ip_not_public",)),
    ("ipv6-loopback", "::1", ABSENT, ("ip_not_public",)),
    ("ipv6-unique-local", "fd00::1", ABSENT, ("ip_not_public",)),
    ("ipv6-link-local-with-zone", "fe80::1%eth0", ABSENT, ("ip_not_public",)),
    ("mapped-private", "::ffff:10.0.0.1", ABSENT, ("ip_not_public",)),
    ("official-sample", "123.456.789.1", ABSENT, ("ip_invalid",)),
    ("leading-zeros", "009.009.009.009", ABSENT, ("ip_invalid",)),
    ("two-at-once", "9.9.9.9, 8.8.8.8", "9.9.9.9", ("ip_list",)),
    ("unknown", "unknown", ABSENT, ("ip_invalid",)),
]

_FORWARDED: Final[list[tuple[str, str]]] = [
    ("private-last", "9.9.9.9, 10.0.0.3"),
    ("private-first", "10.0.0.3,9.9.9.9"),
    ("ports", "9.9.9.9:5060, 172.16.0.1:80"),
    ("unknown-first", "unknown, 9.9.9.9"),
    ("forwarded-header", "for=10.0.0.1, for=9.9.9.9;proto=https"),
]

# With templates that were not filled in.
_PLACEHOLDERS: Final[list[str]] = [
    *PLACEHOLDERS,
    "{{ customer.id }}",
    "${customerId}",
    "%%CUSTOMER%%",
    "__CLICKID__",
]

_LOCALES: Final[list[tuple[str, str, object, tuple[str, ...]]]] = [
    ("tag", "en-US", "en-US", ()),
    ("underscore-of-the-official-sample", "en_US", "en-US", ()),
    ("language-only", "de", "de", ()),
    ("script", "zh-Hant-TW", "zh-Hant-TW", ()),
    ("encoding", "en_US.UTF-8", "en-US", ()),
    ("accept-language", "de-DE,de;q=0.9,en;q=0.8", "de-DE", ()),
    ("region-number", "es-419", "es-419", ()),
    ("modifier", "de_DE.UTF-8@euro", "de-DE", ()),
    ("modifier-of-icu", "de_DE@collation=phonebook", "de-DE", ()),
    ("word", "english please", ABSENT, ("value_invalid",)),
    ("email", "ada@example.com", ABSENT, ("value_invalid",)),
    ("email-with-a-dot", "ada.lovelace@example.com", ABSENT, ("value_invalid",)),
]

_APP: Final[dict[str, object]] = {
    "event_source": "app",
    "app_id": "123456789",
    "url": None,
    "phone": "+12133734253",
}

_DEVICES: Final[list[tuple[str, str, str, object, tuple[str, ...]]]] = [
    ("idfa-hashed-already", "idfa", hashed("X").upper(), hashed("X"), ()),
    ("gaid-zeros", "gaid", "00000000-0000-0000-0000-000000000000", ABSENT, ("value_invalid",)),
    ("idfa-zeros", "idfa", "00000000-0000-0000-0000-000000000000", ABSENT, ("value_invalid",)),
    ("idfa-rubbish", "idfa", "no id!", ABSENT, ("value_invalid",)),
    (
        "idfv-plain",
        "idfv",
        "599F9C00-92DC-4B5C-9464-7971F01F8370",
        "599F9C00-92DC-4B5C-9464-7971F01F8370",
        (),
    ),
    ("att-status", "att_status", "authorized", "AUTHORIZED", ()),
    ("att-status-unknown", "att_status", "MAYBE", ABSENT, ("enum_unknown",)),
]

CASES: Final[list[Case]] = [
    Case(
        "PHP's list of e-mail addresses",
        event(email={"0": "ada@shop.example", "2": "Bob@shop.example"}),
        {"user.email": [hashed("ada@shop.example"), hashed("bob@shop.example")]},
        ("read_as_list",),
    ),
    *(
        Case(
            f"ip forwarded {name}",
            event(ip=given, user_agent="UA"),
            {"user.ip": "9.9.9.9"},
            ("ip_list",),
        )
        for name, given in _FORWARDED
    ),
    *(
        Case(
            f"placeholder {word} in {field}",
            event(**{field: word}),
            {f"user.{field}": ABSENT},
            ("identifier_placeholder",),
        )
        for word in _PLACEHOLDERS
        for field in ("external_id", "ttclid", "ttp", "user_agent", "zip_code", "city", "state")
    ),
    *(
        Case(
            f"nothing behind what can't be seen: {word!r} in {field}",
            event(**{field: word}),
            {f"user.{field}": ABSENT},
            ("identifier_blank" if word == "\u200b" else "identifier_placeholder",),
        )
        for word in ("\u200b", "\u200bnull", "\ufeffundefined", "null\u2060")
        for field in ("external_id", "zip_code", "ttclid")
    ),
    Case(
        "digest behind a byte order mark",
        event(external_id=f"\ufeff{hashed('42')}"),
        {"user.external_id": hashed("42")},
    ),
    *(
        Case(
            f"digest of placeholder {word} in {field}",
            event(**{field: hashed(word)}),
            {f"user.{field}": ABSENT},
            ("digest_of_nothing",),
        )
        for word in ("null", "NULL", "undefined", "None", "NaN", "(not set)", "null ", "__CLICKID__")
        for field in ("phone", "external_id", "zip_code")
    ),
    *(
        Case(f"Null is a surname: {name}", event(last_name=name), {"user.last_name": hashed(name.lower())})
        for name in ("Null", "None", "Nil", "Unknown")
    ),
    Case(
        "digest of Null is a surname's",
        event(last_name=hashed("null")),
        {"user.last_name": hashed("null")},
    ),
    Case(
        "nothing but placeholders",
        event(email=None, external_id="null", ttclid="undefined", ttp="(not set)"),
        {},
        ("identifier_placeholder", "no_match_key"),
        "rejected",
    ),
    *(
        Case(f"email {name}", event(email=typed), {"user.email": hashed(out)})
        for name, typed, out in _E_MAILS
    ),
    *(
        Case(
            f"no-email {name}",
            event(email=typed, external_id="1", ttclid="E.C.P.1"),
            {"user.email": ABSENT},
            (code,),
        )
        for name, typed, code in _NO_E_MAILS
    ),
    *(
        Case(f"external-id {name}", event(external_id=typed), {"user.external_id": out})
        for name, typed, out in _EXTERNAL_IDS
    ),
    *(
        Case(f"{field} {name}", event(**{field: typed}), {f"user.{field}": hashed(out)})
        for field in ("first_name", "last_name")
        for name, typed, out in _NAMES
    ),
    Case("name of punctuation only", event(last_name="—"), {"user.last_name": ABSENT}, ("value_invalid",)),
    Case("name blank", event(first_name=""), {"user.first_name": ABSENT}, ("identifier_blank",)),
    Case(
        "name a list of one",
        event(first_name=["Ada"]),
        {"user.first_name": hashed("ada")},
        ("read_as_single",),
    ),
    Case(
        "name a list of two",
        event(first_name=["Ada", "Bob"]),
        {"user.first_name": ABSENT},
        ("identifier_type",),
    ),
    Case(
        "click id only in the URL",
        event(email=None, url="https://shop.example/p?color=red&ttclid=E.C.P.CjkKx123"),
        {"user": {"ttclid": "E.C.P.CjkKx123"}},
    ),
    Case(
        "click id only in the fragment's query",
        event(email=None, url="https://shop.example/#/p?ttclid=E.C.P.1"),
        {"user": {"ttclid": "E.C.P.1"}},
    ),
    Case(
        "click id only in a referrer on the same host",
        event(email=None, url="https://shop.example/p", referrer="https://www.shop.example/?ttclid=E.C.P.1"),
        {"user": {"ttclid": "E.C.P.1"}},
    ),
    Case(
        "click id in a referrer on another host is not ours",
        event(url="https://shop.example/p", referrer="https://other.example/?ttclid=E.C.P.1"),
        {"user.ttclid": ABSENT},
    ),
    Case(
        "click id of the event wins over the URL's",
        event(ttclid="E.C.P.2", url="https://shop.example/?ttclid=E.C.P.1"),
        {"user.ttclid": "E.C.P.2"},
    ),
    Case(
        "click id a placeholder: the URL's",
        event(ttclid="undefined", url="https://shop.example/?ttclid=E.C.P.1"),
        {"user.ttclid": "E.C.P.1"},
        ("identifier_placeholder",),
    ),
    Case(
        "click id in the URL a placeholder",
        event(url="https://shop.example/?ttclid=__CLICKID__"),
        {"user.ttclid": ABSENT},
    ),
    *(
        Case(f"postcode {name}", event(zip_code=typed, country=country), {"user.zip_code": hashed(out)})
        for name, country, typed, out in _POSTCODES
    ),
    Case("postcode of dashes", event(zip_code="--"), {"user.zip_code": ABSENT}, ("value_invalid",)),
    *(Case(name, event(**{field: typed}), {f"user.{field}": out}) for name, field, typed, out in _PLACES),
    Case("city of punctuation", event(city="?!"), {"user.city": ABSENT}, ("value_invalid",)),
    *(
        Case(
            f"{what} in {field}",
            event(**{field: typed}),
            {f"user.{field}": ABSENT},
            ("value_invalid",),
        )
        for field in ("city", "state")
        for what, typed in (
            ("a credential", "sk_live_abcdefgh1234"),
            ("no letter", "90210"),
            ("an at sign", "Köln @ Rhein"),
            ("seven digits", "Berlin 1 a 2 b 3 c 4 d 5 e 6 f 7"),
        )
    ),
    Case("state of punctuation", event(state="-"), {"user.state": ABSENT}, ("value_invalid",)),
    Case("country unknown", event(country="Atlantis"), {"user.country": ABSENT}, ("country_unknown",)),
    Case(
        "state name of another country",
        event(state="Georgia", country="GE"),
        {"user.state": "georgia", "user.country": "ge"},
    ),
    *(
        Case(f"ip {name}", event(ip=typed, user_agent="Browser/1"), {"user.ip": out}, codes)
        for name, typed, out, codes in _IPS
    ),
    Case("ip alone", event(ip="9.9.9.9"), {"user.ip": "9.9.9.9"}, ("ip_without_user_agent",)),
    *(
        Case(f"locale {name}", event(locale=typed), {"user.locale": out}, codes)
        for name, typed, out, codes in _LOCALES
    ),
    *(
        Case(f"device {name}", event(**_APP, **{field: typed}), {f"user.{field}": out}, codes)
        for name, field, typed, out, codes in _DEVICES
    ),
    Case("click id kept as it is", event(ttclid=" E.C.P.AbC "), {"user.ttclid": "E.C.P.AbC"}),
    Case("ttp kept as it is", event(ttp="2aBc"), {"user.ttp": "2aBc"}),
    Case(
        "unknown field of user omitted",
        event() | {"user": {"email": "ada@example.com", "birthday": "1815-12-10"}, "email": None},
        {"user.birthday": ABSENT, "user.email": hashed("ada@example.com")},
        ("unknown_user_field",),
    ),
    Case(
        "user a text",
        event() | {"user": "ada", "email": None},
        {},
        ("wrong_type", "no_match_key"),
        "rejected",
    ),
]
