"""The event pipeline: one raw event in; the finished item of TikTok's `data[]` out, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import ValidationError

from relay import personal_data
from relay.destination import Destination
from relay.event import (
    commerce,
    event_id,
    event_name,
    event_time,
    finished_item,
    match_quality,
    nesting,
    page_url,
    routing,
)
from relay.event.body import OversizedEvent
from relay.event.compiled import load_model
from relay.event.routing import Routes
from relay.findings import Finding, Findings, describe_type, finding
from relay.identity.user_data import normalise_user
from relay.json_limits import MAX_DEPTH, MAX_MEMBERS
from relay.message import NoJsonFormError, to_ascii

_MODEL: Final = load_model()
_NORMALISERS: Final = _MODEL.normalisers
_REQUIRED: Final = _MODEL.required


@dataclass(slots=True)
class RequestContext:
    """What is known of the events of a request besides the events.

    `received_at` is in Unix seconds; `envelope` has what stands beside the list of events. `browser` has the
    `ip` and `user_agent` of the request if a browser sent it, and is None if a server did.
    `tiktok_envelope` says whether the events came in TikTok's own envelope.
    """

    received_at: float
    envelope: Mapping[str, Any] = field(default_factory=dict)
    browser: Mapping[str, str] | None = None
    tiktok_envelope: bool = False
    test_codes: set[str] = field(default_factory=set)
    """Test codes that the events so far have named."""
    _envelope: tuple[Mapping[str, Any], tuple[Finding, ...]] | None = field(default=None, init=False)

    def read_envelope(self) -> tuple[Mapping[str, Any], tuple[Finding, ...]]:
        """Return the defaults that the envelope gives each event, and what was found in it: read once."""
        if self._envelope is None:
            self._envelope = nesting.read_envelope(self.envelope)
        return self._envelope


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """Settings of the owner: where events may go, and the country of national phone numbers."""

    routes: Routes
    default_country: str | None = None


@dataclass(slots=True)
class Accepted:
    """An event that TikTok can take: its item as JSON text, where it goes, its match quality from 0 to 10."""

    event: str
    event_id: str
    destinations: tuple[Destination, ...]
    item: str
    match_quality: float
    warnings: tuple[Finding, ...]
    order_id: str | None = None
    match_keys: tuple[str, ...] = ()
    """Names of the fields of `user` that go out, for the log; never a value."""


@dataclass(slots=True)
class Rejected:
    """An event that goes nowhere, and why; its name and ids where it has readable ones."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()
    event: str = ""
    event_id: str = ""
    order_id: str | None = None


@dataclass(slots=True)
class Dropped:
    """An event that goes nowhere because the person did not consent; nothing of it is kept."""

    reason: str


def process_event(
    raw: object, context: RequestContext, options: PipelineOptions
) -> Accepted | Rejected | Dropped:
    """Validate, normalise and hash one event."""
    if isinstance(raw, OversizedEvent):
        limit = MAX_DEPTH if raw.code == "too_deep" else MAX_MEMBERS
        return Rejected((finding(raw.code, "", expected=str(limit)),))
    if not isinstance(raw, dict):
        return Rejected((finding("not_an_object", "", describe_type(raw)),))
    # A denial counts, whether the event or its envelope has it.
    for given in (raw, context.envelope):
        if "consent" in given and _is_denial(given["consent"]):
            return Dropped("consent_denied")
    try:
        return _process(raw, context, options)
    except (UnicodeEncodeError, ValidationError):
        # Validation itself fails only for a key that is no text.
        return Rejected((finding("unreadable_text", "A field"),))
    except NoJsonFormError as error:
        return Rejected((finding(error.code, "A field", expected=str(MAX_DEPTH)),))
    except personal_data.TooMuchTextError:
        return Rejected((finding("too_large", "", "too much text", f"{finished_item.MAX_BYTES} bytes"),))


def _is_denial(consent: object) -> bool:
    return consent is False or (isinstance(consent, str) and consent.strip().lower() == "denied")


def _process(raw: dict[str, Any], context: RequestContext, options: PipelineOptions) -> Accepted | Rejected:
    findings = Findings(raw)
    browser = context.browser is not None
    if context.tiktok_envelope and "event_source" in raw:
        findings.add("event_source_in_item", "event_source")
    if context.envelope:
        defaults, warnings = context.read_envelope()
        findings.warnings += warnings
        raw = nesting.apply_defaults(raw, defaults)
    event = nesting.validate_event(raw, findings)
    routes, destinations = options.routes, options.routes.default
    if not routing.ADDRESSING.isdisjoint(event):
        destinations = routing.choose_destinations(event, routes, browser, context.test_codes, findings)
    source = destinations[0].event_source
    name = event_name.resolve_event_name(event.get("event", ""), source, findings)
    item: dict[str, Any] = {"event": name}
    item["event_time"], is_of_receipt = event_time.resolve_event_time(
        event.get("event_time"), context.received_at, findings, browser=browser
    )
    properties = event.get("properties", {})
    commerce.check_properties(properties, name, findings)
    if properties:
        item["properties"] = properties
    for part in ("page", "app", "ad", "lead", "limited_data_use"):
        if part in event:
            item[part] = event[part]
    user = _process_user(event.get("user", {}), item.get("page", {}), context, options, findings)
    if user:
        item["user"] = user

    order_id = properties.get("order_id")
    if findings.to_search:
        finished_item.redact(item, findings)
    for section, (required, required_by) in _REQUIRED.items():
        if required not in item.get(section, ()):
            item.pop(section, None)
            if source == required_by:
                findings.add_missing(f"{required}_missing", findings.path(section, required))
    of_request = tuple(context.browser or ())
    if is_of_receipt:
        of_request += ("event_time",)
    chosen_id = item["event_id"] = event_id.resolve_event_id(
        event.get("event_id"), order_id, item, destinations[0].event_source_id, findings, of_request
    )
    keys = {**user, **item["lead"]} if "lead" in item else user
    quality = match_quality.check(source, keys, findings)
    text = to_ascii(item, finite=not findings.to_search)
    if len(text) > finished_item.MAX_BYTES:
        text = finished_item.shorten(item, text, findings)
    warnings = tuple(findings.warnings)
    if findings.errors:
        return Rejected(tuple(findings.errors), warnings, name, chosen_id, order_id)
    return Accepted(name, chosen_id, destinations, text, quality, warnings, order_id, tuple(keys))


def _process_user(
    user: dict[str, Any],
    page: Mapping[str, str],
    context: RequestContext,
    options: PipelineOptions,
    findings: Findings,
) -> dict[str, Any]:
    """Normalise the user; of a browser's event with the request's own ip and user agent; with the click id of
    the page's URL if the event has none."""
    if context.browser is not None:
        for name in ("ip", "user_agent"):
            path, of_request = findings.path("user", name), context.browser.get(name)
            sent = user.pop(name, [])
            given = [(path, sent)] if isinstance(sent, str) else sent
            if any(text != of_request for _, text in given):
                findings.add("browser_ip", given[0][0])
            if of_request is not None:
                user[name] = [(path, of_request)]
    out = normalise_user(user, _NORMALISERS, options.default_country, findings)
    if "ttclid" not in out and (found := page_url.find_click_id(page)):
        # Where no URL has a sign of personal data, its click id has none.
        sent = [(findings.path("user", "ttclid"), found)] if findings.to_search else found
        out |= normalise_user({"ttclid": sent}, _NORMALISERS, None, findings)
    return out
