"""The routes of the HTTP API: each takes a request and gives a response, or raises a RequestError."""

import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from ingest import observability
from ingest.dependencies import Runtime
from ingest.http import MOST_BROWSER_BYTES, MOST_SERVER_BYTES, Request, Response
from ingest.tiktok_compat import track
from relay import __version__, ingestion
from relay.auth import api_keys
from relay.event import body as bodies
from relay.event.pipeline import Arrival
from relay.request_error import RequestError
from relay.webhooks import registry

Route = Callable[[Request, Callable[[], Runtime]], Response]
"""The runtime comes as a call, so that what needs none of it answers even where it can't be made."""


def post_events(request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Takes events from servers that know a key and from pages of allowed origins."""
    run = runtime()
    sender = api_keys.authenticate(
        request.header("authorization"), request.header("origin"), run.secret, run.settings.allowed_origins
    )
    browser = sender.kind == "browser"
    most = MOST_BROWSER_BYTES if browser else MOST_SERVER_BYTES
    raw = request.body(most)
    request.wants_json(beacon=browser)
    body = bodies.read(bodies.parse(raw, most))
    receipt = ingestion.receive(
        body.events,
        Arrival(time.time(), body.address, _visitor(request) if browser else None, body.tiktok),
        run.rules,
        source=sender.kind,
        trace_id=request.request_id,
        put=run.put,
    )
    observability.received(request, sender.kind, receipt)
    return _answer(receipt)


def preflight_events(request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Answers a browser that asks whether a page of its origin may post events."""
    if not api_keys.is_allowed_origin(request.header("origin") or "", runtime().settings.allowed_origins):
        raise RequestError(403, "origin_not_allowed", "Pages of this origin may not send events here.")
    headers = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        # A day; browsers cap it themselves (Chromium at two hours).
        "access-control-max-age": "86400",
    }
    return Response(HTTPStatus.NO_CONTENT, "", headers)


def post_webhook(request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Takes a webhook from whom the path names."""
    # Imported late: who sends events doesn't wait for what only webhooks need.
    from ingest import webhooks

    return webhooks.answer(request, runtime())


def health(_request: Request, _runtime: Callable[[], Runtime]) -> Response:
    """Says that the function runs, and which version."""
    return Response.json(HTTPStatus.OK, {"status": "ok", "version": __version__})


def openapi(_request: Request, _runtime: Callable[[], Runtime]) -> Response:
    """Gives the description of all routes, OpenAPI 3.1, as `make openapi` wrote it."""
    headers = {"content-type": "application/json", "cache-control": "public, max-age=3600"}
    return Response(HTTPStatus.OK, _description(), headers)


@cache
def _description() -> str:
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")


ROUTES: Final[dict[str, dict[str, Route]]] = {
    "/v1/events": {"POST": post_events, "OPTIONS": preflight_events},
    "/open_api/v1.3/event/track/": {"POST": track},
    **{path: {"POST": post_webhook} for path in registry.routes()},
    "/v1/health": {"GET": health},
    "/v1/openapi.json": {"GET": openapi},
}
"""Path → method → what answers it. The template names the same ones to API Gateway."""

FROM_PAGES: Final[frozenset[str]] = frozenset({"/v1/events"})
"""Paths that pages of allowed origins may call."""


def find(request: Request) -> Route:
    """What answers a request. Raises RequestError (404 or 405) where nothing does."""
    methods = ROUTES.get(request.path)
    if methods is None:
        raise RequestError(404, "route_unknown", "There is no such route; events go to POST /v1/events.")
    route = methods.get(request.method)
    if route is None:
        allowed = ", ".join(methods)
        raise RequestError(
            405, "method_not_allowed", f"This route takes {allowed}.", headers={"allow": allowed}
        )
    return route


def _visitor(request: Request) -> dict[str, str]:
    visitor = {"ip": request.client_ip}
    agent = request.header("user-agent")
    return visitor | {"user_agent": agent} if agent else visitor


def _answer(receipt: ingestion.Receipt) -> Response:
    said = receipt.as_json()
    if receipt.accepted:
        return Response.json(HTTPStatus.ACCEPTED, said)
    if receipt.not_queued:
        detail = "The queue took none of the events; nothing is accepted. Send them again."
        raise RequestError(503, "queue_unavailable", detail, extra=said, headers={"retry-after": "5"})
    if receipt.dropped and not receipt.rejected:
        return Response.json(HTTPStatus.OK, said)
    raise RequestError(422, "events_rejected", "Every event was refused; each says why.", extra=said)
