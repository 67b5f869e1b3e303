"""Escapes of URLs, HTML and JSON, and other spellings of the same characters."""

import re
from typing import Final
from urllib.parse import unquote

from relay.identity.invisible import remove_invisible

_MAX_ESCAPES: Final[int] = 8
"""How often a text may be escaped. A URL inside a URL inside a URL is escaped three times; more hides
something."""

_ESCAPE: Final[re.Pattern[str]] = re.compile(
    # Of JSON and JavaScript; of HTML by number, and by the names of the signs that matter here.
    r"\\{1,8}(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))"
    r"|&(?:#0{0,8}(\d{1,7})|#[xX]0{0,8}([0-9a-fA-F]{1,6})"
    r"|(amp|commat|plus|period|lpar|rpar|nbsp|hyphen|equals));?"
)
_HTML_NAMES: Final[dict[str, str]] = {
    "amp": "&",
    "commat": "@",
    "plus": "+",
    "period": ".",
    "lpar": "(",
    "rpar": ")",
    "nbsp": " ",
    "hyphen": "-",
    "equals": "=",
}
_ESCAPE_SIGNS: Final[dict[int, None]] = dict.fromkeys(map(ord, "%&\\"))
_SURROGATES: Final[range] = range(0xD800, 0xE000)
_MAX_CODE_POINT: Final[int] = 0x10FFFF
_NARROW: Final[dict[int, str]] = {
    # U+FF01 to U+FF5E, as East Asian keyboards type them.
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    # Small forms.
    **dict(
        zip(
            map(ord, "\ufe52\ufe55\ufe59\ufe5a\ufe5f\ufe60\ufe62\ufe63\ufe66\ufe6a\ufe6b"),
            ".:()#&+-=%@",
            strict=True,
        )
    ),
    # The full stop of East Asian scripts, which IDNA reads as a dot.
    0x3002: ".",
    0xFF61: ".",
}
"""Other widths of the signs that matter here. Digits of other scripts are digits to every pattern already."""


def decode_escapes(text: str) -> str | None:
    """`text` without escapes, in one width and without invisible characters; None if it is escaped too often.

    An escape that was escaped again is decoded as well.
    """
    for _ in range(_MAX_ESCAPES):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text or "\\" in text:
            text = _ESCAPE.sub(_decode_escape, text)
        if not text.isascii():
            text = remove_invisible(text).translate(_NARROW)
        if text == before:
            return text
    return None


def _decode_escape(match: re.Match[str]) -> str:
    unicode, byte, decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _HTML_NAMES[name]
    code = int(decimal) if decimal is not None else int(unicode or byte or hexadecimal, 16)
    # Half of a surrogate pair is no text, and holds nothing.
    return match[0] if code in _SURROGATES or code > _MAX_CODE_POINT else chr(code)


def remove_escape_signs(text: str) -> str:
    """`text` without the signs that start an escape, so that what is left of one makes no other."""
    return text.translate(_ESCAPE_SIGNS)
