"""Event names: the renamed, the reserved, and the rule for custom ones. Data first.

Sources: TikTok Business Help Center, "Reserved events", "Custom events" and
"How to adopt TikTok's updated standard events".
"""

import re
import unicodedata
from typing import Final

from relay import personal_data
from relay.characters import CONTROL_CHARACTERS
from relay.event.standard_names import SOFT_DEPRECATED, STANDARD
from relay.findings import Findings, Suggestions, fold_name
from relay.lazy_patterns import lazy_pattern

PAGE_VIEWS: Final[frozenset[str]] = frozenset({"PageView", "Pageview"})

RENAMED: Final[dict[str, str]] = {"CompletePayment": "Purchase", "SubmitForm": "Lead"}
"""Old name → name since 1 May 2025. TikTok renames at its end too; we do it here so that both channels
agree."""

RESERVED: Final[dict[str, str]] = {
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
"""Names that TikTok maps by itself to a standard one."""

# TikTok's app SDK (tiktok-business-android-sdk, TTConst.AutoEvents).
_APP: Final[str] = """
2Dretention AchieveLevel AddPaymentInfo AddToCart AddToWishlist Checkout CompleteTutorial CreateGroup
CreateRole GenerateLead InAppADClick InAppADImpr InstallApp JoinGroup LaunchAPP LoanApplication LoanApproval
LoanDisbursal Login Purchase Rate Registration Search SpendCredits StartTrial Subscribe UnlockAchievement
ViewContent
"""

APP: Final[frozenset[str]] = frozenset(_APP.split())
"""Names of app events, which keep some that are reserved on the web."""

WITH_VALUE: Final[frozenset[str]] = frozenset({"Purchase", "PlaceAnOrder", "Subscribe", "StartTrial"})
"""Events that earn nothing in reporting (ROAS, value-based bidding) without `value` and `currency`."""

CUSTOM_NAME: Final[re.Pattern[str]] = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")
"""A custom name: at most 50 characters, starts with a letter, letters, digits, `_` and `-`."""

_MAX_CRM_NAME: Final[int] = 50
_CRM_NEVER: Final = lazy_pattern(rf"[{CONTROL_CHARACTERS}]|<[/!?\w]|\{{\{{")
"""Control characters, HTML and templates that were not expanded."""

_PHONE_DIGITS: Final[re.Pattern[str]] = re.compile(r"(?:\d\D*+){7}")
"""Digits enough for a phone number. Without a letter, a name of that many is one, or an id."""

_CRM_RULE: Final[str] = " In a CRM event, it may have spaces and other characters, but no control characters."
_CRM_UNLISTED: Final[str] = " TikTok's rules for names of CRM events don't list all of its characters."

SYNONYMS: Final[dict[str, str]] = {
    # Google Analytics 4
    "begin_checkout": "InitiateCheckout",
    "generate_lead": "Lead",
    "sign_up": "CompleteRegistration",
    "view_item": "ViewContent",
    "view_search_results": "Search",
    "add_shipping_info": "InitiateCheckout",
    # Segment and RudderStack
    "Order Completed": "Purchase",
    "Product Added": "AddToCart",
    "Product Viewed": "ViewContent",
    "Product Added to Wishlist": "AddToWishlist",
    "Products Searched": "Search",
    "Checkout Started": "InitiateCheckout",
    "Payment Info Entered": "AddPaymentInfo",
    "Signed Up": "CompleteRegistration",
    "Page Viewed": "PageView",
    # Shopify and WooCommerce
    "checkout_completed": "Purchase",
    "product_added_to_cart": "AddToCart",
    "payment_info_submitted": "AddPaymentInfo",
    "search_submitted": "Search",
    "order_placed": "Purchase",
    "placed_order": "Purchase",
}
"""What other tracking tools call a standard event. Named in a warning, never renamed: they may mean more."""

_suggestions: Final = Suggestions(STANDARD - {"Pageview"}, SYNONYMS)


def _fold(name: str) -> str:
    """Case, spaces and punctuation are forgiven; digits and other scripts are not."""
    return fold_name(name) if name.isascii() else name


_FOLDED: Final[dict[str, str]] = {
    # Backwards, so that PageView comes after Pageview and stays: TikTok's reserved names map to it.
    _fold(name): name
    for name in sorted(STANDARD | SOFT_DEPRECATED.keys() | RENAMED.keys(), reverse=True)
}


def find_standard_name(name: str) -> str | None:
    """The standard name that `name` is if case, spaces and punctuation are ignored, or None.

    >>> find_standard_name("add_to_cart"), find_standard_name("Purchase_2")
    ('AddToCart', None)
    """
    return _FOLDED.get(_fold(name))


def resolve_event_name(given: str, source: str, findings: Findings) -> str:
    """The name under which an event goes out; "" if it has none.

    `source` is the event source: app events keep names that are reserved on the web, offline takes standard
    names only, CRM also custom ones in any script.
    """
    name = given.strip()
    if not name:
        findings.add_missing("event_missing", "event")
        return ""
    if source == "app" and name in APP:
        return name
    standard = _resolve_standard_name(name, source, findings)
    if standard is not None:
        if source == "crm":
            findings.add("event_crm_standard", "event")
        elif source == "offline" and standard in PAGE_VIEWS:
            # They come from the pixel; TikTok's list of offline events has none.
            findings.add("event_not_standard", "event")
        return standard
    _check_custom_name(name, source, findings)
    if all(error.field != "event" for error in findings.errors) and (
        found := personal_data.find_personal_data(name)
    ):
        findings.add("event_name_personal", "event", found)
    return name


def _resolve_standard_name(name: str, source: str, findings: Findings) -> str | None:
    if name in SOFT_DEPRECATED:
        findings.add("event_ending", "event", expected=SOFT_DEPRECATED[name])
        return name
    if name in STANDARD:
        return name
    for table, code in ((RENAMED, "event_renamed"), (RESERVED, "event_reserved")):
        if name in table:
            findings.add(code, "event", expected=table[name])
            return table[name]
    if source != "crm" and (standard := find_standard_name(name)) is not None:
        standard = RENAMED.get(standard, standard)
        findings.add("event_spelling", "event", expected=standard)
        return standard
    return None


def _check_custom_name(name: str, source: str, findings: Findings) -> None:
    if source == "crm":
        _check_crm_name(name, findings)
        return
    hint = _suggestions.sentence(name)
    if source == "offline":
        findings.add("event_not_standard", "event", expected=hint)
    elif CUSTOM_NAME.fullmatch(name):
        findings.add("event_custom", "event", expected=hint)
    else:
        findings.add("event_name_invalid", "event", expected=hint)


def _check_crm_name(name: str, findings: Findings) -> None:
    """Check the name of a stage in a CRM.

    TikTok lists letters, marks and digits of any script, and separators (TikTok Business Help Center, "How to
    postback signals through Events API", December 2025). Whether it rejects others, which CRMs allow, it does
    not say, so they go out with a warning.
    """
    if (
        len(name) > _MAX_CRM_NAME
        or _CRM_NEVER().search(name)
        or (_PHONE_DIGITS.search(name) and not any(map(str.isalpha, name)))
    ):
        findings.add("event_name_invalid", "event", expected=_CRM_RULE)
    elif not name[0].isalpha() or not all(
        character in " _-/&.,()'’+:" or unicodedata.category(character)[0] in "LMN" for character in name
    ):
        findings.add("event_custom", "event", expected=_CRM_UNLISTED)
