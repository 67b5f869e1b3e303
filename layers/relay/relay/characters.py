"""Invisible and control characters: what a reader can't see, what no id holds, and what no terminal is shown
as it is."""

from typing import Final

from relay.lazy_patterns import lazy_pattern

_WRITTEN: Final[tuple[tuple[int, int], ...]] = ((0x200C, 0x200D), (0xFE00, 0xFE0F))
"""Invisible characters that texts are written with: the joiners in Persian and Indic words and in emoji,
the variation selectors."""

_UNWRITTEN: Final[tuple[tuple[int, int], ...]] = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""The other default-ignorable code points (Unicode, DerivedCoreProperties.txt), among them the bidirectional
controls of UAX #9: soft hyphen, zero-width space, direction marks, byte order mark."""

CONTROL_RANGES: Final[tuple[tuple[int, int], ...]] = (
    # C0; DEL and C1 (ECMA-48); separators of lines and paragraphs.
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x2028, 0x2029),
    *_UNWRITTEN,
)
"""First and last code points."""

_MAX_BASIC: Final[int] = 0xFFFF


def escape_code_point(code: int) -> str:
    r"""The escape of a code point, as Python, JSON and regular expressions write it.

    >>> escape_code_point(0x1B), escape_code_point(0x200E), escape_code_point(0xE0001)
    ('\\x1b', '\\u200e', '\\U000e0001')
    """
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _MAX_BASIC else f"\\U{code:08x}"


def _describe_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"{escape_code_point(first)}-{escape_code_point(last)}" for first, last in ranges)


CONTROL_CHARACTERS: Final[str] = _describe_class(CONTROL_RANGES)
"""As the inside of a regular expression's class, of Python and Rust."""

BASIC_CONTROL_CHARACTERS: Final[str] = _describe_class(
    tuple(span for span in CONTROL_RANGES if span[1] <= _MAX_BASIC)
)
"""Those of the basic multilingual plane: ECMA-262, which OpenAPI refers to, has no escape for others that
every dialect reads."""

_INVISIBLE: Final = lazy_pattern(f"[{_describe_class((*_UNWRITTEN, *_WRITTEN))}]++")


def remove_invisible(text: str) -> str:
    """Remove invisible characters from `text`; they come along with copied text.

    >>> remove_invisible("ada\u200b@example.com")
    'ada@example.com'
    """
    return text if text.isascii() else _INVISIBLE().sub("", text)


_CONTROL: Final = lazy_pattern(f"[{CONTROL_CHARACTERS}]++")


def remove_control(text: str) -> str:
    r"""Remove control and invisible characters from an id, which none has; they come along with copied text.

    >>> remove_control("\ufeffSKU\t-1")
    'SKU-1'
    """
    return text if text.isascii() and text.isprintable() else _CONTROL().sub("", text)
