"""The properties: what an event was about, mended where that is safe, refused where it is not.

TikTok API for Business, Doc 1771101303285761, `properties`.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from relay.event import currencies, names
from relay.event.checks import Finding, finding, kind
from relay.event.model import Content, Kind, Properties, kinds

_NUMBER: Final[re.Pattern[str]] = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_MOST: Final[float] = 1e15
"""No amount in any currency; beyond it a float no longer holds cents."""

Named = Callable[[str, str], str]


def read(given: dict[str, Any], event: str, named: Named) -> tuple[dict[str, object], list[Finding]]:
    """`properties` as they go out, and what there is to say of them. `given` has passed
    `relay.event.model`."""
    findings: list[Finding] = []

    def path(name: str) -> str:
        return named("properties", name)

    out = _section(given, kinds(Properties), path, findings, passed=("contents",))
    contents = given.get("contents")
    if contents:
        out["contents"] = [_item(item, index, named, findings) for index, item in enumerate(contents)]
    _money(out, event, path, findings)
    if event == "Search" and not ("search_string" in out or "query" in out):
        findings.append(finding("search_missing", path("search_string")))
    return out, findings


def _item(item: dict[str, Any], index: int, named: Named, findings: list[Finding]) -> dict[str, object]:
    def path(name: str) -> str:
        return f"{named('properties', 'contents')}[{index}].{name}"

    return _section(item, kinds(Content), path, findings)


def _section(
    given: dict[str, Any],
    table: dict[str, Kind],
    path: Callable[[str], str],
    findings: list[Finding],
    passed: tuple[str, ...] = (),
) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, value in given.items():
        if value is None or name in passed:
            continue
        known = table.get(name)
        if known is None:
            findings.append(finding("unknown_property", path(name) if name.isidentifier() else "a property"))
            out[name] = value
            continue
        made = _MAKERS[known.name](value, known, path(name), findings)
        if made is not None:
            out[name] = made
    return out


def _text(value: object, _kind: Kind, path: str, findings: list[Finding]) -> object:
    if isinstance(value, str):
        return value.strip() or None
    findings.append(finding("number_made_text", path))
    return str(value)


def _texts(value: object, known: Kind, path: str, findings: list[Finding]) -> object:
    values = value if isinstance(value, list) else [value]
    made = [_text(each, known, path, findings) for each in values]
    return [each for each in made if each is not None] or None


def _number(value: object, _kind: Kind, path: str, findings: list[Finding]) -> object:
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            findings.append(finding("value_not_a_number", path, kind(value)))
            return None
        findings.append(finding("number_as_text", path))
        value = float(text) if "." in text else int(text)
    if isinstance(value, (int, float)):
        if abs(value) >= _MOST:
            findings.append(finding("number_out_of_range", path))
            return None
        if value < 0:
            findings.append(finding("value_negative", path))
    return value


def _whole(value: object, known: Kind, path: str, findings: list[Finding]) -> object:
    number = _number(value, known, path, findings)
    if isinstance(number, float):
        if not number.is_integer():
            findings.append(finding("value_invalid", path, "a number with a fraction", "a whole number"))
            return None
        return int(number)
    return number


def _choice(value: object, known: Kind, path: str, findings: list[Finding]) -> object:
    text = str(value).strip()
    if not text:
        return None
    for choice in known.choices:
        if text.lower() == choice.lower():
            return choice
    findings.append(finding("enum_unknown", path, wanted=", ".join(known.choices)))
    return None


def _date(value: object, _kind: Kind, path: str, findings: list[Finding]) -> object:
    text = str(value).strip()
    if _DATE.fullmatch(text):
        return text
    findings.append(finding("date_invalid", path))
    return None


def _flag(value: object, _kind: Kind, _path: str, _findings: list[Finding]) -> object:
    return value


_DATE: Final[re.Pattern[str]] = re.compile(
    r"\d{8}|\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)

_MAKERS: Final[dict[str, Callable[[object, Kind, str, list[Finding]], object]]] = {
    "text": _text,
    "texts": _texts,
    "number": _number,
    "whole": _whole,
    "choice": _choice,
    "date": _date,
    "flag": _flag,
}


def _money(out: dict[str, object], event: str, path: Callable[[str], str], findings: list[Finding]) -> None:
    currency = out.get("currency")
    if isinstance(currency, str):
        code = currency.upper()
        out["currency"] = code
        if code not in currencies.TIKTOK:
            if code not in currencies.ISO_4217:
                findings.append(finding("currency_unknown", path("currency")))
                return
            findings.append(finding("currency_not_taken", path("currency")))
            del out["currency"]
            out.pop("value", None)
            return
    if event in names.WITH_VALUE and "value" not in out:
        findings.append(finding("value_missing", path("value")))
    elif "value" in out and "currency" not in out:
        findings.append(finding("currency_missing", path("currency")))
