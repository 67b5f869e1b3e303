"""Builders of events and of what surrounds them."""

from typing import Any

from relay.destination import Destination
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext, process_event
from relay.event.routing import Routes
from relay.findings import Findings

NOW = 1_795_000_000.0
PIXEL = "D179S7RC77UA68QT5U1G"
DESTINATION = Destination("web", PIXEL)
ROUTES = Routes(
    {
        "web": (PIXEL,),
        "app": ("7000000000000000001",),
        "offline": ("7000000000000000002",),
        "crm": ("7000000000000000003",),
    }
)

PLACEHOLDERS = (
    "undefined",
    "NULL",
    " None ",
    "NaN",
    "nil",
    "<null>",
    "(not set)",
    "[object Object]",
    "N/A",
)
"""What programs write for nothing."""


def event(**changes: object) -> dict[str, Any]:
    """A flat Purchase with nothing to complain of, changed; a change to None takes a field away."""
    made: dict[str, Any] = {
        "event": "Purchase",
        "event_id": "order-1",
        "event_time": int(NOW) - 60,
        "url": "https://shop.example/thanks",
        "value": 24.0,
        "currency": "EUR",
        "content_id": "SKU-1",
        "content_type": "product",
        "content_name": "Mug",
        "email": "ada@example.com",
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def process(
    raw: object, *, options: PipelineOptions | None = None, context: RequestContext | None = None
) -> Accepted | Rejected | Dropped:
    """Process an event as a server sends it, now."""
    return process_event(raw, context or RequestContext(NOW), options or PipelineOptions(ROUTES))


def accepted(
    raw: object, *, options: PipelineOptions | None = None, context: RequestContext | None = None
) -> Accepted:
    """Process an event that must be accepted."""
    result = process(raw, options=options, context=context)
    assert isinstance(result, Accepted), result
    return result


def rejected(
    raw: object, *, options: PipelineOptions | None = None, context: RequestContext | None = None
) -> Rejected:
    """Process an event that must be rejected."""
    result = process(raw, options=options, context=context)
    assert isinstance(result, Rejected), result
    return result


def codes(result: Accepted | Rejected) -> set[str]:
    """The codes of everything that was found."""
    errors = result.errors if isinstance(result, Rejected) else ()
    return {finding.code for finding in (*errors, *result.warnings)}


class AlwaysSearched(Findings):
    """Findings of an event that is searched for personal data, whatever its texts look like."""

    # The value of a field named `key` depends on the field beside it, so that all are looked at.
    to_search = property(lambda _: [{"key": ""}], lambda *_: None)
