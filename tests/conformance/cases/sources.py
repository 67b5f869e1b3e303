"""The four event sources and where events go: TikTok API for Business, Doc 1771101303285761, the columns web,
app, offline and CRM; offline matching from "About Events API for Offline" (Oct 2024)."""

from typing import Final

from relay.destination import Destination
from relay.event.routing import Routes
from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import NOW, PIXEL, event

_APP_ID: Final[str] = "7000000000000000001"
_OFFLINE_ID: Final[str] = "7000000000000000002"
_CRM_ID: Final[str] = "7000000000000000003"

_APP: Final[dict[str, object]] = {"event_source": "app", "url": None, "phone": "+12133734253"}
_OFFLINE: Final[dict[str, object]] = {"event_source": "offline", "url": None}
_CRM: Final[dict[str, object]] = {
    "event": "Qualified",
    "event_source": "crm",
    "event_id": "lead-1",
    "event_time": int(NOW) - 60,
}

CASES: Final[list[Case]] = [
    Case("web is the default", event(), goes_to=Destination("web", PIXEL)),
    Case("web by name", event(event_source="web", event_source_id=PIXEL), goes_to=Destination("web", PIXEL)),
    Case("web without url", event(url=None), {"page": ABSENT}, ("url_missing",)),
    Case(
        "app",
        event(**_APP, app_id="123456789"),
        {"app": {"app_id": "123456789"}},
        goes_to=Destination("app", _APP_ID),
    ),
    Case(
        "app id a number",
        event(**_APP, app_id=123456789),
        {"app": {"app_id": "123456789"}},
        ("number_made_text",),
    ),
    Case("app without app id", event(**_APP), {}, ("app_id_missing",), "rejected"),
    Case(
        "app keeps names that are reserved on the web",
        event(**_APP, app_id="1") | {"event": "Registration"},
        {"event": "Registration"},
    ),
    Case(
        "app event of its own",
        event(**_APP, app_id="1") | {"event": "AchieveLevel"},
        {"event": "AchieveLevel"},
    ),
    Case(
        "app by a device id alone",
        event(**(_APP | {"phone": None}), app_id="1", email=None, gaid="aaaaaa-2222-1111-8787-809e92233ba0"),
        {"user": {"gaid": hashed("aaaaaa-2222-1111-8787-809e92233ba0")}},
    ),
    Case(
        "app with the ad behind it",
        event(**_APP, app_id="1")
        | {"ad": {"campaign_id": 123, "is_retargeting": False, "attribution_share": 0.5, "colour": "red"}},
        {"ad": {"campaign_id": "123", "is_retargeting": False, "attribution_share": 0.5}},
        ("number_made_text", "unknown_field"),
    ),
    Case(
        "attribution share beyond one",
        event(**_APP, app_id="1") | {"ad": {"attribution_share": 50}},
        {"ad": ABSENT},
        ("value_invalid",),
    ),
    Case("offline", event(**_OFFLINE), {"event": "Purchase"}, goes_to=Destination("offline", _OFFLINE_ID)),
    Case(
        "page with a referrer and no url",
        event(**_OFFLINE, referrer="https://news.example/mugs"),
        {"page": ABSENT},
    ),
    Case(
        "offline by a click id only",
        event(**_OFFLINE, email=None, ttclid="E.C.P.1"),
        {},
        ("offline_match_key",),
    ),
    Case(
        "offline renamed",
        event(**_OFFLINE) | {"event": "CompletePayment"},
        {"event": "Purchase"},
        ("event_renamed",),
    ),
    Case(
        "offline custom",
        event(**_OFFLINE) | {"event": "GiftWrapped"},
        {},
        ("event_not_standard",),
        "rejected",
    ),
    Case(
        "offline page view",
        event(**_OFFLINE) | {"event": "Browse"},
        {},
        ("event_not_standard", "event_reserved"),
        "rejected",
    ),
    Case(
        "crm",
        _CRM | {"lead_id": "L1"},
        {"lead": {"lead_id": "L1"}, "event": "Qualified"},
        goes_to=Destination("crm", _CRM_ID),
    ),
    Case(
        "crm lead id a number",
        _CRM | {"lead_id": 9007199254740993},
        {"lead": {"lead_id": "9007199254740993"}},
        ("number_made_text",),
    ),
    Case(
        "crm lead's source",
        _CRM | {"lead": {"lead_id": "L1", "lead_event_source": "HubSpot"}},
        {"lead.lead_event_source": "HubSpot"},
    ),
    Case(
        "crm without lead id",
        _CRM | {"email": "ada@example.com"},
        {},
        ("lead_id_missing", "match_quality_low"),
        "rejected",
    ),
    *(
        Case(
            f"crm standard name {name}",
            _CRM | {"lead_id": "L1", "event": name},
            {"event": name},
            ("event_crm_standard",),
        )
        for name in ("Lead", "Contact", "Schedule", "CompleteRegistration")
    ),
    *(
        Case(f"crm custom name {name}", _CRM | {"lead_id": "L1", "event": name}, {"event": name})
        for name in (
            "有效线索",
            "リード",
            "Qualifié",
            "Qualified lead",
            "Потенциальный клиент",
            "عميل محتمل",
            "Giai đoạn 2",
        )
    ),
    *(
        Case(
            f"crm impossible name {name!r}",
            _CRM | {"lead_id": "L1", "event": name},
            {},
            ("event_name_invalid",),
            "rejected",
        )
        for name in ("x" * 51, "lead\u0007", "<script>", "{{stage}}")
    ),
    Case(
        "crm renamed name",
        _CRM | {"lead_id": "L1", "event": "SubmitForm"},
        {"event": "Lead"},
        ("event_crm_standard", "event_renamed"),
    ),
    Case(
        "crm lead id that is an e-mail address",
        _CRM | {"lead_id": "ada@example.com"},
        {},
        ("lead_id_missing", "no_match_key", "personal_data"),
        "rejected",
    ),
    Case(
        "app id that is an e-mail address",
        event(**_APP, app_id="ada@example.com"),
        {},
        ("app_id_missing", "personal_data"),
        "rejected",
    ),
    Case("source unknown", event(event_source="store"), {}, ("event_source_unknown",), "rejected"),
    Case("source a number", event(event_source=1), {}, ("event_source_unknown",), "rejected"),
    Case(
        "destination not the relay's",
        event(event_source="web", event_source_id="SOMEBODYELSESPIXEL00"),
        {},
        ("destination_unknown",),
        "rejected",
    ),
    Case(
        "destination of another source",
        event(event_source="web", event_source_id=_OFFLINE_ID),
        {},
        ("destination_unknown",),
        "rejected",
    ),
    Case(
        "in TikTok's envelope",
        event(),
        {},
        (),
        envelope={"event_source": "web", "event_source_id": PIXEL, "test_event_code": " TEST1 "},
        goes_to=Destination("web", PIXEL, "TEST1"),
    ),
    Case("test code of an event", event(test_event_code="TEST2"), goes_to=Destination("web", PIXEL, "TEST2")),
    *(
        Case(f"test code {name}", event(test_event_code=code), {}, ("test_code_invalid",), "rejected")
        for name, code in (
            ("a number", 1),
            ("with an e-mail address", "ada@example.com"),
            ("with a phone number", "+12133734253"),
            ("of digits only", "12133734253"),
            ("with a phone number behind letters", "tel2133734253"),
            ("with a space", "TEST 1"),
            ("of 1.1 MB", "T" * 1_100_000),
            ("with a control character", "TEST\u001b1"),
        )
    ),
    Case("test code blank", event(test_event_code=" "), goes_to=Destination("web", PIXEL)),
    Case(
        "browser: names neither destination nor test code",
        event(event_source_id="X", test_event_code="TEST1"),
        {},
        ("destination_browser",),
        browser=True,
        goes_to=Destination("web", PIXEL),
    ),
    Case(
        "browser: nor do its envelope",
        event(),
        {},
        ("destination_browser",),
        browser=True,
        envelope={"event_source": "web", "event_source_id": _OFFLINE_ID, "test_event_code": "TEST1"},
        goes_to=Destination("web", PIXEL),
    ),
    Case(
        "destination a number",
        event(event_source="offline", event_source_id=int(_OFFLINE_ID), url=None),
        {},
        ("number_made_text",),
        goes_to=Destination("offline", _OFFLINE_ID),
    ),
    Case("limited data use", event(limited_data_use=True), {"limited_data_use": True}),
    Case("limited data use off", event(limited_data_use=False), {"limited_data_use": False}),
    Case("limited data use in words", event(limited_data_use="yes"), {}, ("wrong_type",), "rejected"),
    Case(
        "no destination for the source",
        event(event_source="offline", url=None),
        {},
        ("destination_missing",),
        "rejected",
        routes=Routes({"web": (PIXEL,)}),
    ),
    Case(
        "offline events to what looks like a pixel",
        event(event_source="offline", event_source_id="C4A7S7RC77UA68QT5U1H", url=None),
        {},
        ("source_id_looks_like_pixel",),
        routes=Routes({"offline": ("C4A7S7RC77UA68QT5U1H",)}),
    ),
    Case(
        "crm events to what looks like a pixel",
        _CRM | {"lead_id": "L1", "event_source_id": "C4A7S7RC77UA68QT5U1H"},
        {},
        ("source_id_looks_like_pixel",),
        routes=Routes({"crm": ("C4A7S7RC77UA68QT5U1H",)}),
    ),
    Case(
        "the first of several destinations is the usual one",
        event(),
        routes=Routes({"web": (PIXEL, "C4A7S7RC77UA68QT5U1H")}),
        goes_to=Destination("web", PIXEL),
    ),
    # What TikTok can match on, one key at a time; DESIGN's "no match key left at all".
    *(
        Case(f"web by {name} alone", event(email=None, **keys), {}, codes)
        for name, keys, codes in (
            ("ttclid", {"ttclid": "E.C.P.1"}, ()),
            ("phone", {"phone": "+12133734253"}, ("match_quality_low",)),
            ("external id", {"external_id": "1"}, ("match_quality_low",)),
            ("ttp", {"ttp": "2t"}, ("match_quality_low",)),
            ("ip with user agent", {"ip": "9.9.9.9", "user_agent": "B/1"}, ("match_quality_low",)),
        )
    ),
    *(
        Case(f"nothing to match on but {name}", event(**({"email": None} | keys)), {}, codes, "rejected")
        for name, keys, codes in (
            ("ip alone", {"ip": "9.9.9.9"}, ("ip_without_user_agent", "no_match_key")),
            ("user agent alone", {"user_agent": "B/1"}, ("no_match_key",)),
            ("a name", {"first_name": "Ada", "last_name": "Lovelace"}, ("no_match_key",)),
            ("a city", {"city": "London", "country": "GB"}, ("no_match_key",)),
            ("a device on the web", {"gaid": "aaaaaa-2222-1111-8787-809e92233ba0"}, ("no_match_key",)),
            ("blanks", {"email": " ", "phone": ""}, ("identifier_blank", "no_match_key")),
        )
    ),
    # From a page
    Case(
        "browser: address and browser are the request's",
        event(),
        {"user.ip": "9.9.9.9", "user.user_agent": "Browser/1"},
        browser=True,
    ),
    Case(
        "browser: what it says of them is omitted",
        event(ip="8.8.8.8", user_agent="made up"),
        {"user.ip": "9.9.9.9", "user.user_agent": "Browser/1"},
        ("browser_ip",),
        browser=True,
    ),
    Case(
        "browser: what it says of them is the same, beside a section that lacks them",
        event(ip="9.9.9.9", user_agent="Browser/1", user={"locale": "de-DE"}),
        {"user.ip": "9.9.9.9", "user.user_agent": "Browser/1", "user.locale": "de-DE"},
        browser=True,
    ),
    Case(
        "browser: web only",
        event(event_source="offline"),
        {},
        ("event_source_browser",),
        "rejected",
        browser=True,
    ),
    # Consent
    Case("consent granted", event(consent="granted"), {"consent": ABSENT}),
    Case("consent true", event(consent=True), {"consent": ABSENT}),
    Case("consent denied", event(consent="denied"), {}, ("consent_denied",), "dropped"),
    Case("consent false", event(consent=False), {}, ("consent_denied",), "dropped"),
    Case("consent denied, of a bad event", {"consent": "denied"}, {}, ("consent_denied",), "dropped"),
    Case("consent in other words", event(consent="maybe"), {}, ("consent_unclear",), "rejected"),
    Case("consent an object", event(consent={"ads": False}), {}, ("consent_unclear",), "rejected"),
    Case("consent null", event() | {"consent": None}),
]
