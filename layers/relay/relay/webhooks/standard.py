"""Standard Webhooks: any sender that signs as standardwebhooks.com says, with the relay's events.

The body is what `POST /v1/events` accepts, or the payload form that the specification recommends:
`{"type": …, "timestamp": …, "data": {…}}`, with an event in `data`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from pydantic_core import PydanticOmit

from relay.auth.signatures import get_standard_header
from relay.event import body as bodies
from relay.event.coercion import Coercer, coerce_event_id, coerce_id
from relay.event.compiled import load_model
from relay.event.event_id import REMEMBERED_EVENTS
from relay.event.event_name import find_standard_name, resolve_event_name
from relay.event.event_time import has_zone, to_unix_seconds
from relay.findings import Finding, Findings
from relay.request_error import RequestError
from relay.webhooks import history
from relay.webhooks.json_fields import to_text
from relay.webhooks.options import Options
from relay.webhooks.provider import HistoryCheck, Ignored, Provider, ProviderEvents, Signature

MAX_BYTES: Final[int] = 4_194_304
"""As much as `POST /v1/events` accepts from a server."""

_NOT_READABLE: Final[frozenset[str]] = frozenset(
    {"body_empty", "body_not_json", "body_not_utf8", "body_too_deep", "body_too_large", "events_too_many"}
)
"""Codes of bodies that are answered with an error; any other JSON is answered with 200."""


def parse(headers: Mapping[str, str], raw: bytes, options: Options) -> ProviderEvents | Ignored:
    """Parse a webhook whose signature is valid.

    Raises RequestError where the body is not JSON, or has too many bytes or events.
    """
    topic = "events"
    try:
        value = bodies.parse_json(raw, MAX_BYTES)
        if isinstance(value, dict) and _is_payload(value):
            topic = "payload"
            events = _get_events(value)
            if isinstance(events, Ignored):
                return events
            value = {**_get_envelope(value, options), "events": events}
        body = bodies.extract_events(value)
    except RequestError as error:
        if error.code in _NOT_READABLE:
            raise
        return Ignored("empty" if error.code == "events_empty" else "not_an_event", topic, error.detail)
    message_id = _coerce(coerce_id, get_standard_header(headers, "id"), "", Findings()) or ""
    with_ids = [_with_id(event, message_id, index) for index, event in enumerate(body.events)]
    events = [event for event, _ in with_ids]
    return ProviderEvents(
        events,
        topic,
        body.envelope,
        history=_check_history(events, body.envelope),
        warnings={index: tuple(warnings) for index, (_, warnings) in enumerate(with_ids) if warnings},
    )


def _is_payload(value: Mapping[str, object]) -> bool:
    """Whether a body has the payload form of the specification, and is neither an event nor an envelope."""
    return (
        isinstance(value.get("type"), str)
        and "data" in value
        and value.get("event") is None
        and value.get("event_source") is None
    )


def _get_envelope(payload: Mapping[str, object], options: Options) -> dict[str, object]:
    """Return the members beside `data` that an envelope may have. The others are the sender's own, and so is
    a `consent` or `event_source_id` that means something else there: it would reject every event."""
    envelope = {name: member for name, member in payload.items() if name in load_model().envelope}
    if not _is_consent(envelope.get("consent")):
        envelope.pop("consent", None)
    if not _names_destinations(envelope.get("event_source_id"), options.destinations):
        envelope.pop("event_source_id", None)
    return envelope


def _is_consent(value: object) -> bool:
    """Whether a value grants or denies consent in the relay's words, or denies it as false or 0."""
    if isinstance(value, str):
        return value.strip().lower() in ("granted", "denied")
    return isinstance(value, int) and value == 0


def _names_destinations(value: object, destinations: Collection[str] | None) -> bool:
    """Whether a value is the id of a destination, or a list of them; None for any id."""
    ids = [to_text(entry) for entry in (value if isinstance(value, list) else [value])]
    return bool(ids) and all(found and (destinations is None or found in destinations) for found in ids)


def _get_events(payload: Mapping[str, object]) -> list[object] | Ignored:
    """Return the entries of `data`; their name and time may stand beside it as `type` and `timestamp`.

    The pipeline rejects an entry that is no event, alone. Where none is an event, the webhook is ignored.
    """
    data = payload["data"]
    entries = data if isinstance(data, list) else [] if data is None else [data]
    if not entries:
        return Ignored("empty", "payload")
    defaults = {
        "event": find_standard_name(str(payload["type"])),
        "event_time": _get_time(payload.get("timestamp")),
    }
    found = [_add_defaults(entry, defaults) for entry in entries]
    if any(map(_may_be_event, found)):
        return found
    if any(isinstance(entry, dict) for entry in found):
        return Ignored("topic_unknown", "payload", _TYPE_UNKNOWN)
    return Ignored("not_an_event", "payload")


def _get_time(timestamp: object) -> object:
    """Return the time of a payload as an `event_time`; None where it is no time, for which the pipeline would
    reject the event.

    A date with its zone is the form that the specification's examples have ("Payload structure"), so there is
    nothing to warn of. Any other time is left to the pipeline, which converts it with a warning.
    """
    seconds = to_unix_seconds(timestamp)
    if seconds is None:
        return None
    # As a number, the seconds of 1969 or of the year 5139 would be no time or milliseconds.
    return seconds if has_zone(timestamp) and to_unix_seconds(seconds) == seconds else timestamp


def _may_be_event(entry: object) -> bool:
    return isinstance(entry, bodies.OversizedEvent) or (isinstance(entry, dict) and bool(entry.get("event")))


def _add_defaults(entry: object, defaults: Mapping[str, object]) -> object:
    """Return an entry with the fields that it lacks; what is no object stays as it is."""
    if not isinstance(entry, dict):
        return entry
    return entry | {field: value for field, value in defaults.items() if value and not entry.get(field)}


_TYPE_UNKNOWN: Final[str] = (
    "Neither type nor data.event names an event of TikTok's. Send one of them, for example Purchase."
)


def _with_id(event: object, message_id: str, index: int) -> tuple[object, Sequence[Finding]]:
    """Return the event with an id, and the warnings about the one that it replaces.

    The message's id is the same for each delivery attempt, so that an event without an id of its own still
    counts once. An id that the pipeline rejects is left to it.
    """
    if not isinstance(event, dict) or not message_id or _get_id(event) is not None:
        return event, ()
    replaced = Findings()
    _coerce(coerce_event_id, event.get("event_id"), "event_id", replaced)
    return {**event, "event_id": f"{message_id}-{index}" if index else message_id}, replaced.warnings


def _get_id(event: Mapping[str, object]) -> str | None:
    """Return the id that the pipeline gives an event; None where it has none of its own, "" where the
    pipeline rejects one."""
    properties = event.get("properties")
    in_properties = properties.get("order_id") if isinstance(properties, dict) else None
    findings = Findings()
    ids = [
        _coerce(coerce_id, given, "", findings)
        for given in (event.get("event_id"), event.get("order_id"), in_properties)
    ]
    return "" if findings.errors else next(filter(None, ids), None)


def _coerce(coerce: Coercer, value: object, field: str, findings: Findings) -> str | None:
    """Return an id as the pipeline reads it; None for what it omits: a blank, a placeholder, or an error."""
    try:
        return None if value is None else str(coerce(value, field, findings))
    except PydanticOmit:
        return None


_DESTINATION_FIELDS: Final[tuple[str, ...]] = ("event_source", "event_source_id")


def _check_history(events: Sequence[object], envelope: Mapping[str, object]) -> HistoryCheck:
    """Return the check of a purchase that comes alone, with its time and without a destination of its own.

    What is remembered went to the destinations of an event that names none (`Receipt.purchase_keys`).
    """
    if len(events) != 1 or not isinstance(event := events[0], dict):
        return HistoryCheck()
    if any(holder.get(field) for holder in (event, envelope) for field in _DESTINATION_FIELDS):
        return HistoryCheck()
    name = event.get("event")
    name = resolve_event_name(name, "web", Findings()) if isinstance(name, str) else ""
    if name not in REMEMBERED_EVENTS or not (event_id := _get_id(event)):
        return HistoryCheck()
    return history.check_order(name, event_id, to_unix_seconds(event.get("event_time")))


PROVIDER: Final[Provider] = Provider(
    title="Standard Webhooks",
    signature=Signature("standard_webhooks", ("svix-signature", "webhook-signature"), secret_prefix="whsec_"),  # noqa: S106 - a prefix
    parse=parse,
    hidden_warnings=(),
)
