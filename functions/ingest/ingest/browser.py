"""What browsers ask for: the scripts, the visits that pages leave, and who may send from a page.

A page is authenticated by its `Origin`, which has to be on the allow-list. A sandboxed frame (Shopify's
custom pixel) has the origin `null`, as has such a frame of any site; it is authenticated by the shop's public
write key. The key is in the body, since a header of our own would need a preflight. It is public: it allows
what a page may do and nothing more.
"""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from ingest.dependencies import Dependencies
from ingest.http import MAX_BROWSER_BYTES, Request, Response
from relay import telemetry
from relay.auth import api_keys
from relay.event import body as bodies
from relay.request_error import RequestError
from relay.visits import bots

WRITE_KEY: Final[str] = "public_write_key"
"""Entry of the ingest secret, a text or a list in which old and new overlap."""

WRITE_KEY_NAME: Final[str] = "write_key"
"""Member of a body that holds the write key."""

_WRITE_KEY_MEMBER: Final[bytes] = f'"{WRITE_KEY_NAME}"'.encode()

MAX_VISIT_BYTES: Final[int] = 8192
"""A visit with the longest click id and page has 5 KB."""

NULL_ORIGIN: Final[str] = "null"

SCRIPT_NAMES: Final[tuple[str, ...]] = ("tag.js", "adapters.js")


# ── scripts ────────────────────────────────────────────────────────────────────────────────────────────


def get_script(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Give a script, compressed where the browser takes that; 304 where the browser has it."""
    settings = get_dependencies().settings
    name = request.path.removeprefix("/")
    text, tag = _script(
        name, settings.destinations["web"][0], settings.webhooks.event_id_prefix, bool(settings.visits_table)
    )
    headers = {
        "content-type": "text/javascript; charset=utf-8",
        # An hour: a changed tag is on every page within it, and most page views ask for nothing.
        "cache-control": "public, max-age=3600",
        "etag": tag,
        "vary": "accept-encoding",
        # For pages that load it with `crossorigin`, or that isolate themselves.
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }
    known = [entry.strip().removeprefix("W/") for entry in (request.header("if-none-match") or "").split(",")]
    if tag in known or "*" in known:
        return Response(HTTPStatus.NOT_MODIFIED, "", headers)
    if _takes_gzip(request.header("accept-encoding") or ""):
        body = base64.b64encode(_compress(text)).decode()
        return Response(HTTPStatus.OK, body, {**headers, "content-encoding": "gzip"}, is_base64=True)
    return Response(HTTPStatus.OK, text, headers)


@cache
def _script(name: str, pixel: str, prefix: str, visits: bool) -> tuple[str, str]:
    """Return a script with the stack's values in it, and its entity tag."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    values = {"{{pixel}}": pixel, "{{prefix}}": prefix, "{{visits}}": "on" if visits else "off"}
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


@cache
def _compress(text: str) -> bytes:
    import gzip  # events don't wait for it

    return gzip.compress(text.encode(), 9, mtime=0)


def _takes_gzip(accept_encoding: str) -> bool:
    for entry in accept_encoding.lower().split(","):
        coding, _, parameters = entry.strip().partition(";")
        if coding.strip() == "gzip":
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


# ── who may send ───────────────────────────────────────────────────────────────────────────────────────


def has_write_key(request: Request, dependencies: Dependencies) -> bool:
    """Whether a request from no allowed origin holds the public write key in its body.

    Raises RequestError (401) for a wrong one.
    """
    origin = request.header("origin")
    if origin not in (None, NULL_ORIGIN):
        # A page of an allowed origin needs no key, and to a page of another site it adds nothing.
        return False
    if origin is None and request.size() > MAX_BROWSER_BYTES:
        # A server that forgot its key: a key is what it has to send, and not less at a time.
        return False
    raw = request.body(MAX_BROWSER_BYTES)
    if _WRITE_KEY_MEMBER not in raw:
        return False
    body = bodies.parse_json(raw, MAX_BROWSER_BYTES)
    offered = body.get(WRITE_KEY_NAME) if isinstance(body, dict) else None
    if isinstance(offered, str) and api_keys.is_key(offered, dependencies.secret, (WRITE_KEY,)):
        return True
    raise RequestError(401, "unauthenticated", "The write key is wrong; expected the public write key.")


def visitor_of(request: Request) -> tuple[str, str | None]:
    """IP address and User-Agent of the browser that sent a request.

    `Request.client_ip` is the address that API Gateway saw, or that of the header that the owner names.
    """
    return request.client_ip, request.header("user-agent")


def limit_rate(request: Request, dependencies: Dependencies) -> None:
    """Raise RequestError (429) where an origin or an address sends too much."""
    origin = (request.header("origin") or "none").lower()[:255]
    if dependencies.limits.allow(origin, request.client_ip):
        return
    detail = "Too many requests from this page's origin or this address. Send it again later."
    raise RequestError(429, "too_many_requests", detail, headers={"retry-after": "10"})


def ignored_reason(request: Request, events: list[object]) -> bots.Reason | None:
    """Return why a browser's events are ignored, and count it."""
    pages = [page for event in events if isinstance(event, dict) and (page := _page_of(event))]
    reason = bots.find_reason(request.header("user-agent"), pages)
    if reason is not None:
        telemetry.info("browser_ignored", trace_id=request.request_id, route=request.path, reason=reason)
        telemetry.count("BrowserRequestsIgnored")
    return reason


def ignored_response(reason: bots.Reason, events: list[object]) -> Response:
    """Answer a browser whose events are ignored."""
    dropped = [{"index": index, "reason": reason} for index in range(len(events))]
    return Response.json(HTTPStatus.OK, {"accepted": [], "rejected": [], "dropped": dropped})


def _page_of(event: dict[str, object]) -> object:
    page = event.get("page")
    return page.get("url") if isinstance(page, dict) else event.get("url")


# ── visits ─────────────────────────────────────────────────────────────────────────────────────────────


def post_visit(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Keep what a page leaves for a later webhook. The answer says nothing of what is kept."""
    # Imported late: events don't wait for what only visits need.
    from relay.aws.dynamodb import TableError
    from relay.visits.visit import parse_visit

    dependencies = get_dependencies()
    if not _may_send(request, dependencies):
        detail = "Pages of this origin may not leave visits here (parameter AllowedOrigins)."
        raise RequestError(403, "origin_not_allowed", detail)
    limit_rate(request, dependencies)
    raw = request.body(MAX_VISIT_BYTES)
    request.require_json(beacon=True)
    body = bodies.parse_json(raw, MAX_VISIT_BYTES)
    visit, pointers = parse_visit(body, *visitor_of(request))
    done = Response(HTTPStatus.NO_CONTENT, "")
    if dependencies.visits is None or ignored_reason(request, [body] if isinstance(body, dict) else []):
        return done
    try:
        kept = dependencies.visits.leave(visit, pointers)
    except TableError as error:
        telemetry.error("visit_table_failed", trace_id=request.request_id, error_type=str(error))
        telemetry.count("VisitTableFaults")
        detail = "The visit was not kept. Send it again."
        raise RequestError(503, "visits_unavailable", detail, headers={"retry-after": "10"}) from error
    telemetry.info(
        "visit_left" if visit.granted else "visit_withdrawn",
        trace_id=request.request_id,
        outcome="kept" if kept else "not_kept",
    )
    if kept and visit.granted:
        telemetry.count("VisitsLeft")
    return done


def _may_send(request: Request, dependencies: Dependencies) -> bool:
    allowed = request.header("origin") in dependencies.settings.allowed_origins
    return allowed or has_write_key(request, dependencies)


def preflight(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Answer a browser that asks whether a page of its origin may send. Raises RequestError (403)."""
    if request.header("origin") not in get_dependencies().settings.allowed_origins:
        detail = "Pages of this origin may not send here (parameter AllowedOrigins)."
        raise RequestError(403, "origin_not_allowed", detail)
    headers = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        # A day; browsers cap it themselves (Chromium at two hours).
        "access-control-max-age": "86400",
    }
    return Response(HTTPStatus.NO_CONTENT, "", headers)
