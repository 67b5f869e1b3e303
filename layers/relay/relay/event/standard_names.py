"""Names of TikTok's standard events. Data only: dispatch loads it too.

Sources: TikTok Business Help Center, "Supported standard events" and "How to adopt TikTok's updated standard
events".
"""

from typing import Final

# PageView is what the pixel sends for a page view; TikTok's own tools write it both ways.
_STANDARD: Final[str] = """
AddPaymentInfo AddToCart AddToWishlist ApplicationApproval CompleteRegistration Contact CustomizeProduct
Download FindLocation InitiateCheckout Lead PageView Pageview Purchase Schedule Search StartTrial
SubmitApplication Subscribe ViewContent
"""

STANDARD: Final[frozenset[str]] = frozenset(_STANDARD.split())
"""Names that TikTok optimises campaigns for."""

SOFT_DEPRECATED: Final[dict[str, str]] = {"ClickButton": "Contact or ViewContent", "PlaceAnOrder": "Purchase"}
"""Removed from TikTok's documentation in May 2025, supported until 2027 → what to send then. They go out
unchanged."""
