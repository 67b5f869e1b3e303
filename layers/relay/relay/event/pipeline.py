"""Intake: one raw event in; the finished item for TikTok's `data[]` out, or the reasons why not.

Everything that is decided of an event is decided here and in the modules that this one calls, before the
queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from relay import personal_data
from relay.destination import Destination
from relay.event import (
    commerce,
    event_name,
    nesting,
    page_url,
    requirements,
    routing,
    typed,
)
from relay.event import (
    event_id as ids,
)
from relay.event import (
    event_time as times,
)
from relay.event import (
    match_quality as quality,
)
from relay.event.body import MOST_MEMBERS, Crowded
from relay.event.routing import Routes
from relay.event.serialisation import WritingError, written
from relay.findings import Finding, finding, kind, shown
from relay.identity import user_data

MOST_ITEM_BYTES: Final[int] = 200_000
"""A fifth of an SQS message (1 MiB): an event with the longest cart has a few thousand bytes, so this is a
mistake."""


MOST_SAID: Final[int] = 100
"""Errors, and warnings, that are said of one event: who makes a thousand mistakes begins with the first."""


@dataclass(slots=True)
class Arrival:
    """What is known of an event besides its body.

    `received_at` is in Unix seconds; `address` is what its envelope says of where it goes. `visitor` holds
    the request's own ip and user agent where a browser sent it, and is None where a server did: what a server
    says of its visitor is believed, its own address is of no use. `tiktok` says that it came in TikTok's own
    envelope.
    """

    received_at: float
    address: Mapping[str, Any] = field(default_factory=dict)
    visitor: Mapping[str, str] | None = None
    tiktok: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner settled: where events may go, and the country that national phone numbers are read
    in."""

    routes: Routes
    country: str | None = None


@dataclass(slots=True)
class Accepted:
    """An event that TikTok can take: its item as JSON text, where it goes, and its match quality from 0 to
    10."""

    event: str
    event_id: str
    destinations: tuple[Destination, ...]
    item: str
    match_quality: float
    warnings: tuple[Finding, ...]


@dataclass(slots=True)
class Rejected:
    """An event that goes nowhere, and why."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@dataclass(slots=True)
class Dropped:
    """An event that goes nowhere because the person said so; nothing of it is kept."""

    reason: str


def read(raw: object, arrival: Arrival, rules: Rules) -> Accepted | Rejected | Dropped:
    """Reads one event. Never raises for what is in it."""
    if isinstance(raw, Crowded):
        return Rejected((finding("too_many_fields", "", wanted=f"{MOST_MEMBERS}"),), ())
    if not isinstance(raw, dict):
        return Rejected((nesting.not_an_object(raw),), ())
    try:
        return _read(raw, arrival, rules)
    except UnicodeEncodeError:
        return Rejected((finding("unreadable_text", "A field"),), ())
    except WritingError:
        return Rejected((finding("number_out_of_range", "properties"),), ())


def _read(raw: dict[str, Any], arrival: Arrival, rules: Rules) -> Accepted | Rejected | Dropped:
    shaped = nesting.nest(raw)
    findings, named = shaped.findings, shaped.named
    if "consent" in raw and (dropped := _consent(raw["consent"], findings)):
        return dropped
    event, clean = typed.checked(shaped)
    browser = arrival.visitor is not None
    address = {**arrival.address, **event} if arrival.address else event
    destinations, noted = routing.choose(address, rules.routes, browser)
    findings += noted
    if arrival.tiktok and "event_source" in raw:
        findings.append(finding("event_source_in_item", "event_source"))
    source = destinations[0].event_source
    name, noted = event_name.settle(raw.get("event"), source)
    findings += noted
    given = event.get("user", {})
    if arrival.visitor is not None:
        given = _visitor(given, arrival.visitor, shaped)
    someone = user_data.read(given, rules.country, named)
    findings += someone.findings
    event_time, noted = times.settle(event.get("event_time"), arrival.received_at, browser)
    findings += noted

    item: dict[str, Any] = {"event": name, "event_time": event_time}
    about, noted = commerce.read(event.get("properties", {}), name, named, clean=clean)
    findings += noted
    if about:
        item["properties"] = about
    if "page" in event:
        page, noted = page_url.read(event["page"], named)
        findings += noted
        if page:
            item["page"] = page
    for section in _SMALL:
        if section in event and (small := _small(event[section], section, shaped, clean=clean)):
            needed = _NEEDED.get(section)
            if needed is None or needed in small:
                item[section] = small
            else:
                found, wanted = f"an object without {needed}", f"one with {needed}"
                findings.append(finding("value_invalid", section, found, wanted))
    if "limited_data_use" in event:
        item["limited_data_use"] = event["limited_data_use"]
    event_id, noted = ids.settle(event.get("event_id"), item, destinations[0].event_source_id)
    findings += noted
    item["event_id"] = event_id
    if someone.user:
        item["user"] = someone.user

    text = written(item)
    if len(text) <= MOST_ITEM_BYTES and (redacted := personal_data.redact_item(item)):
        findings += [_redaction(each, named) for each in redacted]
        for section, needed in _NEEDED.items():
            if needed not in item.get(section, (needed,)):
                del item[section]
        text = written(item)
    findings += requirements.check(source, item, named)
    keys = {**someone.user, **item["lead"]} if "lead" in item else someone.user
    match_quality = quality.score(source, keys)
    if match_quality < quality.LOW:
        findings.append(_weak(source, keys, match_quality))
    if len(text) > MOST_ITEM_BYTES:
        findings.append(finding("too_large", "", f"{len(text)} bytes", f"{MOST_ITEM_BYTES}"))
    if shaped.loose_item and findings:
        findings = _as_written(findings, shaped)
    if not findings:
        return Accepted(name, event_id, destinations, text, match_quality, ())
    errors = tuple(each for each in findings if each.severity == "error")[:MOST_SAID]
    warnings = tuple(each for each in findings if each.severity == "warning")[:MOST_SAID]
    if errors:
        return Rejected(errors, warnings)
    return Accepted(name, event_id, destinations, text, match_quality, warnings)


def _redaction(redacted: personal_data.Redacted, named: Callable[[str, str], str]) -> Finding:
    """A redaction by the field's name as its sender wrote it; a key may be somebody's data itself."""
    section, name = (
        shown(step, "a field") if isinstance(step, str) else step for step in (*redacted.path, "")[:2]
    )
    steps = [step if isinstance(step, int) else shown(step, "a field") for step in redacted.path[2:]]
    path = personal_data.describe_path((named(str(section), str(name)), *steps))
    code = "credential" if redacted.found == personal_data.CREDENTIAL else "personal_data"
    return finding(code, path, redacted.found)


def _as_written(findings: list[Finding], shaped: nesting.Shaped) -> list[Finding]:
    """The findings of an item whose fields stood loose, by the names that they had there."""
    inside = f"{shaped.named('properties', 'contents')}[0]."
    loose = shaped.named("properties", "")
    return [
        Finding(each.code, each.field.replace(inside, loose, 1), each.message.replace(inside, loose))
        if each.field.startswith(inside)
        else each
        for each in findings
    ]


def _consent(given: object, findings: list[Finding]) -> Dropped | None:
    if given is False or given == "denied":
        return Dropped("consent_denied")
    if given is not True and given is not None and given != "granted":
        findings.append(finding("consent_unclear", "consent", kind(given)))
    return None


def _visitor(given: Any, visitor: Mapping[str, str], shaped: nesting.Shaped) -> Any:
    if not isinstance(given, dict):
        return given
    user = {name: value for name, value in given.items() if name not in ("ip", "user_agent")}
    for name in ("ip", "user_agent"):
        if given.get(name) not in (None, visitor.get(name)):
            shaped.findings.append(finding("browser_ip", shaped.named("user", name)))
    return {**user, **visitor}


_NEEDED: Final[dict[str, str]] = {"page": "url", "app": "app_id", "lead": "lead_id"}
"""What TikTok's tables require in a section wherever it stands: without it, the section goes."""

_SMALL: Final[tuple[str, ...]] = ("app", "ad", "lead")
"""Sections of a few fields, all of them known: what is not is left out."""


def _small(given: dict[str, Any], section: str, shaped: nesting.Shaped, *, clean: bool) -> dict[str, Any]:
    if clean:
        return given
    # Loaded late: it brings pydantic, which most events need nothing of.
    from relay.event.model import SECTIONS, kinds

    table = kinds(SECTIONS[section])
    known = {name: value for name, value in given.items() if name in table}
    if len(known) < len(given):
        shaped.findings.append(finding("unknown_field", f"a field of {section}"))
    return commerce.mend(known, table, partial(shaped.named, section), shaped.findings)


def _weak(source: str, keys: Mapping[str, Any], match_quality: float) -> Finding:
    if match_quality == 0:
        return finding("no_match_key", "user")
    if source == "offline" and not ("email" in keys or "phone" in keys):
        return finding("offline_match_key", "user")
    best = ", ".join(quality.missing(source, keys)[:2])
    return finding("match_quality_low", "user", f"{match_quality:g}", best)
