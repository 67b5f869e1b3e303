"""Intake: one raw event in; the finished item for TikTok's `data[]` out, or the reasons why not.

Everything that is decided of an event is decided here and in the modules that this one calls, before the
queue.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import ValidationError

from relay.event import model, names, properties, shape, times
from relay.event.checks import Finding, finding, kind
from relay.event.destination import Destination
from relay.identity import person

MOST_ITEM_BYTES: Final[int] = 200_000
"""A fifth of an SQS message (1 MiB): an event with the longest cart has a few thousand bytes, so this is a
mistake."""

_DUMP: Final[json.JSONEncoder] = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
"""ASCII only: SQS refuses some characters that JSON may hold, and escaped they are none."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of an event besides its body.

    `received_at` is in Unix seconds. `visitor` holds the request's own ip and user agent where a browser sent
    it, and is None where a server did: what a server says of its visitor is believed, its own address is of
    no use.
    """

    received_at: float
    address: Mapping[str, object]
    visitor: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner settled: the destinations that there are, and how national phone numbers are read."""

    destination: Destination
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that TikTok can take: its item as JSON text, and where it goes."""

    event: str
    event_id: str
    event_time: int
    destination: Destination
    item: str
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that goes nowhere, and why."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def read(raw: object, arrival: Arrival, rules: Rules) -> Accepted | Refused:
    """Reads one event. Never raises for what is in it."""
    if not isinstance(raw, dict):
        return Refused((shape.not_an_object(raw),), ())
    try:
        return _read(raw, arrival, rules)
    except UnicodeEncodeError:
        return Refused((finding("unreadable_text", "A field"),), ())


def _read(raw: dict[str, object], arrival: Arrival, rules: Rules) -> Accepted | Refused:
    shaped = shape.nest(raw)
    findings = shaped.findings
    event = _typed(shaped, findings)
    destination = _destination({**arrival.address, **shaped.address}, rules.destination, findings)
    name = _name(event, findings)
    user = person.read(_user(event, arrival, shaped), rules.country, shaped.named)
    findings += user.findings
    if not user.can_be_matched():
        findings.append(finding("no_match_key", "user"))
    about, noted = properties.read(dict(event.get("properties", {})), name, shaped.named)
    findings += noted
    page = _page(event, shaped, findings)
    event_time, noted = times.settle(
        event.get("event_time"), arrival.received_at, arrival.visitor is not None
    )
    findings += noted

    item: dict[str, object] = {"event": name, "event_time": event_time}
    sections = {"user": user.user, "properties": about, "page": page}
    item |= {section: content for section, content in sections.items() if content}
    if "limited_data_use" in event:
        item["limited_data_use"] = event["limited_data_use"]
    event_id = _event_id(event, about, item, destination, findings)
    item["event_id"] = event_id

    text = _dumped(item, findings)
    errors = tuple(each for each in findings if each.severity == "error")
    warnings = tuple(each for each in findings if each.severity == "warning")
    if errors:
        return Refused(errors, warnings)
    return Accepted(name, event_id, event_time, destination, text, warnings)


def _typed(shaped: shape.Shaped, findings: list[Finding]) -> dict[str, Any]:
    """The event with its types checked; what has a wrong one is noted and left out, so that the rest is
    judged too."""
    event: Any = shaped.event
    try:
        return dict(model.EVENT.validate_python(event))
    except ValidationError as wrong:
        places = {_place(error["loc"], event): error["type"] for error in wrong.errors(include_url=False)}
    for place, why in places.items():
        section, name = (place[0], place[-1]) if len(place) > 1 else ("", place[0])
        path = shaped.named(str(section), str(name)) if len(place) <= 2 else _path(place)
        holder = event
        for step in place[:-1]:
            holder = holder[step]
        value = holder[place[-1]]
        if section == "user":
            findings.append(finding("identifier_type", path, kind(value)))
        elif why == "finite_number":
            findings.append(finding("number_out_of_range", path))
        else:
            part = next((step for step in reversed(place[:-1]) if isinstance(step, str)), "")
            findings.append(finding("wrong_type", path, kind(value), model.wanted(part, str(name))))
        holder[place[-1]] = None
    typed: dict[str, Any] = _without_none(event)
    return typed


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value if each is not None]
    return value


def _place(loc: tuple[int | str, ...], event: Any) -> tuple[int | str, ...]:
    """The part of pydantic's location that is a place in the event; the rest names the types that it
    tried."""
    place: list[int | str] = []
    for step in loc:
        inside = dict(enumerate(event)) if isinstance(event, list) else event
        if not isinstance(inside, dict) or step not in inside:
            break
        event = inside[step]
        place.append(step)
    return tuple(place)


def _path(place: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def _destination(address: Mapping[str, object], default: Destination, findings: list[Finding]) -> Destination:
    source = address.get("event_source", default.event_source)
    if source not in ("web", "app", "offline", "crm"):
        findings.append(finding("event_source_unknown", "event_source", kind(source)))
    source_id = address.get("event_source_id", default.event_source_id)
    if source_id != default.event_source_id:
        findings.append(finding("destination_unknown", "event_source_id"))
    code = address.get("test_event_code", default.test_event_code)
    if not isinstance(code, str):
        findings.append(finding("wrong_type", "test_event_code", kind(code), "text"))
    return Destination(str(source), str(source_id), str(code))


def _name(event: Mapping[str, Any], findings: list[Finding]) -> str:
    given = event.get("event")
    name = given.strip() if isinstance(given, str) else ""
    if not name:
        if not any(each.field == "event" for each in findings):
            findings.append(finding("event_missing", "event"))
        return ""
    if name in names.STANDARD or name in names.SOFT_DEPRECATED:
        return name
    for table, code in ((names.RENAMED, "event_renamed"), (names.RESERVED, "event_reserved")):
        if name in table:
            findings.append(finding(code, "event", wanted=table[name]))
            return table[name]
    standard = names.spelled(name)
    if standard is not None:
        standard = names.RENAMED.get(standard, standard)
        findings.append(finding("event_spelling", "event", wanted=standard))
        return standard
    findings.append(
        finding("event_custom" if names.CUSTOM.fullmatch(name) else "event_name_invalid", "event")
    )
    return name


def _user(event: Mapping[str, Any], arrival: Arrival, shaped: shape.Shaped) -> dict[str, object]:
    user = dict(event.get("user", {}))
    if arrival.visitor is None:
        return user
    for name in ("ip", "user_agent"):
        if user.pop(name, None) not in (None, arrival.visitor.get(name)):
            shaped.findings.append(finding("browser_ip", shaped.named("user", name)))
    return user | dict(arrival.visitor)


def _page(event: Mapping[str, Any], shaped: shape.Shaped, findings: list[Finding]) -> dict[str, object]:
    page: dict[str, object] = {}
    for name, value in event.get("page", {}).items():
        if name not in ("url", "referrer"):
            findings.append(
                finding("unknown_field", f"page.{name}" if name.isidentifier() else "a field of page")
            )
            continue
        address = value.strip()
        if not address:
            continue
        if address.startswith(("https://", "http://")):
            page[name] = address
        elif "." in address.partition("/")[0]:
            page[name] = f"https://{address}"
            findings.append(finding("url_no_scheme", shaped.named("page", name)))
        else:
            findings.append(finding("url_invalid", shaped.named("page", name)))
    if "url" not in page:
        findings.append(finding("url_missing", shaped.named("page", "url")))
    return page


def _event_id(
    event: Mapping[str, Any],
    about: Mapping[str, object],
    item: Mapping[str, object],
    destination: Destination,
    findings: list[Finding],
) -> str:
    given = event.get("event_id")
    if isinstance(given, str) and given.strip():
        return given.strip()
    if isinstance(given, (int, float)):
        findings.append(finding("event_id_number", "event_id"))
        return str(given)
    order = about.get("order_id")
    if isinstance(order, str):
        findings.append(finding("event_id_from_order", "event_id"))
        return order
    findings.append(finding("event_id_made", "event_id"))
    # From the content and not from a random number, so that the same event sent again has the same id.
    content = _DUMP.encode([destination.event_source_id, item])
    return sha256(content.encode()).hexdigest()[:32]


def _dumped(item: Mapping[str, object], findings: list[Finding]) -> str:
    try:
        text = _DUMP.encode(item)
    except ValueError:
        findings.append(finding("number_out_of_range", "properties"))
        return ""
    if "\\ud" in text:
        # Half of a surrogate pair has no UTF-8 form, so no receiver could read it; whole pairs pass.
        json.dumps(item, ensure_ascii=False).encode()
    if len(text) > MOST_ITEM_BYTES:
        findings.append(finding("too_large", "", f"{len(text)} bytes", f"{MOST_ITEM_BYTES}"))
    return text
