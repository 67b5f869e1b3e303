"""Texts: words of people, with or without URLs among them."""

import re
from typing import Final

from relay.personal_data.detection import is_harmless, redact_escaped
from relay.personal_data.kinds import Kind, Redaction
from relay.personal_data.urls import redact_url

_URL: Final[re.Pattern[str]] = re.compile(
    r"(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s\"<>]*+", re.IGNORECASE
)


def redact_text(text: str, *, written_phones: bool = True) -> Redaction:
    """Remove e-mail addresses, phone numbers and credentials from a text, also from the URLs in it.

    A number is recognised by its + everywhere. With `written_phones` it is also recognised by how it is
    written, such as (213) 373-4253: in free text, not in ids, which may look the same.

    >>> redact_text("call +1 213 373 4253 now")
    Redaction(text='call  now', found='a phone number')
    """
    if is_harmless(text, written_phones=written_phones):
        return Redaction(text, None)
    if "://" not in text:
        return redact_escaped(text, written_phones=written_phones)
    kept: list[str] = []
    found: Kind | None = None
    place = 0
    for url in (*_URL.finditer(text), None):
        between = text[place : url.start() if url else len(text)]
        if not is_harmless(between, written_phones=written_phones):
            redaction = redact_escaped(between, written_phones=written_phones)
            between, found = redaction.text, found or redaction.found
        kept.append(between)
        if url is not None:
            redaction = redact_url(url[0])
            found = found or redaction.found
            kept.append(redaction.text)
            place = url.end()
    return Redaction("".join(kept), found) if found else Redaction(text, None)


def find_personal_data(text: str, *, written_phones: bool = True) -> Kind | None:
    """What a text holds that does not belong there, escaped or not; None if nothing."""
    return redact_text(text, written_phones=written_phones).found
