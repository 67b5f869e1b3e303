"""The properties: what an event was about, mended where that is safe, refused where it is not.

TikTok API for Business, Doc 1771101303285761, `properties`. The same mending serves `app`, `ad` and `lead`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from relay.event import currencies, event_name
from relay.event.clean import MOST
from relay.findings import Finding, finding, kind, shown

if TYPE_CHECKING:
    from relay.event.model import Kind

Named = Callable[[str, str], str]
"""Section and field → the field's JSON path as its sender wrote it."""

_NUMBER: Final[re.Pattern[str]] = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_DATE: Final[re.Pattern[str]] = re.compile(
    r"\d{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-]\d{2}:?\d{2})?)?)",
    re.ASCII,
)
_SUM_TOLERANCE: Final[float] = 0.1
"""Shipping, tax and discounts make `value` differ from the items' sum; by more than a tenth it is rather a
mistake."""

_LONGEST_VIN: Final[int] = 17
"""ISO 3779 numbers have 17 characters; older ones are shorter."""

_WITH_CONTENTS: Final[frozenset[str]] = frozenset({"AddToCart", "Purchase", "ViewContent"})
"""Events that catalogue ads need items of (TikTok Business Help Center, "Supported standard events")."""


def read(
    given: dict[str, Any], event: str, named: Named, *, clean: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """`properties` as they go out, and what there is to say of them.

    `given` has passed `relay.event.typed`, which says whether it is `clean`, with nothing to be mended.
    """
    findings: list[Finding] = []

    def path(name: str) -> str:
        return named("properties", name)

    out = given if clean else _mended(given, named, findings)
    _money(out, event, path, findings)
    _content(out, event, path, findings)
    return out, findings


def _mended(given: dict[str, Any], named: Named, findings: list[Finding]) -> dict[str, Any]:
    # Loaded late: they bring pydantic, which most events need nothing of.
    from relay.event.industry import Industry
    from relay.event.model import Content, Properties, kinds

    loose = {name: value for name, value in given.items() if name != "contents"}
    table = kinds(Properties) | kinds(Industry)
    out = mend(loose, table, partial(named, "properties"), findings)
    contents = []
    for index, item in enumerate(given.get("contents") or ()):

        def path(name: str, index: int = index) -> str:
            return f"{named('properties', 'contents')}[{index}].{name}"

        if made := mend(item, kinds(Content), path, findings):
            contents.append(made)
    return out | {"contents": contents} if contents else out


def mend(
    given: dict[str, Any], table: Mapping[str, Kind], path: Callable[[str], str], findings: list[Finding]
) -> dict[str, Any]:
    """The fields of one object, each as its kind in `table` wants it."""
    out: dict[str, Any] = {}
    for name, value in given.items():
        known = table.get(name)
        if known is not None:
            made = _MAKERS[known.name](value, known, partial(path, name), findings)
        else:
            findings.append(finding("unknown_property", path(shown(name, "a field"))))
            made = value
        if made is not None:
            out[name] = made
    return out


Where = Callable[[], str]
"""A field's path, worked out only where there is something to say of it."""


def _text(value: object, _kind: Kind, _where: Where, _findings: list[Finding]) -> object:
    return str(value).strip() or None


def _id(value: object, _kind: Kind, where: Where, findings: list[Finding]) -> object:
    if not isinstance(value, str):
        findings.append(finding("number_made_text", where()))
    return str(value).strip() or None


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
        if not -MOST < value < MOST:
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
    from relay.event.industry import Mileage
    from relay.event.model import kinds

    table = kinds(Mileage)
    known = {name: each for name, each in value.items() if name in table} if isinstance(value, dict) else {}
    return mend(known, table, lambda name: f"{where()}.{name}", findings) or None


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
        if event in event_name.WITH_VALUE:
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
