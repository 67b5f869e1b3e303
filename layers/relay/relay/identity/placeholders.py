"""Placeholders: the words that programs write where a value is missing, and their digests.

A client that formats a missing value sends the word `undefined`, a template that was not filled in sends
itself. As an identifier or an id, such a text is shared by thousands of people. Personal names are never
checked: Null is a surname.
"""

import re
from functools import cache
from itertools import product
from typing import Final

from relay.identity.hashing import digest

_WORDS: Final[frozenset[str]] = frozenset(
    {
        # JavaScript, Python, Ruby and Lua, C#, SQL, spreadsheets, Go, Java.
        "null",
        "undefined",
        "none",
        "nan",
        "nil",
        "n/a",
        "#n/a",
        "n.a.",
        "#ref!",
        "#value!",
        "\\n",
        "<na>",
        "nat",
        "nonetype",
        "dbnull",
        "system.dbnull",
        "no value",
        "no_value",
        # Google Analytics and tag managers.
        "not set",
        "not_set",
        "not provided",
        "not_provided",
        "not available",
        "not applicable",
        "unknown",
        # The text form of an object, an empty list, an empty object, an empty string in quotes.
        "object object",
        "object undefined",
        "object null",
        "{}",
        "[]",
        "",
    }
)
"""Lower case, without the brackets or quotes that may enclose them."""

_ENCLOSURES: Final[dict[str, str]] = {
    "(": ")", "[": "]", "<": ">", "{": "}", '"': '"', "'": "'", "`": "`", "%": "%"
}  # fmt: skip
_MAX_ENCLOSURES: Final[int] = 3
_MAX_WORD: Final[int] = 32
"""The longest word is half as long."""

_MAX_TEMPLATE: Final[int] = 256
"""Characters of an unexpanded template. A longer text is a document, not an id."""

_TEMPLATE: Final[re.Pattern[str]] = re.compile(
    # {{…}} and {%…%} of Liquid, Jinja and tag managers, ${…} and #{…} of JavaScript and Ruby, <%…%> and <?…?>
    # of ERB and PHP, *|…|* of Mailchimp, %%…%% of Salesforce, @@…@@.
    r"\{\{[^{}]{0,200}\}\}|\{%[^%]{0,200}%\}|[$#]\{[^{}]{0,200}\}|<%[^%]{0,200}%>|<\?[^?]{0,200}\?>"
    r"|\*\|[^|]{1,200}\|\*|%%[^%\s]{1,200}%%|@@[^@\s]{1,200}@@|\[object \w{1,40}\]",
    re.IGNORECASE,
)
_WHOLE_TEMPLATE: Final[re.Pattern[str]] = re.compile(
    # __CLICKID__ of TikTok, {ttclid} of Google Ads, %ttclid%, [CLICK_ID], $(…), $ttclid.
    r"_{2,3}[A-Za-z][A-Za-z0-9_]{0,60}?_{2,3}|\$?\{[A-Za-z_][\w.: -]{0,60}\}|%[A-Za-z_][\w.]{0,60}%"
    r"|\[[A-Z][A-Z0-9_ ]{1,60}\]|<[A-Za-z_][\w. -]{0,60}>|\$\([^()]{0,60}\)|\$[A-Za-z_]\w{0,60}"
)
_TEMPLATE_SIGN: Final[re.Pattern[str]] = re.compile(r"[{<\[$*%@_]")
"""Every template has one of them."""

_PLAIN: Final[re.Pattern[str]] = re.compile(r"[A-Za-z .:/#=+-]{0,256}+[0-9][A-Za-z0-9 .:/#=+-]{0,256}+")
"""Most identifiers and ids, which are no placeholder: no word has a digit, and every template has a sign."""

_SEPARATORS: Final[re.Pattern[str]] = re.compile(r"[\s_\-.:#/|,]++")


def is_placeholder(text: str) -> bool:
    """Whether `text` is a word for nothing, or a template that was not filled in.

    >>> [is_placeholder(text) for text in ("undefined", "(not set)", "{{ customer.id }}", "Customer-7")]
    [True, True, True, False]
    """
    if len(text) > _MAX_TEMPLATE or _PLAIN.fullmatch(text):
        return False
    word = text.strip()
    if _TEMPLATE_SIGN.search(word) and (_TEMPLATE.search(word) or _WHOLE_TEMPLATE.fullmatch(word)):
        return True
    return len(word) <= _MAX_WORD and _unwrap(word.lower()) in _WORDS


def is_placeholder_id(text: str) -> bool:
    """Whether an id of an event or an order holds nothing but placeholders and constant words.

    `order_undefined` is the same for every customer; an id with digits beside the word is not. A dash alone
    is no id either.

    >>> [is_placeholder_id(text) for text in ("order_undefined", "null-null", "--", "undefined-1001")]
    [True, True, True, False]
    """
    if _PLAIN.fullmatch(text):
        return False
    if is_placeholder(text) or (text.isascii() and not any(map(str.isalnum, text))):
        return True
    if len(text) > _MAX_TEMPLATE or any(map(str.isdigit, text)):
        return False
    parts = _SEPARATORS.split(text.strip().lower())
    return len(parts) > 1 and any(part in ("undefined", "null", "nan") for part in parts)


def is_placeholder_digest(text: str) -> bool:
    """Whether `text`, 64 lower-case hex characters, is the SHA-256 of a word for nothing."""
    return text in _placeholder_digests()


@cache
def _placeholder_digests() -> frozenset[str]:
    # Built at the first digest: most senders send plain values.
    words = {
        *_WORDS,
        "(not set)",
        "(not provided)",
        "(none)",
        "(null)",
        "<null>",
        "<nil>",
        "<none>",
        "[null]",
        "[object object]",
        "[object undefined]",
        "[object null]",
        "__clickid__",
        "{{ttclid}}",
        "{ttclid}",
        "+",
        "-",
        "0",
        "+null",
        "+undefined",
        "undefined undefined",
        "null null",
    }
    cases = {variant for word in words for variant in (word, word.upper(), word.title(), word.capitalize())}
    cases |= {"NaN", "NaT", "[object Object]", "DBNull", "NoneType"}
    return frozenset(
        digest(before + word + after)
        for word, (before, after) in product(cases, (("", ""), (" ", ""), ("", " "), ("", "\n"), ('"', '"')))
    )


def _unwrap(word: str) -> str:
    for _ in range(_MAX_ENCLOSURES):
        if word in _WORDS or len(word) < 2 or _ENCLOSURES.get(word[0]) != word[-1]:
            return word
        word = word[1:-1].strip()
    return word
