"""Detection: where e-mail addresses, phone numbers and credentials stand in a text, and the text without
them."""

import re
from collections.abc import Iterator
from typing import Final

from relay.personal_data.escapes import decode_escapes, remove_escape_signs
from relay.personal_data.kinds import CREDENTIAL, EMAIL, PHONE, UNSEARCHABLE, Kind, Redaction
from relay.personal_data.names import is_credential_name, is_credential_parameter

_EMAIL_RUN: Final[re.Pattern[str]] = re.compile(r"[\w.!#$%&'*+/=?^`{|}~@-]++")
"""Every character of an e-mail address (RFC 5322, dot-atom), letters of any script."""

_EMAIL_DOMAIN: Final[re.Pattern[str]] = re.compile(r"@([\w.-]++)")
_TOP_LEVEL_DOMAIN: Final[re.Pattern[str]] = re.compile(r"\.[^\W\d_][\w-]")
_FILE_EXTENSIONS: Final[tuple[str, ...]] = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".css", ".js",
)  # fmt: skip
"""logo@2x.png is the name of an image for a high-resolution screen."""

_PHONE_SEPARATORS: Final[str] = r" \t\u00a0()\[\]./\u2010-\u2015-"

_PHONE_RUN: Final[re.Pattern[str]] = re.compile(rf"[+(\[\d][\d+{_PHONE_SEPARATORS}]*+")
"""A run of digits and what people put between them."""

_PLUS_PHONE: Final[re.Pattern[str]] = re.compile(
    rf"\+[{_PHONE_SEPARATORS}]{{0,2}}(?!0)\d(?:[{_PHONE_SEPARATORS}]{{0,3}}\d){{6,14}}(?!\d)"
)

_NORTH_AMERICAN_PHONE: Final[re.Pattern[str]] = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
)

_TRUNK_PHONE: Final[re.Pattern[str]] = re.compile(
    # 020 7946 0018, (030) 901820, 06 12 34 56 78, 0044 20 7946 0018: a trunk zero or an international
    # prefix, 9 to 14 digits in groups of two and more.
    r"(?<![\w.+-])\(?0{1,2}[1-9]\d{0,4}\)?(?:[ /-]{1,2}\(?\d{2,8}\)?){1,6}(?![\w-])"
)

_MIN_TRUNK_DIGITS: Final[int] = 9

_MAX_TRUNK_DIGITS: Final[int] = 15

_DATE: Final[re.Pattern[str]] = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)")

MIN_PHONE_DIGITS: Final[int] = 7
"""The shortest subscriber numbers that are written without separators."""

_PHONE_STATEMENT: Final[re.Pattern[str]] = re.compile(
    r"(?<![\w-])(?:tel|telephone|telefon|phone|mobile|cell|whatsapp|sms|fax)\.?(?: ?(?:number|no\.?|nr\.?))?"
    r"\s{0,2}[:=]?/{0,2}\s{0,2}\d(?:[ ()./-]{0,2}\d){6,14}(?!\d)",
    re.IGNORECASE,
)
"""A phone number in a sentence, however it is written: "tel. 2133734253"."""

_NUMBER_CLUE: Final[re.Pattern[str]] = re.compile(rf"\d(?:[{_PHONE_SEPARATORS}]{{1,3}}\d|\d{{6}})")
"""What every phone number without a plus holds: two groups of digits, or one of seven."""

_CREDENTIAL_SHAPE: Final[re.Pattern[str]] = re.compile(
    # JSON web tokens (RFC 7519), bearer tokens (RFC 6750), keys with the prefix of the service that issues
    # them, private keys (RFC 7468).
    r"(?:eyJ[\w-]{6,256}+\.[\w-]{2}|(?<![A-Za-z0-9])(?:(?i:bearer)\s{1,3}(?=\D{0,100}+\d)[\w.~+/-]{12}"
    r"|[sr]k_(?:live|test)_\w{8}|whsec_[\w+/-]{8}|shp(?:at|ca|pa|ss)_\w{8}|gh[opsur]_\w{16}"
    r"|github_pat_\w{16}|xox[abeoprs]-[\w-]{8}|AKIA[A-Z0-9]{12}|AIza[\w-]{16}"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY))[^\s\"<>,;&]*+"
)

_STATEMENT: Final[re.Pattern[str]] = re.compile(
    r"(?<![\w-])(?:password|passwd|passcode|pwd|api[_ -]?key|access[_ -]?token|auth[_ -]?token"
    r"|client[_ -]?secret|id[_ -]?token|refresh[_ -]?token|passwort|kennwort|contraseña|mot de passe)"
    r"[\"']?\s{0,2}[:=]\s{0,2}[^\s,;&]++",
    re.IGNORECASE,
)
"""A credential in a sentence: "password: …"."""

_PARAMETER: Final[re.Pattern[str]] = re.compile(r"(?<![^?&#;\s])([^?&#;=\s]{1,64})=([^?&#;\s]*+)")
"""A parameter, in a query or a form that stands anywhere in a text."""

_MIN_CHARACTERS: Final[int] = 6
"""The shortest e-mail address, a@b.de."""

_MIN_CHARACTERS_WITHOUT_SIGNS: Final[int] = 10
"""The shortest number in groups."""
_MIN_CREDENTIAL: Final[int] = 14
"""The shortest credential that has a shape of its own."""


def is_harmless(text: str, *, written_phones: bool = True) -> bool:
    """Whether a text can hold nothing, at a glance: most texts are words and short ids."""
    if len(text) < _MIN_CHARACTERS or (text.isalnum() and text.isascii()):
        return True
    text = text.removeprefix("https://")
    if "@" in text or "+" in text or "%" in text or ":" in text or "=" in text or "&" in text or "\\" in text:
        return False
    if not text.isascii():
        return False
    if len(text) < _MIN_CHARACTERS_WITHOUT_SIGNS:
        return True
    if len(text) >= _MIN_CREDENTIAL and _holds_clue(text):
        return False
    return not written_phones or _NUMBER_CLUE.search(text) is None


def holds_digits(text: str) -> bool:
    """Whether a text has as many digits as a phone number."""
    return sum(map(str.isdigit, text)) >= MIN_PHONE_DIGITS


def redact_escaped(text: str, *, written_phones: bool) -> Redaction:
    """Remove what stands in a text, escaped or not."""
    if not text:
        return Redaction(text, None)
    redaction = redact_plain(text, written_phones=written_phones)
    decoded = decode_escapes(redaction.text)
    if decoded is None:
        return Redaction("", UNSEARCHABLE)
    if decoded != redaction.text:
        in_decoded = redact_plain(decoded, written_phones=written_phones)
        if in_decoded.found is not None:
            # What is left of an escape must not make another one with what follows; and without its signs,
            # the parts around them may be an address that they kept apart.
            without_signs = remove_escape_signs(in_decoded.text)
            return Redaction(
                redact_plain(without_signs, written_phones=written_phones).text, in_decoded.found
            )
    return redaction


def redact_plain(text: str, *, written_phones: bool) -> Redaction:
    """Remove what can be seen without decoding anything."""
    found: Kind | None = None
    spans = list(_find_credentials(text))
    if spans:
        text, found = _cut(text, spans), CREDENTIAL
    if "@" in text and (spans := list(_find_emails(text))):
        text, found = _cut(text, spans), EMAIL
    if spans := list(_find_phones(text, written_phones)):
        text, found = _cut(text, spans), PHONE
    return Redaction(text, found)


def _holds_clue(text: str) -> bool:
    """Whether a text may hold something of the shape of a credential."""
    return (
        "_" in text
        or "eyJ" in text
        or "earer" in text
        or "EARER" in text
        or "xox" in text
        or "AKIA" in text
        or "AIza" in text
        or "-----" in text
    )


def _find_credentials(text: str) -> Iterator[tuple[int, int]]:
    if _holds_clue(text):
        for match in _CREDENTIAL_SHAPE.finditer(text):
            yield match.span()
    if ":" in text or "=" in text:
        for match in _STATEMENT.finditer(text):
            yield match.span()
    if "=" in text:
        parameters = list(_PARAMETER.finditer(text))
        names = {match[1] for match in parameters}
        credentials = {name for name in names if is_credential_parameter(name, beside_state="state" in names)}
        for match in parameters if credentials else ():
            if match[1] in credentials and match[2] and _is_in_query(text, match):
                yield match.span()


def _is_in_query(text: str, parameter: re.Match[str]) -> bool:
    """Whether a parameter stands in a query, or has a name that means a credential anywhere."""
    return text[max(parameter.start() - 1, 0)] in "?&#;" or is_credential_name(parameter[1])


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    for run in _EMAIL_RUN.finditer(text):
        if "@" in run[0] and _is_email(run[0]):
            yield run.span()


def _is_email(run: str) -> bool:
    # A handle such as @mugs.shop has nothing before its sign.
    for domain in _EMAIL_DOMAIN.finditer(run.lstrip("@")):
        if _TOP_LEVEL_DOMAIN.search(domain[1]) and not domain[1].lower().endswith(_FILE_EXTENSIONS):
            return True
    return False


def _find_phones(text: str, written_phones: bool) -> Iterator[tuple[int, int]]:
    if written_phones:
        for match in _PHONE_STATEMENT.finditer(text):
            yield match.span()
    for run in _PHONE_RUN.finditer(text):
        start, end = run.span()
        if end - start < MIN_PHONE_DIGITS:
            continue
        if _PLUS_PHONE.search(run[0]) or (written_phones and _is_written_phone(text, start, end)):
            # The space around it stays.
            yield start, start + len(run[0].rstrip())


def _is_written_phone(text: str, start: int, end: int) -> bool:
    # With the character after the run, which may make it a part of an id.
    end = min(end + 1, len(text))
    if _NORTH_AMERICAN_PHONE.search(text, start, end):
        return True
    for match in _TRUNK_PHONE.finditer(text, start, end):
        digits = sum(map(str.isdigit, match[0]))
        if _MIN_TRUNK_DIGITS <= digits <= _MAX_TRUNK_DIGITS and not _DATE.search(match[0]):
            return True
    return False


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` without these spans. A space keeps what stood around one apart, so that it makes nothing new."""
    kept: list[str] = []
    place = 0
    for start, end in sorted(spans):
        if end <= place:
            continue
        before = text[place:start] if start > place else ""
        kept.append(before)
        if before[-1:].strip() and text[end : end + 1].strip():
            kept.append(" ")
        place = end
    kept.append(text[place:])
    return "".join(kept)
