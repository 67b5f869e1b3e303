"""Coercion: what a field becomes that does not have its declared type, and the findings about it.

The validator that `relay.event.annotations` declares tries the strict type first and calls the coercer for
anything else. A coercer takes the value, the field's path and the collector; it returns the coerced value, or
calls `omit()` to leave the field out.
"""

import ast
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, NoReturn, TypeGuard

from pydantic_core import PydanticOmit
from pydantic_core.core_schema import ValidationInfo, ValidatorFunctionWrapHandler

from relay.characters import CONTROL_CHARACTERS
from relay.destination import EVENT_SOURCES
from relay.event.body import find_excess
from relay.event.event_id import hash_personal_id
from relay.event.page_url import normalise_url
from relay.findings import Findings, Suggestions, describe_type, fold_name, safe_name
from relay.identity.hashing import is_digest
from relay.identity.placeholders import is_placeholder_id
from relay.identity.user_data import AsSent
from relay.lazy_patterns import lazy_pattern

MAX_AMOUNT: Final[float] = 1e15
"""No amount in any currency; beyond it a float no longer holds cents."""

_CONTROL: Final = lazy_pattern(f"[{CONTROL_CHARACTERS}]")
_NUMBER: Final[re.Pattern[str]] = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
DATE_PATTERN: Final[str] = (
    r"^[0-9]{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)$"
)
"""YYYYMMDD, YYYY-MM-DD, or YYYY-MM-DDThh:mm[:ss][zone]."""

_DATE: Final = lazy_pattern(DATE_PATTERN)
_MAX_VIN: Final[int] = 17
"""ISO 3779 numbers have 17 characters; older ones are shorter."""

_MAX_LIST_TEXT: Final[int] = 100_000
"""Characters of a list in text; the longest cart has some ten thousand."""

_LIST_TEXT: Final = lazy_pattern(
    r"\s*+(?:[\[{]|\(\s*+['\"]|\([0-9, ]++\)\s*+$|[aO]:[0-9]+:|(?i:array)\s*+(?:\(|$))"
)
"""How a list or object in text starts: JSON, Python, and PHP's `serialize` and `print_r`. PHP's text of any
list is `Array`."""

_MAX_PYTHON_TEXT: Final[int] = 20_000
"""Characters of a list that Python printed: parsing takes 3 µs for each, ten times as long as JSON."""

_PYTHON_TEXT: Final[str] = (
    r"""(?:'(?:[^'\\]|\\['"\\tnrxuU])*+'|"(?:[^"\\]|\\['"\\tnrxuU])*+")(?=\s*+[,:\])}])"""
)
_PYTHON_NUMBER: Final[str] = r"-?[0-9]++(?:\.[0-9]++)?(?:e[+-]?[0-9]++)?"
_PYTHON_LITERAL: Final = lazy_pattern(
    rf"(?:[\s\[\](){{}},:]|{_PYTHON_TEXT}|{_PYTHON_NUMBER}|True|False|None)*+"
)
"""The characters of a literal as Python prints it."""

_UNREADABLE: Final[str] = "a list in text that can't be read"

Coercer = Callable[[object, str, Findings], object]


def omit() -> NoReturn:
    """Leave the field out."""
    raise PydanticOmit


def coerce_field(coerce: Coercer, value: object, info: ValidationInfo) -> object:
    """Coerce the value of a field, which does not have its strict type."""
    findings: Findings = info.context  # type: ignore[assignment]
    if value is None:
        omit()
    return coerce(value, f"{findings.prefix}{info.field_name}", findings)


def coerce_text_field(coerce: Coercer, value: object, info: ValidationInfo) -> object:
    """Coerce the value of a field to text that has to be searched for personal data."""
    return mark_text(coerce_field(coerce, value, info), info)


def mark_text(value: object, info: ValidationInfo) -> object:
    """Note that the item has to be searched for personal data."""
    findings: Findings = info.context  # type: ignore[assignment]
    findings.to_search = True
    return value


def _omit_with(code: str, field: str, findings: Findings, actual: str = "", expected: str = "") -> NoReturn:
    """Leave the field out, with a finding."""
    findings.add(code, field, actual, expected)
    omit()


def _reject(value: object, field: str, findings: Findings, expected: str) -> NoReturn:
    _omit_with("wrong_type", field, findings, describe_type(value), expected)


def _is_scalar(value: object) -> TypeGuard[str | int | float]:
    """Whether the value is text or a number, of which an id or a text can be made."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _single(value: Any, field: str, findings: Findings, expected: str) -> Any:
    """The entry of a list of one, where one value is expected."""
    if isinstance(value, list):
        present = [entry for entry in value if entry is not None]
        if len(present) == 1 and not isinstance(present[0], list):
            findings.add("read_as_single", field, describe_type(value), expected)
            return present[0]
        if not present:
            omit()
    return value


def format_number(value: float) -> str | None:
    """Format a number as an id: without a fraction if it has none. None if it is not finite.

    >>> format_number(1e16), format_number(1001.0)
    ('10000000000000000', '1001')
    """
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    return str(int(value)) if value == int(value) else repr(value)


def coerce_text(value: object, field: str, findings: Findings) -> str:
    """Free text: a number as its digits, a list of texts joined."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(entry, str) for entry in value):
        findings.add("read_as_single", field, describe_type(value), "text")
        value = ", ".join(value)
    return _single_text(value, field, findings)


def _single_text(value: object, field: str, findings: Findings, number_code: str = "") -> str:
    """One text, trimmed; a number as text, with the finding `number_code` if there is one."""
    value = _single(value, field, findings, "text")
    if not _is_scalar(value):
        _reject(value, field, findings, "text")
    if isinstance(value, str):
        return value.strip() or omit()
    text = format_number(value)
    if text is None:
        _omit_with("number_out_of_range", field, findings)
    if number_code:
        findings.add(number_code, field)
    return text


def coerce_id(value: object, field: str, findings: Findings) -> object:
    """An id: a number as text without a fraction. A placeholder is omitted."""
    text = _coerce_id(value, field, findings, "number_made_text")
    if is_placeholder_id(text):
        _omit_with("identifier_placeholder", field, findings)
    return text


def coerce_event_id(value: object, field: str, findings: Findings) -> object:
    """The id of an event as it goes out; "" for a placeholder, in place of which `relay.event.event_id`
    chooses another."""
    text = _coerce_id(value, field, findings, "event_id_number")
    if is_placeholder_id(text):
        findings.add("event_id_placeholder", field)
        return ""
    return hash_personal_id(text, findings)


def _coerce_id(value: object, field: str, findings: Findings, number_code: str) -> str:
    text = _single_text(value, field, findings, number_code)
    if _CONTROL().search(text):
        _omit_with("control_characters", field, findings)
    return text


def coerce_ids(value: object, field: str, findings: Findings) -> object:
    """A list of ids; also one id, and a list in text: JSON, Python, or separated by commas. An entry that is
    no id costs itself, and text of a list that can't be read the field: neither costs the event."""
    entries, read_as = _split_ids(value, field, findings)
    texts: list[str] = []
    unreadable: object = None
    numbers = False
    for given in entries:
        entry = given
        if isinstance(given, dict):
            entry = _find_id(given)
            read_as = read_as or "a list of objects"
        if entry is None:
            continue
        if not _is_scalar(entry):
            unreadable = entry if unreadable is None else unreadable
            continue
        text = entry.strip() if isinstance(entry, str) else format_number(entry)
        numbers = numbers or not isinstance(entry, str)
        if text is None:
            findings.add("number_out_of_range", field)
        elif _CONTROL().search(text):
            findings.add("control_characters", field)
        elif text and is_placeholder_id(text):
            findings.add("identifier_placeholder", field)
        elif text:
            texts.append(text)
    if read_as and texts:
        findings.add("read_as_list", field, read_as)
    if unreadable is not None:
        findings.add("value_invalid", field, describe_type(unreadable), "a list of texts")
    if numbers:
        findings.add("number_made_text", field)
    return texts or omit()


def _split_ids(value: object, field: str, findings: Findings) -> tuple[list[Any], str]:
    """Split what should be a list of ids into its entries; with what it is, if that is not a list."""
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(text, str) and _LIST_TEXT().match(text):
        entries = _parse_list(text)
        if entries is None and is_placeholder_id(text.strip()):
            entries = [text]
        if entries is None:
            _omit_with("value_invalid", field, findings, _UNREADABLE, "a list of texts")
        return entries, "a list in text"
    if isinstance(text, str) and "," in text:
        return text.split(","), "text with commas"
    if isinstance(value, list):
        parsed = _parse_entries(value)
        entries = [one for entry, many in zip(value, parsed, strict=True) for one in many or [entry]]
        return entries, "a list with lists in text" if any(parsed) else ""
    return _list_values(value) or [value], describe_type(value)


def _find_id(item: dict[str, Any]) -> object:
    """The id in an object that stands where an id should; the object if it has none."""
    return next((item[name] for name in ("content_id", "id") if item.get(name) is not None), item)


def _list_values(value: object) -> list[Any] | None:
    """The entries of an object whose keys are indexes: PHP's `json_encode` of a list with gaps.

    >>> _list_values({"0": "a", "2": "b"})
    ['a', 'b']
    """
    if isinstance(value, dict) and value and all(key.isascii() and key.isdigit() for key in value):
        return list(value.values())
    return None


def _parse_list(text: str) -> list[Any] | None:
    """The list or object in a text, in JSON or as Python prints it; None if it can't be read, or is deeper or
    has more members than an event may."""
    if len(text) > _MAX_LIST_TEXT:
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = _parse_python(text.strip())
    if find_excess(parsed) is not None:
        return None
    if isinstance(parsed, dict):
        return _list_values(parsed) or [parsed]
    return parsed if isinstance(parsed, list) else None


def _parse_entries(entries: list[Any]) -> list[list[Any] | None]:
    """For each entry of a list: the list or object in its text; None if it is anything else."""
    return [
        _parse_list(entry) if isinstance(entry, str) and _LIST_TEXT().match(entry) else None
        for entry in entries
    ]


def _parse_python(text: str) -> object:
    """The literal that Python printed, of JSON's types; None if it is anything else."""
    # Nothing but literals: no operators, which nest without brackets, and no two texts side by side, which
    # Python joins and NumPy prints for a list.
    if len(text) > _MAX_PYTHON_TEXT or not _PYTHON_LITERAL().fullmatch(text):
        return None
    try:
        parsed = ast.literal_eval(text)
        if isinstance(parsed, set):
            parsed = sorted(parsed, key=repr)
        return json.loads(json.dumps(parsed))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def coerce_objects(value: object, field: str, findings: Findings) -> list[Any]:
    """A list of objects, to be validated; also one object, and a list or an object in JSON or Python text."""
    if isinstance(value, list):
        return _parse_objects(value, field, findings)
    if isinstance(value, str) and _LIST_TEXT().match(value):
        entries = _parse_list(value)
        if entries is None:
            _omit_with("value_invalid", field, findings, _UNREADABLE, "a list of objects")
        findings.add("read_as_list", field, "a list in text")
    elif isinstance(value, dict):
        entries = _list_values(value) or [value]
        findings.add("read_as_list", field, describe_type(value))
    else:
        _reject(value, field, findings, "a list of objects")
    return [entry for entry in entries if entry is not None]


def _parse_objects(entries: list[Any], field: str, findings: Findings) -> list[Any]:
    """A list in which objects may be text."""
    parsed = _parse_entries(entries)
    if not any(parsed):
        return entries
    findings.add("read_as_list", field, "a list with objects in text")
    return [
        found[0] if found and len(found) == 1 else entry for entry, found in zip(entries, parsed, strict=True)
    ]


def coerce_number(value: object, field: str, findings: Findings) -> int | float:
    """A plain number; also one in text, with a decimal point and nothing else around it."""
    value = _single(value, field, findings, "a number")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            omit()
        if not _NUMBER.fullmatch(text):
            _omit_with("value_not_a_number", field, findings, describe_type(value))
        findings.add("number_as_text", field)
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _reject(value, field, findings, "a plain number, such as 129.9")
    if not -MAX_AMOUNT < value < MAX_AMOUNT:
        _omit_with("number_out_of_range", field, findings)
    if value < 0:
        findings.add("value_negative", field)
    return value


def coerce_whole(value: object, field: str, findings: Findings) -> int:
    """A count: a whole number, not negative."""
    number = coerce_number(value, field, findings)
    problem = "a negative number" if number < 0 else "a number with a fraction" if number % 1 else None
    if problem is not None:
        _omit_with("value_invalid", field, findings, problem, "a whole number of 0 or more")
    return int(number)


def coerce_share(value: object, field: str, findings: Findings) -> int | float:
    """A share from 0 to 1."""
    number = coerce_number(value, field, findings)
    if not 0 <= number <= 1:
        _omit_with("value_invalid", field, findings, "a number outside that range", "a share from 0 to 1")
    return number


def coerce_choice(choices: Sequence[str]) -> Coercer:
    """A value of a list, in any case."""
    return partial(_coerce_choice, {choice.lower(): choice for choice in choices})


def _coerce_choice(spellings: Mapping[str, str], value: object, field: str, findings: Findings) -> str:
    choice = spellings.get(coerce_text(value, field, findings).lower())
    if choice is None:
        _omit_with("enum_unknown", field, findings, expected=", ".join(spellings.values()))
    return choice


def coerce_currency(value: object, field: str, findings: Findings) -> str:
    """A currency code in upper case; `relay.event.commerce` looks it up."""
    return coerce_text(value, field, findings).upper()


def coerce_date(value: object, field: str, findings: Findings) -> str:
    """A date in one of TikTok's formats."""
    text = coerce_text(value, field, findings)
    if not _DATE().fullmatch(text):
        _omit_with("date_invalid", field, findings)
    return text


def coerce_vin(value: object, field: str, findings: Findings) -> str:
    """A vehicle identification number."""
    text = coerce_text(value, field, findings)
    if len(text) > _MAX_VIN:
        _omit_with("value_invalid", field, findings, describe_type(text), "17 characters at most")
    return text


def coerce_time(value: object, field: str, findings: Findings) -> object:
    """A time in any form; `relay.event.event_time` converts it."""
    value = _single(value, field, findings, "a number")
    if not _is_scalar(value):
        _reject(value, field, findings, "Unix seconds")
    if isinstance(value, float) and not math.isfinite(value):
        _omit_with("number_out_of_range", field, findings)
    return value


def coerce_url(value: object, field: str, findings: Findings) -> object:
    """An absolute URL, normalised; what can't be one is omitted."""
    value = _single(value, field, findings, "text")
    if not isinstance(value, str):
        _reject(value, field, findings, "an absolute URL")
    url, code = normalise_url(value) if value.strip() else (None, None)
    if code is not None:
        findings.add(code, field)
    return url or omit()


def coerce_identifier(value: object, field: str, findings: Findings) -> list[AsSent]:
    """One identifier of a person, to be normalised. A bad one costs itself and not the event."""
    return [(field, _coerce_identifier(_single(value, field, findings, "text"), field, findings))]


def _coerce_identifier(value: object, field: str, findings: Findings) -> str:
    """Text, or a whole number as text."""
    if not _is_scalar(value):
        _omit_with("identifier_type", field, findings, describe_type(value))
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if not value.is_integer():
        _omit_with("identifier_type", field, findings, "a number with a fraction")
    findings.add("number_made_text", field)
    return str(int(value))


def coerce_identifiers(value: object, field: str, findings: Findings) -> list[AsSent]:
    """One identifier or a list of them, to be normalised."""
    if (entries := _list_values(value)) is not None:
        findings.add("read_as_list", field, describe_type(value))
        value = entries
    if not isinstance(value, list):
        return coerce_identifier(value, field, findings)
    coerced: list[AsSent] = []
    for index, entry in enumerate(value):
        try:
            path = f"{field}[{index}]"
            coerced.append((path, _coerce_identifier(entry, path, findings)))
        except PydanticOmit:
            continue
    return coerced or omit()


def coerce_digests(value: object, field: str, findings: Findings) -> list[AsSent]:
    """SHA-256 digests under the name that another integration gives them."""
    entries = value if isinstance(value, list) else [value]
    digests = [entry.strip() for entry in entries if isinstance(entry, str) and is_digest(entry.strip())]
    if len(digests) < len(entries):
        findings.add("digest_invalid", field)
    return [(field, digest) for digest in digests] or omit()


def coerce_flag(value: object, field: str, findings: Findings) -> object:
    """True or false, also alone in a list; a word is neither."""
    value = _single(value, field, findings, "true or false")
    return value if isinstance(value, bool) else _reject(value, field, findings, "true or false")


def reject_range(value: object, field: str, findings: Findings) -> NoReturn:
    """What is no list of two numbers is none that a person meant."""
    _reject(value, field, findings, "a list of two numbers")


TEST_CODE_PATTERN: Final[str] = "^[A-Za-z][A-Za-z_-]{0,31}[0-9]{0,6}[A-Za-z_-]{0,8}$"
"""Codes of Events Manager, such as TEST12345: no room for an e-mail address or a phone number."""


def coerce_event_source(value: object, field: str, findings: Findings) -> object:
    """An event source in any case; any other is an error."""
    if isinstance(value, str) and value.strip().lower() in EVENT_SOURCES:
        return value.strip().lower()
    _omit_with("event_source_unknown", field, findings, describe_type(value))


def coerce_test_code(value: object, field: str, findings: Findings) -> object:
    """A test code with space around it; a blank one is none."""
    if isinstance(value, str) and (not value.strip() or re.fullmatch(TEST_CODE_PATTERN, value.strip())):
        return value.strip() or omit()
    _omit_with("test_code_invalid", field, findings, describe_type(value))


def coerce_source_id(value: object, field: str, findings: Findings) -> object:
    """The id of a destination, or a list of them. What can't be one is an error."""
    if not isinstance(value, list):
        return coerce_id(value, field, findings)
    for entry in value:
        if entry is not None and not _is_scalar(entry):
            _reject(entry, field, findings, "a list of texts")
    return coerce_ids(value, field, findings)


def coerce_consent(value: object, field: str, findings: Findings) -> object:
    """A consent that is given in another form: true, or another case. What is neither is an error."""
    if value is True or (isinstance(value, str) and value.strip().lower() == "granted"):
        return "granted"
    _omit_with("consent_unclear", field, findings, describe_type(value))


# ── objects inside an event: the path of what is being validated, and undeclared fields ─────────────────────

EVENTS_1_0: Final[dict[str, str]] = {
    "pixel_code": "Events API 2.0 expects event_source and event_source_id beside data.",
    "timestamp": "Events API 2.0 expects event_time, in Unix seconds.",
    "context": "Events API 2.0 expects user (with email, phone, ttclid, ip …) and page beside properties.",
    "type": "Events API 2.0 has no type; omit it.",
    "phone_number": "Events API 2.0 expects phone.",
}
"""What a field of Events API 1.0 became (TikTok API for Business, Docs 1701890979375106 and
1771101303285761)."""


def report_unknown(
    given: Mapping[str, Any], known: frozenset[str], code: str, suggestions: Suggestions, findings: Findings
) -> dict[str, Any]:
    """Add the finding `code` on each undeclared field of the object that is being validated; return them.

    A field of Events API 1.0 has a finding of its own, but for a property, which may have any name. Raises
    UnicodeEncodeError for a name with a lone surrogate.
    """
    unknown = {name: value for name, value in given.items() if name not in known and value is not None}
    for name in unknown:
        name.encode()
        if name in EVENTS_1_0 and code != "unknown_property":
            findings.add("events_1_0", f"{findings.prefix}{name}", expected=EVENTS_1_0[name])
        else:
            findings.add(code, f"{findings.prefix}{safe_name(name)}", expected=suggestions.sentence(name))
    return unknown


@cache
def _suggestions(known: frozenset[str]) -> Suggestions:
    return Suggestions(known)


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
    if item:
        path = f"{outer}[{findings.index}]"
        findings.index += 1
    if type(value) is not dict:
        value = _as_object(value, path, findings)
    findings.prefix = f"{path}."
    try:
        result: dict[str, Any] = inner(value)
        if not known.issuperset(value):
            others = {name: entry for name, entry in value.items() if name not in known}
            if never_kept is not None:
                others = _omit_identifiers(others, findings.prefix, never_kept, findings)
            others = report_unknown(others, known, unknown, _suggestions(known), findings)
            if never_kept is not None:
                result |= others
                findings.to_search = True
    finally:
        findings.prefix = outer
    return result or omit()


def _omit_identifiers(value: Any, prefix: str, names: Mapping[str, str], findings: Findings) -> Any:
    """What is not declared, without the fields called `names`, in any spelling and at any level: they would
    go out as they are."""
    if isinstance(value, list):
        path = prefix.removesuffix(".")
        return [
            _omit_identifiers(entry, f"{path}[{index}].", names, findings)
            for index, entry in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, entry in value.items():
        path = f"{prefix}{safe_name(name)}"
        declared = names.get(fold_name(name))
        if declared is None:
            kept[name] = _omit_identifiers(entry, f"{path}.", names, findings)
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
    _reject(value, path, findings, "an object")


def validate_objects(value: object, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """Validate a list of objects one by one, counted for their paths."""
    findings: Findings = info.context  # type: ignore[assignment]
    if value is None:
        omit()
    outer, path = findings.prefix, f"{findings.prefix}{info.field_name}"
    value = coerce_objects(value, path, findings)
    findings.prefix, findings.index = path, 0
    try:
        return inner(value) or omit()
    finally:
        findings.prefix = outer
