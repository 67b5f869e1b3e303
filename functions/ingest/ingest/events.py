"""`POST /v1/events`: events of servers and of browsers."""

import time
from collections.abc import Callable
from http import HTTPStatus

from ingest import browser, observability
from ingest.dependencies import Dependencies
from ingest.http import MAX_BROWSER_BYTES, MAX_SERVER_BYTES, Request, Response
from relay import ingestion
from relay.auth import api_keys
from relay.event import body as bodies
from relay.event.pipeline import RequestContext
from relay.request_error import RequestError


def post_events(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Validate and enqueue the events of a server that knows a key, or of a page of an allowed origin."""
    dependencies = get_dependencies()
    sender = _authenticate(request, dependencies)
    from_page = sender == "browser"
    if from_page:
        browser.limit_rate(request, dependencies)
    most = MAX_BROWSER_BYTES if from_page else MAX_SERVER_BYTES
    raw = request.body(most)
    request.require_json(beacon=from_page)
    parsed = bodies.parse_json(raw, most)
    if from_page and isinstance(parsed, dict):
        parsed.pop(browser.WRITE_KEY_NAME, None)
    body = bodies.extract_events(parsed, bodies.MAX_BROWSER_EVENTS if from_page else bodies.MAX_EVENTS)
    if from_page and (reason := browser.ignored_reason(request, body.events)):
        return browser.ignored_response(reason, body.events)
    receipt = ingestion.ingest_events(
        body.events,
        RequestContext(
            time.time(), body.envelope, _visitor(request) if from_page else None, body.tiktok_envelope
        ),
        dependencies.options,
        source=sender,
        trace_id=request.request_id,
        put=dependencies.put,
    )
    observability.write_receipt(request, sender, receipt, dependencies.settings.test_event_code)
    if dependencies.visits is not None:
        dependencies.visits.remember(receipt.purchase_keys(dependencies.options.routes.default))
    return _respond(receipt, from_page)


def _authenticate(request: Request, dependencies: Dependencies) -> api_keys.Sender:
    """Return the kind of sender. Raises RequestError (401), and SecretError where a key can't be checked."""
    key = request.header("authorization")
    if key is None and browser.has_write_key(request, dependencies):
        return "browser"
    return api_keys.authenticate(
        key, request.header("origin"), dependencies.secret, dependencies.settings.allowed_origins
    )


def _visitor(request: Request) -> dict[str, str]:
    known = zip(("ip", "user_agent"), browser.visitor_of(request), strict=True)
    return {name: value for name, value in known if value}


def _respond(receipt: ingestion.Receipt, from_page: bool) -> Response:
    results = receipt.as_json()
    # A page looks at the status alone: of a part that was queued it sends all again, under the same ids.
    if receipt.not_queued and (from_page or not receipt.accepted):
        detail = (
            "The queue took only a part of the events. Send them again, under the same ids."
            if receipt.accepted
            else "The queue took none of the events; nothing is accepted. Send them again."
        )
        raise RequestError(503, "queue_unavailable", detail, extra=results, headers={"retry-after": "5"})
    if receipt.accepted:
        return Response.json(HTTPStatus.ACCEPTED, results)
    if receipt.dropped and not receipt.rejected:
        return Response.json(HTTPStatus.OK, results)
    raise RequestError(
        422, "events_rejected", "Every event was rejected; each has its errors.", extra=results
    )
