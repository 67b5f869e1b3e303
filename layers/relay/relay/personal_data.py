"""Personal data in the wrong place: addresses and phone numbers in properties, in an address of a page, in
its query.

TikTok forbids sending them there ("do not share … sensitive information", TikTok Business Products (Data)
Terms), and shops do it all the time: a search for one's own order, a link out of a newsletter.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from relay.findings import Finding, finding, shown

Named = Callable[[str, str], str]
"""Section and field → the field's JSON path as its sender wrote it."""

_EMAIL: Final[re.Pattern[str]] = re.compile(
    r"(?:[\w.!#$%&'*+/=?^`{|}~-]{1,64}@){1,8}(?:[\w-]+\.){1,8}"
    # The logo@2x.png of a retina image is no address.
    r"(?!(?:png|jpe?g|gif|webp|svg|avif|css|js)\b)[^\W\d_][\w-]{1,62}"
)
_PLUS_PHONE: Final[re.Pattern[str]] = re.compile(r"\+\(?[1-9](?:[ ().-]{0,2}\d){6,14}(?!\d)")
_WRITTEN_PHONE: Final[re.Pattern[str]] = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
)
_DIGITS: Final[re.Pattern[str]] = re.compile(r"[ .-]\d{3}[ .-]\d{4}", re.ASCII)
"""What every written number has in it, looked for before anything else: faster than looking for the whole."""

_TELLING: Final[re.Pattern[str]] = re.compile(
    r"(?:^|[?&#_\-\[.])(?:e-?mail|mail|phone|tel|telephone|mobile|msisdn|cell)(?:$|[=_\-\].]|addr|number)",
    re.IGNORECASE,
)
"""Names of query parameters whose value is an address or a number, however it is written."""

_LEAST_DIGITS: Final[int] = 7
"""The shortest subscriber numbers that are written without anything around them."""

_WIDE: Final[dict[int, str]] = {
    ord(wide): narrow
    for wide, narrow in zip(
        "\uff20\uff0b\uff0e" + "".join(map(chr, range(0xFF10, 0xFF1A))), "@+.0123456789", strict=True
    )
}
"""Full-width signs of an address, as East Asian keyboards type them."""

_MOST_ESCAPES: Final[int] = 3
"""A page's address inside another's inside another's; who escapes more often hides something."""

_MOST_PASSES: Final[int] = 8
"""How deep addresses and numbers may stand inside each other."""

E_MAIL: Final[str] = "an e-mail address"
PHONE: Final[str] = "a phone number"


def suspect(text: str, end: int, free_text: str | None) -> bool:
    """Whether the JSON text of an item, up to `end`, is worth a closer look: a quick one that misses nothing.

    An address has its sign, plain, escaped, or as wide as East Asian keyboards type it (U+FF20, U+FF0B); a
    number has a plus or is written in groups; and where neither shows, the name of a query's parameter may
    tell. `free_text` is all that may hold a number without a plus, where that is known: looking for groups of
    digits takes longer than all the rest.
    """
    return (
        text.find("@", 0, end) >= 0
        or text.find("+", 0, end) >= 0
        or text.find("%", 0, end) >= 0
        or text.find("\\uff", 0, end) >= 0
        or (text.find("=", 0, end) >= 0 and _TELLING.search(text, 0, end) is not None)
        or _DIGITS.search(text[:end] if free_text is None else free_text) is not None
    )


_FREE: Final[tuple[str, ...]] = ("search_string", "description", "query", "status")
_FREE_OF_ITEMS: Final[tuple[str, ...]] = ("content_name", "content_category", "brand")


def free_text(item: dict[str, Any]) -> str:
    """What may hold a written number in an item whose fields are all known ones."""
    texts: list[str] = []
    if "page" in item:
        texts += item["page"].values()
    if "properties" in item:
        about = item["properties"]
        texts += [about[name] for name in _FREE if name in about]
        for content in about.get("contents", ()):
            texts += [content[name] for name in _FREE_OF_ITEMS if name in content]
    return "\n".join(texts)


def taken_out(item: dict[str, Any], named: Named) -> list[Finding]:
    """Takes out of an item what does not belong there, and says what it was and where. The user is left
    alone."""
    findings: list[Finding] = []
    for section, given in item.items():
        if section != "user" and isinstance(given, dict):
            item[section] = _fields(given, partial(named, section), findings)
    return findings


_IDS: Final[frozenset[str]] = frozenset(
    {"content_id", "content_ids", "order_id", "shop_id", "vin", "app_id", "lead_id", "callback"}
)
"""Fields whose value may look like a phone number without being one."""


def _clean(value: Any, name: str, path: str, findings: list[Finding]) -> Any:
    if isinstance(value, dict):
        return _fields(value, lambda key: f"{path}.{key}", findings)
    if isinstance(value, list):
        several = [_clean(each, name, f"{path}[{index}]", findings) for index, each in enumerate(value)]
        return [each for each in several if each is not None] or (None if value else value)
    if not isinstance(value, str):
        return value
    if value.startswith(("http://", "https://")):
        cleaned, found = url_without(value)
    else:
        cleaned, found = without(value, written_phones=name not in _IDS)
    if found is None:
        return value
    findings.append(finding("personal_data", path, found))
    return cleaned.strip() or None


def _fields(given: dict[str, Any], named: Callable[[str], str], findings: list[Finding]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in given.items():
        path = named(shown(name, "a field"))
        # A name can be an address as well: a table keyed by customer.
        _, found = without(name, written_phones=True)
        if found is not None:
            findings.append(finding("personal_data", path, found))
        elif (kept := _clean(value, name, path, findings)) is not None:
            made[name] = kept
    return made


def without(text: str, *, written_phones: bool) -> tuple[str, str | None]:
    """`text` without addresses and numbers, and what was found in it, in words; None where nothing was.

    A number is known by its + everywhere. With `written_phones` it is also known by how it is written, such
    as (213) 373-4253: in free text, not in ids, which may look the same.

    >>> without("call +1 213 373 4253 now", written_phones=False)
    ('call  now', 'a phone number')
    """
    if not text.isascii() and (narrow := text.translate(_WIDE)) != text:
        cleaned, found = without(narrow, written_phones=written_phones)
        return (text, None) if found is None else (cleaned, found)
    if "%" in text and (plain := _plain(text)) != text:
        cleaned, found = without(plain.replace("%", ""), written_phones=written_phones)
        return (text, None) if found is None else (cleaned, found)
    found = None
    for _ in range(_MOST_PASSES):
        text, what = _pass(text, written_phones)
        if what is None:
            return text, found
        found = what
    # Who nests them deeper hides something, and nothing of it is worth keeping.
    return "", found


def _pass(text: str, written_phones: bool) -> tuple[str, str | None]:
    """Takes out what can be seen. What stood around it may make another one, so that this is done again."""
    found = None
    if "@" in text:
        cleaned = _EMAIL.sub("", text)
        found, text = (E_MAIL if cleaned != text else None), cleaned
    cleaned = _PLUS_PHONE.sub("", text) if "+" in text else text
    if written_phones:
        cleaned = _WRITTEN_PHONE.sub("", cleaned)
    return cleaned, PHONE if cleaned != text else found


def url_without(url: str) -> tuple[str, str | None]:
    """An absolute address of a page without addresses and numbers in path, query or fragment, and what was
    found.

    A parameter of the query goes as a whole; of the path and the fragment, the part between slashes.

    >>> url_without("https://shop.example/thanks?email=a%40b.example&color=red")
    ('https://shop.example/thanks?color=red', 'an e-mail address')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, None
    found: list[str] = []
    query = _query_without(parts.query, found)
    path = "/".join(_part_without(each, found) for each in parts.path.split("/"))
    fragment = _fragment_without(parts.fragment, found)
    host = parts.netloc
    if "@" in (plain := _plain(host)):
        found.append("a user name")
        host = plain.rpartition("@")[2]
    if not found:
        return url, None
    return urlunsplit(SplitResult(parts.scheme, host, path, query, fragment)), found[0]


def _fragment_without(fragment: str, found: list[str]) -> str:
    """A fragment may be a path, a query, or a path with a query: pages that never reload keep theirs
    there."""
    path, mark, query = fragment.partition("?") if "?" in fragment else ("", "", fragment)
    if not mark and "=" not in query:
        path, query = query, ""
    path = "/".join(_part_without(each, found) for each in path.split("/"))
    query = _query_without(query, found) if query else ""
    return f"{path}?{query}" if path and query else path or query


def _query_without(query: str, found: list[str]) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    kept = []
    for name, value in pairs:
        what = _telling(name, value)
        if what is None:
            kept.append((name, value))
        else:
            found.append(what)
    return query if len(kept) == len(pairs) else urlencode(kept)


def _plain(text: str) -> str:
    """`text` without escapes, those that are escaped again too: an address inside an address."""
    for _ in range(_MOST_ESCAPES):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def _telling(name: str, value: str) -> str | None:
    name, value = _plain(name), _plain(value)
    # A + that was not escaped comes out of a query as a space.
    _, what = without("+" + value[1:] if value.startswith(" ") else value, written_phones=True)
    if what is None and _TELLING.search(name) and sum(map(str.isdigit, value)) >= _LEAST_DIGITS:
        return PHONE
    if what is None:
        _, what = without(name, written_phones=False)
    return what


def _part_without(part: str, found: list[str]) -> str:
    plain = _plain(part)
    cleaned, what = without(plain, written_phones=False)
    if what is None:
        return part
    found.append(what)
    return quote(cleaned, safe="=&;,:+$!*'()")
