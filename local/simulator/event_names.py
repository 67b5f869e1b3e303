"""Event names: what is standard, what is reserved, what a custom name may look like.

Sources: TikTok Help Center "supported-standard-events", "how-to-adopt-tiktoks-updated-standard-events",
"reserved-events", "custom-events"; TikTok API for Business, Doc 1771101303285761.
"""

from __future__ import annotations

import re

# Web, offline and CRM; `Lead` and `SubmitForm` are both listed by TikTok, so both are standard.
STANDARD = frozenset(
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
    }
)

# Renamed on 1 May 2025; TikTok still converts the old name itself.
RENAMED = {"CompletePayment": "Purchase", "SubmitForm": "Lead"}

# Removed from the documents, supported until 2027.
SOFT_DEPRECATED = frozenset({"ClickButton", "PlaceAnOrder"})

# Both spellings are in TikTok's own code: `Pageview` in its tag for Google Tag Manager, `PageView` in its
# help pages.
PAGE_VIEW = frozenset({"Pageview", "PageView"})

# Mapped by TikTok to a standard event, and therefore not free for custom events.
RESERVED = frozenset(
    {
        "AddBilling",
        "Browse",
        "Checkout",
        "ClickForm",
        "ClickInDownloadPage",
        "ClickToDownload",
        "Consult",
        "ConsultByPhone",
        "Registration",
        "StartCheckout",
        "ViewConsultationPage",
        "ViewDownloadPage",
        "ViewForm",
    }
)

OFFLINE = STANDARD | frozenset(RENAMED) | SOFT_DEPRECATED
NOT_CUSTOM = OFFLINE | PAGE_VIEW | RESERVED

MAX_LENGTH = 50
_CUSTOM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

# TikTok's table asks for custom names of CRM events; both of its samples and its help pages on CRM signals
# have standard ones, and names in 18 languages since December 2025. Which other characters it takes is not
# documented, so only control characters are rejected here.
_CRM = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")

# The one name of TikTok's app SDK that begins with a digit (TTConst.AutoEvents).
_APP_ONLY = frozenset({"2Dretention"})


def objection(name: str, event_source: str) -> str | None:
    """Say in one sentence why this source may not send an event of this name; None if it may.

    Every standard name is also well-formed as a custom one, so web and app need no list.
    """
    if len(name) > MAX_LENGTH:
        return f"Longer than maximum length {MAX_LENGTH}"
    if event_source == "crm":
        return None if _CRM.fullmatch(name) else "Invalid event name: no control characters"
    if event_source == "app" and name in _APP_ONLY:
        return None
    if not _CUSTOM.fullmatch(name):
        return "Invalid event name: begin with a letter and use letters, digits, underscores and hyphens only"
    if event_source == "offline" and name not in OFFLINE:
        return "Invalid event name: offline events must be standard events"
    return None
