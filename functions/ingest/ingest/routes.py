"""The routes of the HTTP API: each takes a request and gives a response, or raises a RequestError."""

import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from ingest import browser, observability
from ingest.dependencies import Runtime
from ingest.http import MOST_BROWSER_BYTES, MOST_SERVER_BYTES, Request, Response
from ingest.tiktok_compat import PATH, track
from relay import __version__, ingestion
from relay.auth import api_keys
from relay.event import body as bodies
from relay.event.pipeline import RequestContext
from relay.request_error import RequestError
from relay.visits.store import VisitStore
from relay.webhooks import registry

Route = Callable[[Request, Callable[[], Runtime]], Response]
"""The runtime comes as a call, so that what needs none of it answers even where it can't be made."""


def post_events(request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Takes events from servers that know a key and from pages of allowed origins."""
    run = runtime()
    from_page = (
        browser.has_write_key(request, run)
        or api_keys.authenticate(
            request.header("authorization"),
            request.header("origin"),
            run.secret,
            run.settings.allowed_origins,
        ).kind
        == "browser"
    )
    if from_page:
        browser.limit_rate(request, run)
    most = MOST_BROWSER_BYTES if from_page else MOST_SERVER_BYTES
    raw = request.body(most)
    request.wants_json(beacon=from_page)
    parsed = bodies.parse_json(raw, most)
    if from_page and isinstance(parsed, dict):
        parsed.pop(browser.WRITE_KEY_NAME, None)
    body = bodies.extract_events(parsed, bodies.MAX_BROWSER_EVENTS if from_page else bodies.MAX_EVENTS)
    if from_page and (reason := browser.ignored_reason(request, body.events)):
        return browser.ignored_response(reason, body.events)
    sender = "browser" if from_page else "server"
    receipt = ingestion.receive(
        body.events,
        RequestContext(
            time.time(), body.envelope, _visitor(request) if from_page else None, body.tiktok_envelope
        ),
        run.rules,
        source=sender,
        trace_id=request.request_id,
        put=run.put,
    )
    observability.received(request, sender, receipt)
    if run.visits is not None:
        _remember_purchases(receipt, run.visits)
    return _answer(receipt)


MAX_REMEMBERED: Final[int] = 20
"""Purchases of one request that are remembered, at one write of the table each. A request with more is a back
end's import of old orders."""


def _remember_purchases(receipt: ingestion.Receipt, visits: VisitStore) -> None:
    """Remember purchases of a page or back end: a webhook that comes days later must not count them again."""
    purchases = [event for event in receipt.accepted.values() if event.event == "Purchase"]
    if 0 < len(purchases) <= MAX_REMEMBERED:
        visits.remember([f"{event.event}:{event.event_id}" for event in purchases])


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
    from relay.webhooks.history import NO_HISTORY

    run = runtime()
    return webhooks.answer(request, run, run.visits or NO_HISTORY)


def health(_request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Report the version, and that settings and secret can be used. Raises SettingsError and SecretError."""
    api_keys.check_usable(runtime().secret)
    return Response.json(HTTPStatus.OK, {"status": "ok", "version": __version__})


def openapi(_request: Request, _runtime: Callable[[], Runtime]) -> Response:
    """Gives the description of all routes, OpenAPI 3.1, as `make openapi` wrote it."""
    headers = {"content-type": "application/json", "cache-control": "public, max-age=3600"}
    return Response(HTTPStatus.OK, _description(), headers)


@cache
def _description() -> str:
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")


TIKTOK: Final[str] = PATH
TIKTOK_PREFIX: Final[str] = "/open_api/"
"""All paths below are answered as TikTok answers: with and without the last slash, and wrong ones."""

GATEWAY_PATHS: Final[dict[str, str]] = {TIKTOK: "/open_api/{proxy+}"}
"""Paths that API Gateway has under another key: it takes no key that ends in a slash."""

ROUTES: Final[dict[str, dict[str, Route]]] = {
    "/v1/events": {"POST": post_events, "OPTIONS": preflight_events},
    TIKTOK: {"POST": track},
    **{path: {"POST": post_webhook} for path in registry.routes()},
    **{f"/{name}": {"GET": browser.get_script} for name in browser.SCRIPT_NAMES},
    "/v1/visits": {"POST": browser.post_visit, "OPTIONS": browser.preflight},
    "/v1/health": {"GET": health},
    "/v1/openapi.json": {"GET": openapi},
}
"""Path → method → what answers it. The template names the same ones to API Gateway."""

FROM_PAGES: Final[frozenset[str]] = frozenset({"/v1/events", "/v1/visits"})
"""Paths that pages of allowed origins may call."""


def gateway_keys() -> list[str]:
    """The route keys of the template, but for `$default`, which gets all other requests."""
    return [
        f"{method} {GATEWAY_PATHS.get(path, path)}" for path, methods in ROUTES.items() for method in methods
    ]


def find_key(path: str) -> str | None:
    """The path in ROUTES that a request's path belongs to, if any."""
    if path.startswith(TIKTOK_PREFIX):
        return TIKTOK
    return path if path in ROUTES else None


def find(request: Request) -> Route:
    """Find what answers a request. Raises RequestError (404 or 405) where nothing does."""
    key = find_key(request.path)
    if key == TIKTOK:
        # Whatever the method: TikTok's envelope says which one is expected.
        return track
    if key is None:
        raise RequestError(404, "route_unknown", f"There is no such route. {_suggest(request.path)}")
    methods = ROUTES[key]
    route = methods.get(request.method)
    if route is None:
        allowed = ", ".join(methods)
        raise RequestError(
            405, "method_not_allowed", f"This route takes {allowed}.", headers={"allow": allowed}
        )
    return route


_MAX_COMPARED: Final[int] = 100
"""Characters of an unknown path that are compared with the known ones."""


def _suggest(path: str) -> str:
    """Name the route that an unknown path was probably meant for, without quoting the path."""
    # Imported late: only mistakes need it.
    from difflib import get_close_matches

    plain = "/" + "/".join(filter(None, path[:_MAX_COMPARED].lower().split("/")))
    close = get_close_matches(plain, ROUTES, n=1, cutoff=0.8)
    if plain.startswith(("/v1/webhook", "/webhook")):
        if close and close[0].startswith(registry.ROUTE_PREFIX):
            return f"Did you mean POST {close[0]}?"
        return f"Webhooks go to POST {', '.join(registry.routes())}."
    if close:
        return f"Did you mean {next(iter(ROUTES[close[0]]))} {close[0]}?"
    return "Events go to POST /v1/events."


def _visitor(request: Request) -> dict[str, str]:
    known = {"ip": request.client_ip, "user_agent": request.header("user-agent")}
    return {name: value for name, value in known.items() if value}


def _answer(receipt: ingestion.Receipt) -> Response:
    said = receipt.as_json()
    if receipt.accepted:
        return Response.json(HTTPStatus.ACCEPTED, said)
    if receipt.not_queued:
        detail = "The queue took none of the events; nothing is accepted. Send them again."
        raise RequestError(503, "queue_unavailable", detail, extra=said, headers={"retry-after": "5"})
    if receipt.dropped and not receipt.rejected:
        return Response.json(HTTPStatus.OK, said)
    raise RequestError(422, "events_rejected", "Every event was rejected; each has its errors.", extra=said)
