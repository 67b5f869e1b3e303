"""Event names: TikTok's standard ones, the renamed, the reserved, and the rule for custom ones. Data first.

Sources: TikTok Business Help Center, "Supported standard events", "Reserved events", "Custom events" and
"How to adopt TikTok's updated standard events".
"""

import re
from typing import Final

from relay.findings import Finding, finding

STANDARD: Final[frozenset[str]] = frozenset(
    {
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
        # What the pixel sends for a page view; TikTok's own tools write it both ways.
        "PageView",
        "Pageview",
    }
)
"""Names that TikTok optimises campaigns for."""

PAGE_VIEWS: Final[frozenset[str]] = frozenset({"PageView", "Pageview"})

SOFT_DEPRECATED: Final[frozenset[str]] = frozenset({"ClickButton", "PlaceAnOrder"})
"""Out of TikTok's documentation since May 2025, taken until 2027. They go out as they are."""

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

APP: Final[frozenset[str]] = frozenset(
    {
        "AchieveLevel",
        "AddPaymentInfo",
        "AddToCart",
        "AddToWishlist",
        "Checkout",
        "CompleteTutorial",
        "CreateGroup",
        "CreateRole",
        "GenerateLead",
        "InAppADClick",
        "InAppADImpr",
        "InstallApp",
        "JoinGroup",
        "LaunchAPP",
        "LoanApplication",
        "LoanApproval",
        "LoanDisbursal",
        "Login",
        "Purchase",
        "Rate",
        "Registration",
        "Search",
        "SpendCredits",
        "StartTrial",
        "Subscribe",
        "UnlockAchievement",
        "ViewContent",
    }
)
"""Names of app events, which keep some that are reserved on the web."""

WITH_VALUE: Final[frozenset[str]] = frozenset({"Purchase", "PlaceAnOrder", "Subscribe", "StartTrial"})
"""Events that earn nothing in reporting (ROAS, value-based bidding) without `value` and `currency`."""

CUSTOM: Final[re.Pattern[str]] = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")
"""A custom name: at most 50 characters, begins with a letter, letters, digits, `_` and `-`."""

_FOLDED: Final[dict[str, str]] = {
    re.sub(r"[^a-z]", "", name.lower()): name
    # Backwards, so that PageView comes after Pageview and stays: TikTok's reserved names map to it.
    for name in sorted(STANDARD | SOFT_DEPRECATED | RENAMED.keys(), reverse=True)
}


def spelled(name: str) -> str | None:
    """The standard name that `name` means when case, spaces and punctuation are ignored, or None.

    >>> spelled("add_to_cart")
    'AddToCart'
    """
    return _FOLDED.get(re.sub(r"[^a-z]", "", name.lower()))


def settle(given: object, source: str) -> tuple[str, list[Finding]]:
    """The name that an event goes out under, and what there is to say of it; "" where there is none.

    `source` is the event source: app events keep names that are reserved on the web, offline takes standard
    names only, CRM custom ones only.
    """
    name = given.strip() if isinstance(given, str) else ""
    if not name:
        return "", [finding("event_missing", "event")] if given is None or isinstance(given, str) else []
    if source == "app" and name in APP:
        return name, []
    standard, said = _standard(name, source)
    if standard is not None:
        if source == "crm":
            said = [*said, finding("event_not_custom", "event")]
        elif source == "offline" and standard in PAGE_VIEWS:
            # They come from the pixel; TikTok's list of offline events has none.
            said = [*said, finding("event_not_standard", "event")]
        return standard, said
    if not CUSTOM.fullmatch(name):
        return name, [finding("event_name_invalid", "event")]
    if source == "offline":
        return name, [finding("event_not_standard", "event")]
    return name, [] if source == "crm" else [finding("event_custom", "event")]


def _standard(name: str, source: str) -> tuple[str | None, list[Finding]]:
    """The standard name that `name` is or becomes, and what there is to say of that; None for a custom
    one."""
    if name in STANDARD or name in SOFT_DEPRECATED:
        return name, []
    for table, code in ((RENAMED, "event_renamed"), (RESERVED, "event_reserved")):
        if name in table:
            return table[name], [finding(code, "event", wanted=table[name])]
    if source != "crm" and (standard := spelled(name)) is not None:
        standard = RENAMED.get(standard, standard)
        return standard, [finding("event_spelling", "event", wanted=standard)]
    return None, []
