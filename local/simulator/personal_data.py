"""Finding plain personal data where TikTok forbids it: in properties and in page addresses.

Narrow on purpose. An oracle that cries wolf is switched off, so an order number is no phone number here, and
the `logo@2x.png` of a retina image is no e-mail address.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from local.simulator.json_types import Json
from local.simulator.value_checks import FINE, PII_NOT_HASHED, Finding, Findings

_SAYS = "Must not contain plain personal data"

_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]@(?:[A-Za-z0-9-]+\.)+(?!(?:png|jpe?g|gif|webp|svg|avif|css|js)\b)[A-Za-z]{2,24}\b"
)
# E.164 and nothing else in the value: with its plus sign, and too long to be a signed amount anyone would
# send.
_PHONE = re.compile(r"\+[1-9]\d{9,14}")
_PHONE_IN_ADDRESS = re.compile(r"%2[bB][1-9]\d{9,14}(?!\d)")


def looks_personal(text: str) -> bool:
    """Whether the text holds an e-mail address, or is a phone number as a whole."""
    if "@" in text or "%40" in text:
        return _EMAIL.search(unquote(text)) is not None
    return text.startswith("+") and _PHONE.fullmatch(text) is not None


def no_personal_data(value: Json) -> Findings:
    """Reject a value that holds personal data at any depth, naming the place."""
    # A stack instead of recursion: a sender decides how deep this goes.
    found: list[Finding] = []
    waiting: list[tuple[str, Json]] = [("", value)]
    while waiting:
        path, entry = waiting.pop()
        if isinstance(entry, str):
            if looks_personal(entry):
                found.append(Finding(path, PII_NOT_HASHED, _SAYS))
        elif isinstance(entry, dict):
            waiting.extend((f"{path}.{name}", inner) for name, inner in entry.items())
        elif isinstance(entry, list):
            waiting.extend((f"{path}.{index}", inner) for index, inner in enumerate(entry))
    return tuple(found)


def no_personal_data_in_address(value: Json) -> Findings:
    """Reject an address with an e-mail address or an escaped E.164 number anywhere in it."""
    if not isinstance(value, str):
        return FINE
    if looks_personal(value) or _PHONE_IN_ADDRESS.search(value):
        return (Finding("", PII_NOT_HASHED, _SAYS),)
    return FINE
