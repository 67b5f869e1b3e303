"""Evaluation: what ingest would make of a body, by running ingest's own code. Nothing is sent.

This is the one module of the command line that knows the pipeline's and the providers' functions.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from relay.auth.signatures import SignatureError, get_standard_header
from relay.destination import EVENT_SOURCES, Destination
from relay.event import body as bodies
from relay.event import match_quality, nesting
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext, process_event
from relay.event.routing import Routes
from relay.findings import Finding
from relay.request_error import RequestError
from relay.webhooks import registry
from relay.webhooks.history import NO_HISTORY, apply_history
from relay.webhooks.options import Options
from relay.webhooks.provider import REASONS, Ignored, ProviderEvents
from relay_cli.states import State

MAX_BYTES: Final[int] = 64 * 1024 * 1024
"""Of one JSON document; JSON Lines have no limit."""

PLACEHOLDER_PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"
"""The destination of what names none: `check` assesses events, not whether a stack has their destination."""

WEBHOOK_SENDERS: Final[tuple[str, ...]] = tuple(registry.PROVIDERS)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What ingest would make of one event, or of a body that is no event.

    `item` is what TikTok would be sent, where it would be sent anything. `missing` are match keys that it
    lacks, the best first; `match_keys` those that it has.
    """

    state: State
    sender: str
    index: int = 0
    topic: str = ""
    event: str = ""
    event_id: str = ""
    reason: str = ""
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    match_quality: float | None = None
    match_keys: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    item: str = ""
    destinations: tuple[Destination, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The assessment for `--json` and the console."""
        return {
            "state": self.state,
            "sender": self.sender,
            "index": self.index,
            **({"topic": self.topic} if self.topic else {}),
            **({"event": self.event, "event_id": self.event_id} if self.event else {}),
            **({"reason": self.reason} if self.reason else {}),
            "errors": [finding.as_json() for finding in self.errors],
            "warnings": [finding.as_json() for finding in self.warnings],
            "match_quality": self.match_quality,
            "match_keys": list(self.match_keys),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class BodyProblem:
    """A body that holds no events at all: its code, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How events are assessed: the stack's settings, or the template's defaults."""

    now: float
    country: str | None = None
    options: Options = field(default_factory=Options)
    destinations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    any_destination: bool = True
    test_event_code: str = ""


def parse_body(raw: bytes) -> object | BodyProblem:
    """The JSON value of a body, as ingest parses it."""
    try:
        return bodies.parse_json(raw, MAX_BYTES)
    except RequestError as error:
        return BodyProblem(error.code, str(error))


def evaluate(
    raw: bytes, sender: str, settings: Settings, *, topic: str = "", headers: Mapping[str, str] | None = None
) -> list[Assessment] | BodyProblem:
    """Assess one body: `sender` is "events" for the relay's or TikTok's own shape, or a webhook provider."""
    if sender in registry.PROVIDERS:
        return _evaluate_webhook(raw, sender, settings, topic, headers or {})
    value = parse_body(raw)
    return value if isinstance(value, BodyProblem) else evaluate_value(value, settings)


def evaluate_value(value: object, settings: Settings) -> list[Assessment] | BodyProblem:
    """Assess a parsed body: one event, `{"events": […]}`, TikTok's envelope, or a list of events."""
    assessments: list[Assessment] = []
    try:
        # A file may hold a list of any length; a request holds a thousand events.
        for first, part in _parts(value):
            body = bodies.extract_events(part)
            context = RequestContext(settings.now, body.envelope, tiktok_envelope=body.tiktok_envelope)
            sender = "tiktok" if body.tiktok_envelope else "events"
            assessments += _evaluate_events(body.events, context, body.envelope, settings, sender, first)
    except RequestError as error:
        return BodyProblem(error.code, str(error))
    return assessments


def _parts(value: object) -> Iterable[tuple[int, object]]:
    if isinstance(value, list):
        most = bodies.MAX_EVENTS
        # An empty list is one part, which is rejected as ingest rejects it.
        firsts = range(0, max(len(value), 1), most)
        return [(first, {"events": value[first : first + most]}) for first in firsts]
    return [(0, value)]


def _parse_webhook(
    raw: bytes, sender: str, settings: Settings, topic: str, headers: Mapping[str, str]
) -> ProviderEvents | Ignored | BodyProblem:
    """Parse a webhook as a stack does that remembers no earlier one."""
    provider = registry.load_provider(sender)
    topic_header = {provider.topic_header: topic} if topic and provider.topic_header else {}
    try:
        parsed = provider.parse({**headers, **topic_header}, raw, settings.options)
    except RequestError as error:
        return BodyProblem(error.code, str(error))
    return parsed if isinstance(parsed, Ignored) else apply_history(parsed, NO_HISTORY, settings.now)


def _evaluate_webhook(
    raw: bytes, sender: str, settings: Settings, topic: str, headers: Mapping[str, str]
) -> list[Assessment] | BodyProblem:
    parsed = _parse_webhook(raw, sender, settings, topic, headers)
    if isinstance(parsed, BodyProblem):
        return parsed
    if isinstance(parsed, Ignored):
        return [Assessment("ignored", sender, topic=parsed.topic, reason=parsed.reason)]
    context = RequestContext(settings.now, parsed.envelope)
    assessments = _evaluate_events(parsed.events, context, parsed.envelope, settings, sender, 0)
    return [
        _of_webhook(
            assessment,
            parsed.topic,
            registry.load_provider(sender).select_warnings(parsed, assessment.index, assessment.warnings),
        )
        for assessment in assessments
    ]


def ignored_because(reason: str) -> str:
    """The sentence for a webhook that becomes no event."""
    sentences: Mapping[str, str] = {str(code): text for code, text in REASONS.items()}
    return sentences.get(reason, reason)


def _of_webhook(assessment: Assessment, topic: str, warnings: tuple[Finding, ...]) -> Assessment:
    state = assessment.state
    if state in ("accepted", "accepted_with_warnings"):
        state = "accepted_with_warnings" if warnings else "accepted"
    return replace(assessment, topic=topic, warnings=warnings, state=state)


def _evaluate_events(
    events: Sequence[object],
    context: RequestContext,
    envelope: Mapping[str, object],
    settings: Settings,
    sender: str,
    first: int,
) -> list[Assessment]:
    return [
        _assessment(
            process_event(
                event, context, PipelineOptions(_routes(event, envelope, settings), settings.country)
            ),
            sender,
            first + index,
        )
        for index, event in enumerate(events)
    ]


def _routes(event: object, envelope: Mapping[str, object], settings: Settings) -> Routes:
    """The stack's destinations; or, where any will do, those that the event itself names."""
    ids: dict[str, tuple[str, ...]] = dict(settings.destinations)
    if settings.any_destination:
        named = nesting.apply_defaults(event if isinstance(event, dict) else {}, envelope)
        given = named.get("event_source_id")
        listed = given if isinstance(given, list) else [given]
        extra = tuple(entry for entry in listed if isinstance(entry, str) and entry)
        for source in EVENT_SOURCES:
            usual = PLACEHOLDER_PIXEL if source == "web" else "7000000000000000001"
            ids[source] = (*extra, *ids.get(source, ()), usual)
    return Routes(ids, settings.test_event_code)


def _assessment(result: Accepted | Rejected | Dropped, sender: str, index: int) -> Assessment:
    if isinstance(result, Rejected):
        return Assessment(
            "rejected",
            sender,
            index,
            event=result.event,
            event_id=result.event_id,
            errors=result.errors,
            warnings=result.warnings,
        )
    if isinstance(result, Dropped):
        return Assessment("dropped", sender, index, reason=result.reason)
    keys = keys_of(result.item)
    source = result.destinations[0].event_source
    return Assessment(
        "accepted_with_warnings" if result.warnings else "accepted",
        sender,
        index,
        event=result.event,
        event_id=result.event_id,
        warnings=result.warnings,
        match_quality=result.match_quality,
        match_keys=tuple(sorted(keys)),
        missing=tuple(match_quality.missing(source, keys)),
        item=result.item,
        destinations=result.destinations,
    )


def keys_of(item: str) -> set[str]:
    """The names of the match keys that an item for TikTok has."""
    held = json.loads(item)
    return {*held.get("user", {}), *held.get("lead", {})}


def topics(sender: str) -> list[str]:
    """The topics that a provider's header may name; none where the body names the topic."""
    provider = registry.load_provider(sender)
    return sorted(provider.topics) if provider.topic_header else []


# ── recognising a body ─────────────────────────────────────────────────────────────────────────────────────


def recognise(value: object) -> tuple[str, str]:
    """Who sends such a body, and with which topic: ("events", "") for the relay's or TikTok's own shape.

    Recognised by fields that only that sender's bodies have; where nothing fits, it is read as events.
    """
    if not isinstance(value, dict):
        return "events", ""
    keys = value.keys()
    if value.get("object") in ("event", "v2.core.event") and "type" in keys:
        return "stripe", str(value["type"])
    if isinstance(value.get("data"), dict) and {"type", "timestamp"} <= keys:
        return "standard", ""
    if (
        "admin_graphql_api_id" in keys
        or {"cart_token", "line_items"} <= keys
        or "abandoned_checkout_url" in keys
    ):
        return "shopify", _shopify_topic(value)
    if {"order_key", "line_items"} <= keys or {"date_created_gmt", "billing"} <= keys:
        return "woocommerce", "order.created" if "line_items" in keys else "customer.created"
    if str(value.get("code", "")).startswith("woocommerce_rest_"):
        return "woocommerce", "order.created"
    if {"token", "line_items"} <= keys:
        return "shopify", "carts/update"
    return "events", ""


def _shopify_topic(value: Mapping[str, object]) -> str:
    kind = str(value.get("admin_graphql_api_id", ""))
    if "/Customer/" in kind:
        return "customers/create"
    if "/Refund/" in kind:
        return "refunds/create"
    if "/Order/" in kind:
        return "orders/cancelled" if value.get("cancelled_at") else "orders/paid"
    return "checkouts/create"


# ── many events ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Totals:
    """Counts over many assessments: states, codes, match quality, and how many events have each match key."""

    states: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    quality_sum: float = 0.0
    assessed: int = 0

    def add(self, assessment: Assessment) -> None:
        """Counts one."""
        self.states[assessment.state] += 1
        self.errors.update({finding.code for finding in assessment.errors})
        self.warnings.update({finding.code for finding in assessment.warnings})
        if assessment.match_quality is not None:
            self.assessed += 1
            self.quality_sum += assessment.match_quality
            self.keys.update(assessment.match_keys)
            self.missing.update(assessment.missing)

    @property
    def events(self) -> int:
        """How many there were."""
        return self.states.total()

    @property
    def mean_quality(self) -> float | None:
        """The mean match quality of the accepted, from 0 to 10."""
        return round(self.quality_sum / self.assessed, 2) if self.assessed else None

    def as_json(self) -> dict[str, Any]:
        """The totals for `--json`."""
        return {
            "events": self.events,
            "states": dict(self.states),
            "errors": dict(self.errors.most_common()),
            "warnings": dict(self.warnings.most_common()),
            "mean_match_quality": self.mean_quality,
            "match_key_coverage": {
                key: round(number / self.assessed, 4) for key, number in self.keys.most_common()
            },
            "missing_match_keys": {
                key: round(number / self.assessed, 4) for key, number in self.missing.most_common()
            },
        }


# ── signatures ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """What a signature is: `code` is "valid" or why not; `skew` is the age of the signed time, in seconds."""

    code: str
    secret_number: int | None = None
    skew: float | None = None


def verify_signature(
    sender: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float
) -> SignatureResult:
    """Verify a webhook as ingest does, and say by which secret, also where only the time is wrong."""
    verify = registry.load_provider(sender).signature.verify
    signed_at = _signed_at(headers)
    skew = None if signed_at is None else now - signed_at
    try:
        return SignatureResult("valid", verify(headers, body, secrets, now), skew)
    except SignatureError as error:
        if error.code not in ("signature_too_old", "signature_too_new") or signed_at is None:
            return SignatureResult(error.code, skew=skew)
        # The signature itself is right: by which secret, had it come in time?
        return SignatureResult(error.code, verify(headers, body, secrets, signed_at), skew)


def _signed_at(headers: Mapping[str, str]) -> float | None:
    for text in (
        *(
            part.partition("=")[2]
            for part in headers.get("stripe-signature", "").split(",")
            if part.startswith("t=")
        ),
        get_standard_header(headers, "timestamp") or "",
    ):
        if text.isascii() and text.isdigit():
            return float(text)
    return None


# ── events of a webhook ────────────────────────────────────────────────────────────────────────────────────


def webhook_events(
    raw: bytes, sender: str, settings: Settings, *, topic: str = "", headers: Mapping[str, str] | None = None
) -> list[object] | str | BodyProblem:
    """The events that a webhook becomes, unassessed; the reason where it becomes none."""
    parsed = _parse_webhook(raw, sender, settings, topic, headers or {})
    if isinstance(parsed, BodyProblem):
        return parsed
    return str(parsed.reason) if isinstance(parsed, Ignored) else list(parsed.events)


def shopify_source_reason(order: Mapping[str, object], options: Options) -> str | None:
    """Why the source of an order at Shopify is ignored (a till, a renewal, …); None where it counts.

    `order` has the fields of a webhook: `source_name`, `tags`, `email`.
    """
    from relay.webhooks import shopify

    return shopify.find_source_reason(order, shopify.find_channels(order), options)


def options_of(environment: Mapping[str, str]) -> Options | None:
    """How a stack maps webhooks, from the environment of its ingest function; None if unreadable."""
    from relay.settings import IngestSettings, SettingsError

    try:
        return IngestSettings.from_environment(environment).webhooks
    except SettingsError:
        return None
