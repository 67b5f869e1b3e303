"""Placeholders: the words that programs write where a value is missing, and their digests.

A client that formats a missing value sends the word `undefined`, a template that was not filled in sends
itself. As an identifier or an id, such a text is shared by thousands of people. Personal names are never
checked: Null is a surname.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Final

from relay.identity.hashing import digest
from relay.lazy_patterns import lazy_pattern

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

_TEMPLATE: Final = lazy_pattern(
    # {{…}} and {%…%} of Liquid, Jinja and tag managers, ${…} and #{…} of JavaScript and Ruby, <%…%> and <?…?>
    # of ERB and PHP, *|…|* of Mailchimp, %%…%% of Salesforce, @@…@@.
    r"\{\{[^{}]{0,200}\}\}|\{%[^%]{0,200}%\}|[$#]\{[^{}]{0,200}\}|<%[^%]{0,200}%>|<\?[^?]{0,200}\?>"
    r"|\*\|[^|]{1,200}\|\*|%%[^%\s]{1,200}%%|@@[^@\s]{1,200}@@|\[object \w{1,40}\]",
    re.IGNORECASE,
)
_WHOLE_TEMPLATE: Final = lazy_pattern(
    # __CLICKID__ of TikTok, {ttclid} of Google Ads, %ttclid%, [CLICK_ID], $(…), $ttclid.
    r"_{2,3}[A-Za-z][A-Za-z0-9_]{0,60}?_{2,3}|\$?\{[A-Za-z_][\w.: -]{0,60}\}|%[A-Za-z_][\w.]{0,60}%"
    r"|\[[A-Z][A-Z0-9_ ]{1,60}\]|<[A-Za-z_][\w. -]{0,60}>|\$\([^()]{0,60}\)|\$[A-Za-z_]\w{0,60}"
)
_TEMPLATE_SIGN: Final[re.Pattern[str]] = re.compile(r"[{<\[$*%@_]")
"""Every template has one of them."""

_PLAIN: Final[re.Pattern[str]] = re.compile(r"[A-Za-z .:/#=+-]{0,256}+[0-9][A-Za-z0-9 .:/#=+-]{0,256}+")
"""Most identifiers and ids, which are no placeholder: no word has a digit, and every template has a sign."""

_SEPARATOR: Final[re.Pattern[str]] = re.compile(r"[\W_]")

_PROGRAM_WORD: Final = lazy_pattern(
    r"(?<![^\W_])(?:undefined|null|nan|nonetype|dbnull|n/a|not[\W_]set|not[\W_]provided"
    r"|object[\W_]object)(?![^\W_])"
)
"""Words that nothing is named after: an id with one of them as a part is none. Mugs are named None Such and
Unknown Pleasures, though."""

_CONSTANTS: Final[tuple[str, ...]] = (
    "order", "orders", "event", "events", "purchase", "payment", "pay", "transaction", "trans", "txn",
    "checkout", "cart", "basket", "session", "invoice", "inv", "receipt", "refund", "subscription",
    "registration", "signup", "lead", "customer", "user", "client", "member", "account", "visitor", "guest",
    "product", "item", "content", "sku", "variant", "shop", "store", "site", "web", "app", "browser",
    "server", "pixel", "tiktok", "number", "name", "token", "reference", "ref", "code", "uuid", "guid",
    "key", "placed", "paid", "complete", "completed", "thankyou", "success", "sale", "conversion",
    "placeanorder", "place", "completepayment", "submitform", "submit", "form", "addtocart", "viewcontent",
    "view", "page", "search", "initiatecheckout", "addpaymentinfo", "info", "addtowishlist", "contact",
    "subscribe", "download", "wc", "woo", "shopify", "stripe", "evt", "ord", "num", "nr", "id", "ids", "tx",
    "po", "an", "no",
)  # fmt: skip
"""Words that ids start with or end in, and that are the same for all customers."""


def is_placeholder(text: str) -> bool:
    """Whether `text` is a word for nothing, or a template that was not filled in.

    >>> [is_placeholder(text) for text in ("undefined", "(not set)", "{{ customer.id }}", "Customer-7")]
    [True, True, True, False]
    """
    if len(text) > _MAX_TEMPLATE or _PLAIN.fullmatch(text):
        return False
    word = text.strip()
    if _TEMPLATE_SIGN.search(word) and (_TEMPLATE().search(word) or _WHOLE_TEMPLATE().fullmatch(word)):
        return True
    return len(word) <= _MAX_WORD and _unwrap(word.lower()) in _WORDS


def is_placeholder_id(text: str) -> bool:
    """Whether an id of an event or an order holds nothing but placeholders and constant words.

    `order_undefined` is the same for every customer, and so are `None-None` and `order_`; an id with digits
    beside the word is not. A dash alone is no id either.

    >>> [is_placeholder_id(text) for text in ("order_undefined", "nullnull", "--", "undefined-1001")]
    [True, True, True, False]
    """
    if _PLAIN.fullmatch(text):
        return False
    if is_placeholder(text) or (text.isascii() and not any(map(str.isalnum, text))):
        return True
    if len(text) > _MAX_TEMPLATE or any(map(str.isdigit, text)):
        return False
    word = text.strip().lower()
    if _PROGRAM_WORD().search(word):
        return True
    joined, constants = _joined_words()
    if joined.fullmatch(word) is None:
        return False
    # `order_` ends where its id should begin; `order` alone may be the id of an item.
    return constants.fullmatch(word) is None or _SEPARATOR.fullmatch(word[-1]) is not None


@cache
def _joined_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words for nothing and constant words, however separated; and constant words only."""
    words = sorted((word for word in _WORDS if any(map(str.isalpha, word))), key=len, reverse=True)
    # The longest first: a repeat that gives nothing back takes linear time.
    word = "|".join(re.sub(r"\\?[ _]", r"[\\W_]", re.escape(word)) for word in words)
    constant = "|".join(sorted(_CONSTANTS, key=len, reverse=True))
    return re.compile(rf"(?:{word}|{constant}|[\W_])++"), re.compile(rf"(?:{constant}|[\W_])++")


def is_placeholder_digest(text: str) -> bool:
    """Whether `text`, 64 lower-case hex characters, is the SHA-256 of a word for nothing or of a template."""
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
    edges = (("", ""), (" ", ""), ("", " "), ("", "\n"), ('"', '"'))
    texts = {before + word + after for word, (before, after) in product(cases, edges)}
    # Senders lower-case what they hash.
    templates = list(_list_templates())
    texts.update(templates, map(str.upper, templates), map(_to_camel_case, templates))
    return frozenset(map(digest, texts))


_FIELDS: Final[tuple[str, ...]] = (
    "email", "e-mail", "email_address", "emailaddress", "email address", "mail", "emailaddr", "user_email",
    "customer_email", "phone", "phone_number", "phonenumber", "phone number", "mobile", "telephone", "tel",
    "user_phone", "customer_phone", "billing_email", "billing_phone", "contact_email", "contact_phone",
    "external_id", "externalid", "customer_id", "customerid", "user_id", "userid", "client_id", "clientid",
    "id", "order_id", "zip", "zip_code", "zipcode", "postal_code", "postcode", "idfa", "gaid", "aaid",
    "ttclid", "clickid",
)  # fmt: skip
"""Names of identifiers in templates."""

_OWNERS: Final[tuple[str, ...]] = ("customer", "user", "order", "billing", "contact", "checkout")

_TEMPLATE_STYLES: Final[tuple[tuple[str, str], ...]] = (
    ("{{", "}}"), ("{{ ", " }}"), ("{", "}"), ("${", "}"), ("#{", "}"), ("$", ""), ("%", "%"), ("%%", "%%"),
    ("__", "__"), ("*|", "|*"), ("[", "]"), ("<", ">"), ("<%= ", " %>"), ("<%=", "%>"), ("[[", "]]"),
    ("@@", "@@"),
)  # fmt: skip


def _to_camel_case(template: str) -> str:
    head, *tail = re.split("[_ -](?=[a-z])", template)
    return head + "".join(map(str.capitalize, tail))


def _list_templates() -> Iterator[str]:
    """Templates that name an identifier: `{{ email }}`, and `{{customer.email}}` where paths are usual."""
    for (before, after), field in product(_TEMPLATE_STYLES, _FIELDS):
        yield before + field + after
    paths = [f"{owner}.{field}" for owner in _OWNERS for field in ("email", "phone", "id")]
    for (before, after), path in product(_TEMPLATE_STYLES[:6], paths):
        yield before + path + after


def _unwrap(word: str) -> str:
    for _ in range(_MAX_ENCLOSURES):
        if word in _WORDS or len(word) < 2 or _ENCLOSURES.get(word[0]) != word[-1]:
            return word
        word = word[1:-1].strip()
    return word
