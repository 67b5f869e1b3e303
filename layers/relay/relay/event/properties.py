"""The properties: what an event was about, mended where that is safe, refused where it is not.

TikTok API for Business, Doc 1771101303285761, `properties`. The same mending serves `app`, `ad` and `lead`.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from relay.event import currencies, names, personal
from relay.event.checks import Finding, finding, kind, shown
from relay.event.model import Content, Industry, Kind, Mileage, Properties, kinds

Named = Callable[[str, str], str]
"""Section and field → the field's JSON path as its sender wrote it."""

_NUMBER: Final[re.Pattern[str]] = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_DATE: Final[re.Pattern[str]] = re.compile(
    r"\d{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-]\d{2}:?\d{2})?)?)",
    re.ASCII,
)
_MOST: Final[float] = 1e15
"""No amount in any currency; beyond it a float no longer holds cents."""

_SUM_TOLERANCE: Final[float] = 0.1
"""Shipping, tax and discounts make `value` differ from the items' sum; by more than a tenth it is rather a
mistake."""

_WITH_CONTENTS: Final[frozenset[str]] = frozenset({"AddToCart", "Purchase", "ViewContent"})
"""Events that catalogue ads need items of (TikTok Business Help Center, "Supported standard events")."""


_KINDS: Final[dict[str, Kind]] = kinds(Properties) | kinds(Industry)
_ITEM_KINDS: Final[dict[str, Kind]] = kinds(Content)
_MILEAGE_KINDS: Final[dict[str, Kind]] = kinds(Mileage)

_LONGEST_VIN: Final[int] = 17
"""ISO 3779 numbers have 17 characters; older ones are shorter."""


def read(given: dict[str, Any], event: str, named: Named) -> tuple[dict[str, Any], list[Finding]]:
    """`properties` as they go out, and what there is to say of them. `given` has passed
    `relay.event.model`."""
    findings: list[Finding] = []
    texts: list[str] = []

    def path(name: str) -> str:
        return named("properties", name)

    contents = given.pop("contents", None)
    out = mend(given, _KINDS, path, findings, texts)
    if contents:
        out["contents"] = [_item(item, index, named, findings, texts) for index, item in enumerate(contents)]
    if personal.suspect(texts):
        out = _without_personal_data(out, path, findings)
    _money(out, event, path, findings)
    _content(out, event, path, findings)
    return out, findings


def mend(
    given: dict[str, Any],
    table: dict[str, Kind],
    path: Callable[[str], str],
    findings: list[Finding],
    texts: list[str],
) -> dict[str, Any]:
    """The fields of one object, each as its kind in `table` wants it; text is also added to `texts`."""
    out: dict[str, Any] = {}
    for name, value in given.items():
        known = table.get(name)
        if known is None:
            if value is not None and not isinstance(value, (dict, list)):
                texts.append(str(value))
            elif value is not None:
                texts.append("@")
            texts.append(name)
            findings.append(finding("unknown_property", path(shown(name, "a field"))))
            out[name] = value
        elif type(value) in known.natural:
            if type(value) is str:
                text = value.strip()
                if text:
                    out[name] = text
                    texts.append(text)
            elif 0 <= value < _MOST:
                out[name] = value
            elif (made := _MAKERS[known.name](value, known, partial(path, name), findings)) is not None:
                out[name] = made
        elif value in known.choices:
            out[name] = value
        else:
            made = _MAKERS[known.name](value, known, partial(path, name), findings)
            if made is not None:
                out[name] = made
    return out


def cleaned(
    given: dict[str, Any], table: dict[str, Kind], path: Callable[[str], str], findings: list[Finding]
) -> dict[str, Any]:
    """The fields of a small object, mended, and without what identifies a person."""
    texts: list[str] = []
    out = mend(given, table, path, findings, texts)
    return _without_personal_data(out, path, findings) if personal.suspect(texts) else out


Where = Callable[[], str]
"""A field's path, worked out only where there is something to say of it."""


def _text(value: object, _kind: Kind, _where: Where, _findings: list[Finding]) -> object:
    return str(value)


def _id(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    findings.append(finding("number_made_text", where()))
    return str(value)


def _texts(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    values = value if isinstance(value, list) else [value]
    if any(not isinstance(each, str) for each in values):
        findings.append(finding("number_made_text", where()))
    return [text for each in values if (text := str(each).strip())] or None


def _number(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            findings.append(finding("value_not_a_number", where(), kind(value)))
            return None
        findings.append(finding("number_as_text", where()))
        value = float(text) if "." in text else int(text)
    if isinstance(value, (int, float)):
        if not -_MOST < value < _MOST:
            findings.append(finding("number_out_of_range", where()))
            return None
        if value < 0:
            findings.append(finding("value_negative", where()))
    return value


def _whole(value: object, known: Kind, where: Where, findings: list[Finding]) -> object:
    number = _number(value, known, where, findings)
    if isinstance(number, float):
        if not number.is_integer():
            findings.append(finding("value_invalid", where(), "a number with a fraction", "a whole number"))
            return None
        number = int(number)
    if isinstance(number, int) and number < 0:
        findings.append(finding("value_invalid", where(), "a negative number", "a number of things"))
        return None
    return number


def _share(value: object, known: Kind, where: Where, findings: list[Finding]) -> object:
    number = _number(value, known, where, findings)
    if isinstance(number, (int, float)) and not 0 <= number <= 1:
        findings.append(finding("value_invalid", where(), "a number beyond that", "a share from 0 to 1"))
        return None
    return number


def _choice(value: object, known: Kind, where: Where, findings: list[Finding]) -> object:
    text = str(value).strip()
    if not text:
        return None
    for choice in known.choices:
        if text.lower() == choice.lower():
            return choice
    findings.append(finding("enum_unknown", where(), wanted=", ".join(known.choices)))
    return None


def _date(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    text = str(value).strip()
    if not text or _DATE.fullmatch(text):
        return text or None
    findings.append(finding("date_invalid", where()))
    return None


def _vin(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    text = str(value).strip()
    if len(text) > _LONGEST_VIN:
        findings.append(finding("value_invalid", where(), kind(text), "a number of 17 characters at most"))
        return None
    return text or None


def _mileage(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    given = value if isinstance(value, dict) else {}
    known = {name: each for name, each in given.items() if name in _MILEAGE_KINDS}
    return mend(known, _MILEAGE_KINDS, lambda name: f"{where()}.{name}", findings, []) or None


def _as_it_is(value: object, _kind: Kind, _where: Where, _findings: list[Finding]) -> object:
    return value


_MAKERS: Final[dict[str, Callable[[object, Kind, Where, list[Finding]], object]]] = {
    "text": _text,
    "id": _id,
    "texts": _texts,
    "number": _number,
    "whole": _whole,
    "choice": _choice,
    "date": _date,
    "flag": _as_it_is,
    "numbers": _as_it_is,
    "share": _share,
    "vin": _vin,
    "mileage": _mileage,
}


def _item(
    item: dict[str, Any], index: int, named: Named, findings: list[Finding], texts: list[str]
) -> dict[str, Any]:
    def path(name: str) -> str:
        return f"{named('properties', 'contents')}[{index}].{name}"

    return mend(item, _ITEM_KINDS, path, findings, texts)


_IDS: Final[frozenset[str]] = frozenset({"content_id", "content_ids", "order_id", "shop_id", "vin"})
"""Fields whose value may look like a phone number without being one."""


def _without_personal_data(
    out: dict[str, Any], path: Callable[[str], str], findings: list[Finding]
) -> dict[str, Any]:
    def clean(value: Any, name: str, where: str) -> Any:
        if isinstance(value, dict):
            return fields(value, lambda key: f"{where}.{shown(key, 'a field')}")
        if isinstance(value, list):
            several = [clean(each, name, f"{where}[{index}]") for index, each in enumerate(value)]
            return [each for each in several if each is not None]
        if not isinstance(value, str):
            return value
        if value.startswith(("http://", "https://")):
            cleaned, found = personal.url_without(value)
        else:
            cleaned, found = personal.without(value, written_phones=name not in _IDS)
        if found is not None:
            findings.append(finding("personal_data", where, found))
            cleaned = cleaned.strip()
        return cleaned or None

    def fields(given: dict[str, Any], named: Callable[[str], str]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in given.items():
            where = named(name)
            # A name can be an address as well: a table keyed by customer.
            _, found = personal.without(name, written_phones=True)
            if found is not None:
                findings.append(finding("personal_data", where, found))
            elif (kept := clean(value, name, where)) is not None:
                made[name] = kept
        return made

    return fields(out, lambda name: path(shown(name, "a field")))


def _money(out: dict[str, Any], event: str, path: Callable[[str], str], findings: list[Finding]) -> None:
    currency = out.get("currency")
    if currency is not None and currency not in currencies.TIKTOK:
        code = str(currency).upper()
        out["currency"] = code
        if code in currencies.ISO_4217 - currencies.TIKTOK:
            findings.append(finding("currency_not_taken", path("currency")))
            del out["currency"]
            out.pop("value", None)
            return
        if code not in currencies.TIKTOK:
            findings.append(finding("currency_unknown", path("currency")))
            return
    if "value" not in out:
        if event in names.WITH_VALUE:
            findings.append(finding("value_missing", path("value")))
    elif currency is None:
        findings.append(finding("currency_missing", path("currency")))


def _content(out: dict[str, Any], event: str, path: Callable[[str], str], findings: list[Finding]) -> None:
    total: float | None = 0.0
    known = "content_ids" in out
    for item in out.get("contents", ()):
        known = known or "content_id" in item
        price = item.get("price")
        total = None if price is None or total is None else total + price * item.get("quantity", 1)
    value = out.get("value")
    if total and value and abs(total - value) > _SUM_TOLERANCE * max(total, value):
        findings.append(finding("contents_sum", path("value"), f"{value:g}", f"{total:g}"))
    if event in _WITH_CONTENTS:
        if not known:
            findings.append(finding("content_missing", path("content_id")))
        elif "content_type" not in out:
            findings.append(finding("content_type_missing", path("content_type")))
    elif event == "Search" and not ("search_string" in out or "query" in out):
        findings.append(finding("search_missing", path("search_string")))
