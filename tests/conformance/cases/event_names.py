"""Event names: TikTok Business Help Center, "Supported standard events" (Sept 2025), "How to adopt TikTok's
updated standard events" (May 2025), "Reserved events" (Sept 2025), "Custom events" (Feb 2026)."""

from typing import Final

from tests.conformance.suite import Case
from tests.support.events import event

_STANDARD: Final[tuple[str, ...]] = (
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "ApplicationApproval",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Download",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
    "Pageview",
    "PageView",
)

_RENAMED: Final[dict[str, str]] = {"CompletePayment": "Purchase", "SubmitForm": "Lead"}

_RESERVED: Final[dict[str, str]] = {
    "AddBilling": "AddPaymentInfo",
    "Browse": "PageView",
    "Checkout": "PlaceAnOrder",
    "ClickForm": "Lead",
    "ClickInDownloadPage": "ClickButton",
    "ClickToDownload": "Download",
    "Consult": "Contact",
    "ConsultByPhone": "Contact",
    "Registration": "CompleteRegistration",
    "StartCheckout": "InitiateCheckout",
    "ViewConsultationPage": "ViewContent",
    "ViewDownloadPage": "ViewContent",
    "ViewForm": "ViewContent",
}

_SPELLED: Final[dict[str, str]] = {
    "purchase": "Purchase",
    "PURCHASE": "Purchase",
    "add_to_cart": "AddToCart",
    "Add to Cart": "AddToCart",
    "AddtoCart": "AddToCart",
    "add-to-wishlist": "AddToWishlist",
    "view_content": "ViewContent",
    "page_view": "PageView",
    "complete_payment": "Purchase",
    "Submit Form": "Lead",
}

_CUSTOM: Final[tuple[str, ...]] = ("GiftWrapped", "a", "Step-2_done", "x" * 50, "Refund", "order_shipped")
_IMPOSSIBLE: Final[tuple[str, ...]] = (
    "1stOrder",
    "_hidden",
    "-dash",
    "Gift wrapped",
    "Gift.Wrapped",
    "Größe",
    "ギフト",
    "x" * 51,
    "semi;colon",
    "<script>",
)

# Names of stages, as they stand in CRMs.
_CRM: Final[tuple[str, ...]] = (
    "Hot_lead",
    "Demo booked",
    "Вход в воронку",
    "見込み客",
    "SQL/MQL (v2)",
    "Won & paid: 1",
)

# TikTok says neither that they are allowed nor that they are not.
_CRM_UNSETTLED: Final[tuple[str, ...]] = (
    "Вход \u2014 в воронку",
    "Demo \u2013 booked",
    "Lead \u2011 new",
    "«Горячий» лид",
    "\u201eHeißer\u201c Lead",
    "Client\u2018s offer",
    "「商談」",
    "Deal #1 won!",
    "Won?",
    "1st",
    "1st call",
    "3",
    "75 %",
    "-> Sales",
    "Offer > 1.000 €",
    "\U0001f525 Hot lead",
    "\U0001f525",
    "Stage [A] @ Sales; new = 1 | 2",
    "37 34 25",
    "نیمه\u200cگرم",
)
_CRM_IMPOSSIBLE: Final[tuple[str, ...]] = (
    "x" * 51,
    "\U0001f525" * 51,
    "Hot\x00lead",
    "Hot\nlead",
    "Hot\x85lead",
    "Hot\u2028lead",
    "Hot\u202elead",
    "2133734253",
    "(213) 373 42 53",
    "#2133734253",
    "373 42 53",
)

# Names of app events that TikTok's SDK sends; the first two are reserved on the web.
_APP: Final[tuple[str, ...]] = (
    *("Checkout", "Registration", "AchieveLevel", "AddPaymentInfo", "AddToCart", "AddToWishlist"),
    *("CompleteTutorial", "CreateGroup", "CreateRole", "GenerateLead", "InAppADClick", "InAppADImpr"),
    *("InstallApp", "JoinGroup", "LaunchAPP", "LoanApplication", "LoanApproval", "LoanDisbursal", "Login"),
    *("Purchase", "Rate", "Search", "SpendCredits", "StartTrial", "Subscribe", "UnlockAchievement"),
    *("ViewContent", "2Dretention"),
)

_CLEAN: Final[dict[str, object]] = {"search_string": "mug"}

CASES: Final[list[Case]] = [
    *(
        Case(
            f"personal data in a CRM name: {name}",
            event(event=name, event_source="crm", lead_id="1", url=None),
            {},
            ("event_name_personal",),
            "rejected",
        )
        for name in ("Call +12133734253", "Call (213) 373-4253", "Called 020 7946 0018")
    ),
    *(
        Case(
            f"personal data in a {source} name: {name}",
            event(event=name, event_source=source, app_id="1"),
            {},
            codes,
            "rejected",
        )
        for source, codes in (
            ("web", ("event_custom", "event_name_personal")),
            ("app", ("event_custom", "event_name_personal", "match_quality_low")),
        )
        for name in ("phone_2133734253", "tel-2133734253", "sk_live_abcdefgh1234", "AKIAABCDEFGHIJKL")
    ),
    *(
        Case(
            f"personal data in a CRM name with a warning: {name}",
            event(event=name, event_source="crm", lead_id="1", url=None),
            {},
            codes,
            "rejected",
        )
        for name, codes in (
            (["Call +12133734253"], ("read_as_single", "event_name_personal")),
            ("Won! Call +12133734253", ("event_custom", "event_name_personal")),
            ("ada@example.com", ("event_custom", "event_name_personal")),
            ("ada@shop.example won", ("event_custom", "event_name_personal")),
            ("1. ada\uff20shop.example", ("event_custom", "event_name_personal")),
        )
    ),
    *(
        Case(
            f"CRM {name}",
            event(event=name, event_source="crm", lead_id="1", url=None),
            {"event": name},
            codes,
        )
        for names, codes in ((_CRM, ()), (_CRM_UNSETTLED, ("event_custom",)))
        for name in names
    ),
    *(
        Case(
            f"CRM impossible {name!a}",
            event(event=name, event_source="crm", lead_id="1", url=None),
            {},
            ("event_name_invalid",),
            "rejected",
        )
        for name in _CRM_IMPOSSIBLE
    ),
    *(Case(f"standard {name}", event(event=name, **_CLEAN), {"event": name}) for name in _STANDARD),
    *(
        Case(f"ending {name}", event(event=name, **_CLEAN), {"event": name}, ("event_ending",))
        for name in ("ClickButton", "PlaceAnOrder")
    ),
    *(
        Case(f"renamed {old}", event(event=old), {"event": new}, ("event_renamed",))
        for old, new in _RENAMED.items()
    ),
    *(
        Case(f"reserved {name}", event(event=name), {"event": new}, ("event_reserved",))
        for name, new in _RESERVED.items()
    ),
    *(
        Case(f"spelled {name}", event(event=name), {"event": new}, ("event_spelling",))
        for name, new in _SPELLED.items()
    ),
    *(Case(f"custom {name}", event(event=name), {"event": name}, ("event_custom",)) for name in _CUSTOM),
    *(
        Case(f"impossible {name}", event(event=name), {}, ("event_name_invalid",), "rejected")
        for name in _IMPOSSIBLE
    ),
    Case("space around", event(event=" Purchase "), {"event": "Purchase"}),
    Case("none", event(event=None), {}, ("event_missing",), "rejected"),
    Case("blank", event(event="  "), {}, ("event_missing",), "rejected"),
    Case("number", event(event=7), {}, ("event_name_invalid",), "rejected"),
    Case("object", event(event={"name": "Purchase"}), {}, ("wrong_type",), "rejected"),
    *(
        Case(f"digits are never dropped: {name}", event(event=name), {"event": name}, ("event_custom",))
        for name in ("Purchase_2", "Lead_2", "Purchase100", "ViewContent2024", "Subscribe-1")
    ),
    *(
        Case(
            f"other scripts are never dropped: {name}",
            event(event=name),
            {},
            ("event_name_invalid",),
            "rejected",
        )
        for name in ("Purchaseé", "購入Purchase", "Рurchase", "Purchase２")
    ),
    *(
        Case(f"meant {meant}: {name}", event(event=name), {"event": name}, ("event_custom",))
        for name, meant in (("Purchse", "Purchase"), ("begin_checkout", "InitiateCheckout"))
    ),
    *(
        Case(
            f"TikTok's app SDK: {name}",
            event(event=name, event_source="app", app_id="a.b", phone="+12133734253", **_CLEAN),
            {"event": name},
        )
        for name in _APP
    ),
    *(
        Case(
            f"offline has no page views: {name}",
            event(event=name, event_source="offline", phone="+12133734253", url=None),
            {},
            codes,
            "rejected",
        )
        for name, codes in (
            ("PageView", ("event_not_standard",)),
            ("Pageview", ("event_not_standard",)),
            ("page view", ("event_spelling", "event_not_standard")),
            ("Browse", ("event_reserved", "event_not_standard")),
        )
    ),
]
