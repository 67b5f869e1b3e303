"""Control characters: what no id holds, and what no terminal is shown as it is."""

from typing import Final

CONTROL_RANGES: Final[tuple[tuple[int, int], ...]] = (
    # C0; DEL and C1 (ECMA-48).
    (0x00, 0x1F),
    (0x7F, 0x9F),
    # Default-ignorable code points (Unicode, DerivedCoreProperties.txt), among them the bidirectional
    # controls of UAX #9. The joiners U+200C and U+200D and the variation selectors U+FE00 to U+FE0F are
    # missing: Persian and Indic words and emoji are written with them.
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    # Separators of lines and paragraphs, bidirectional embeddings and overrides.
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
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
