"""Objects of an event: its sections, the items of its lists, and what stands in them that is not declared.

`relay.event.annotations` declares which object has which fields.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from pydantic_core.core_schema import ValidationInfo, ValidatorFunctionWrapHandler

from relay.event.coercion import UNREADABLE, omit, omit_with, reject_type, remove_halves
from relay.findings import Findings, Suggestions, describe_type, fold_name, safe_name
from relay.list_text import entries_by_index, is_list_text, parse_entries, parse_list

EVENTS_1_0: Final[dict[str, str]] = {
    "pixel_code": "Events API 2.0 expects event_source and event_source_id beside data.",
    "timestamp": "Events API 2.0 expects event_time, in Unix seconds.",
    "context": "Events API 2.0 expects user (with email, phone, ttclid, ip …) and page beside properties.",
    "type": "Events API 2.0 has no type; omit it.",
    "phone_number": "Events API 2.0 expects phone.",
}
"""What a field of Events API 1.0 became (TikTok API for Business, Docs 1701890979375106 and
1771101303285761)."""


def find_unknown(given: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The fields of an object that are not declared. One that is null is as good as none."""
    return {name: value for name, value in given.items() if name not in known and value is not None}


def report_unknown(names: Iterable[str], code: str, suggestions: Suggestions, findings: Findings) -> None:
    """Add the finding `code` on each of these undeclared fields of the object that is being validated.

    A field of Events API 1.0 has a finding of its own, but for a property, which may have any name. Raises
    UnicodeEncodeError for a name with a lone surrogate.
    """
    for name in names:
        name.encode()
        if name in EVENTS_1_0 and code != "unknown_property":
            findings.add("events_1_0", f"{findings.prefix}{name}", expected=EVENTS_1_0[name])
        else:
            findings.add(code, f"{findings.prefix}{safe_name(name)}", expected=suggestions.sentence(name))


_suggestions: Final = cache(Suggestions)


def validate_object(
    known: frozenset[str],
    unknown: str,
    never_kept: Mapping[str, str] | None,
    item: bool,
    value: Any,
    inner: ValidatorFunctionWrapHandler,
    info: ValidationInfo,
) -> object:
    """Validate a section of an event, or with `item` an object in a list, whose fields are `known`.

    `unknown` is the code of the finding about any other field, which only stays where `never_kept` has names
    (folded → as declared), and neither is nor contains a field of these names.
    """
    findings: Findings = info.context  # type: ignore[assignment]
    outer = findings.prefix
    path = f"{outer}{info.field_name}"
    place = findings.index
    if item:
        path = f"{outer}[{place}]"
        findings.index += 1
    if type(value) is not dict:
        value = _as_object(value, path, findings)
    findings.prefix = f"{path}."
    try:
        result: dict[str, Any] = inner(value)
        if not known.issuperset(value):
            others = find_unknown(value, known)
            if never_kept is not None:
                others = _clean_undeclared(others, findings.prefix, never_kept, findings)
                result |= others
                findings.to_search.append(others)
            report_unknown(others, unknown, _suggestions(known), findings)
    finally:
        findings.prefix = outer
    if not result:
        omit()
    if item:
        findings.places[outer].append(place)
    return result


def _clean_undeclared(value: Any, prefix: str, names: Mapping[str, str], findings: Findings) -> Any:
    """What is not declared, in whole characters, and without the fields called `names`, in any spelling and
    at any level: they would go out as they are."""
    if isinstance(value, str):
        return remove_halves(value, prefix.removesuffix("."), findings)
    if isinstance(value, list):
        path = prefix.removesuffix(".")
        return [
            _clean_undeclared(entry, f"{path}[{index}].", names, findings)
            for index, entry in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, entry in value.items():
        path = f"{prefix}{safe_name(name)}"
        declared = names.get(fold_name(name))
        if declared is None:
            kept[name] = _clean_undeclared(entry, f"{path}.", names, findings)
        elif entry is not None:
            findings.add("identifier_misplaced", path, expected=f"user.{declared}")
    return kept


def _as_object(value: object, path: str, findings: Findings) -> dict[str, Any]:
    """The object in a list of one, where an object is expected."""
    if value is None:
        omit()
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        findings.add("read_as_single", path, describe_type(value), "an object")
        return value[0]
    return reject_type(value, path, findings, "an object")


def validate_objects(value: object, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """Validate a list of objects one by one, counted for their paths."""
    findings: Findings = info.context  # type: ignore[assignment]
    if value is None:
        omit()
    outer, path = findings.prefix, f"{findings.prefix}{info.field_name}"
    value = _as_objects(value, path, findings)
    findings.prefix, findings.index, findings.places[path] = path, 0, []
    try:
        return inner(value) or omit()
    finally:
        findings.prefix = outer


def _as_objects(value: object, field: str, findings: Findings) -> list[Any]:
    """A list of objects, to be validated; any of them, and the list, may be JSON or Python text. Also one
    object."""
    if isinstance(value, list):
        parsed = parse_entries(value)
        if any(parsed):
            findings.add("read_as_list", field, "a list with objects in text")
        return [
            found[0] if found and len(found) == 1 else entry
            for entry, found in zip(value, parsed, strict=True)
        ]
    if is_list_text(value):
        entries = parse_list(value)
        if entries is None:
            omit_with("value_invalid", field, findings, UNREADABLE, "a list of objects")
        findings.add("read_as_list", field, "a list in text")
        return entries
    if isinstance(value, dict):
        findings.add("read_as_list", field, describe_type(value))
        return entries_by_index(value) or [value]
    return reject_type(value, field, findings, "a list of objects")
