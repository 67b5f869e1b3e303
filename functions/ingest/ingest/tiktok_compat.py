"""TikTok's own route: a client that is written for TikTok works here by changing its host.

Like TikTok, it takes all events of a request or none, and answers HTTP 200 with a `code`.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from ingest import observability
from ingest.dependencies import Dependencies
from ingest.http import MAX_SERVER_BYTES, Request, Response
from relay import ingestion
from relay.auth import api_keys
from relay.destination import TRACK_PATH
from relay.event import body as bodies
from relay.event.pipeline import RequestContext
from relay.request_error import RequestError
from relay.tiktok import envelopes
from relay.tiktok.envelopes import describe_error, envelope

_EVENTS_1_0: Final[re.Pattern[str]] = re.compile(
    r"/open_api/v[0-9.]{1,8}/(pixel|app|offline)/(track|batch)/?", re.ASCII
)
"""TikTok API for Business, Doc 1701890979375106 (pixel batch) and those of its siblings."""

_OTHER_VERSION: Final[re.Pattern[str]] = re.compile(r"/open_api/(v[0-9.]{1,8})/event/track/?", re.ASCII)


def track(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Take TikTok's own request, plain or hashed, and give TikTok's own response. Raises RequestError."""
    _check_path(request)
    token = (request.header("access-token") or "").strip()
    if not token:
        detail = "Access token is empty. Send the relay's server key in the header Access-Token."
        raise RequestError(401, "access_token_empty", detail)
    dependencies = get_dependencies()
    if not api_keys.is_server_key(token, dependencies.secret):
        detail = "Access token is incorrect or has been revoked: send the relay's server key."
        raise RequestError(401, "access_token_invalid", detail)
    body = _parse_body(request)
    now = time.time()
    receipt = ingestion.validate_events(
        body.events, RequestContext(now, body.envelope, tiktok_envelope=True), dependencies.options
    )
    if receipt.rejected:
        row, rejected = next(iter(receipt.rejected.items()))
        receipt.accepted.clear()
        observability.write_receipt(request, "server", receipt, dependencies.settings.test_event_code)
        return _respond(
            request, envelopes.PARAM_ERROR, describe_error(row, len(body.events), rejected.errors[0])
        )
    ingestion.enqueue(receipt, now, "server", request.request_id, dependencies.put)
    observability.write_receipt(request, "server", receipt, dependencies.settings.test_event_code)
    if dependencies.visits is not None:
        dependencies.visits.remember(receipt.purchase_keys(dependencies.options.routes.default))
    if receipt.not_queued:
        detail = "The queue did not take every event. Send the request again."
        return _respond(request, envelopes.SYS_ERROR, detail)
    return _respond(request, envelopes.OK, "OK")


def respond_to_error(request: Request, error: RequestError) -> Response:
    """The response to a request that was rejected as a whole, in TikTok's envelope."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code = envelopes.SYS_ERROR
    elif error.status == HTTPStatus.UNAUTHORIZED:
        empty = error.code == "access_token_empty"
        code = envelopes.EMPTY_ACCESS_TOKEN if empty else envelopes.INVALID_ACCESS_TOKEN
    else:
        code = envelopes.PARAM_ERROR
    return _respond(request, code, error.detail)


def _respond(request: Request, code: int, message: str) -> Response:
    return Response.json(HTTPStatus.OK, envelope(code, message, time.time(), request.request_id))


def _check_path(request: Request) -> None:
    """Raise RequestError for any path under /open_api/ but the one, and any method but POST."""
    if request.path in (TRACK_PATH, TRACK_PATH.rstrip("/")):
        if request.method == "POST":
            return
        raise RequestError(
            405, "method_not_allowed", f"The method is not supported; expected POST {TRACK_PATH}."
        )
    if _EVENTS_1_0.fullmatch(request.path):
        detail = f"This is a path of Events API 1.0; expected POST {TRACK_PATH} with event_source and data."
    elif found := _OTHER_VERSION.fullmatch(request.path):
        detail = f"Version {found[1]} is not supported; expected POST {TRACK_PATH}."
    else:
        detail = f"There is no such path; expected POST {TRACK_PATH}."
    raise RequestError(404, "route_unknown", detail)


def _parse_body(request: Request) -> bodies.Body:
    request.require_json(beacon=False)
    value = bodies.parse_json(request.body(MAX_SERVER_BYTES), MAX_SERVER_BYTES)
    if isinstance(value, dict):
        bodies.reject_events_1_0(value)
        for name in ("event_source", "event_source_id", "data"):
            if value.get(name) is None:
                raise RequestError(400, "field_missing", f"{name}: Missing data for required field.")
    return bodies.extract_events(value)
