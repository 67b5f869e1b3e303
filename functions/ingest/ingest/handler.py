"""The ingest handler: an HTTP request in, the response of its route out, and no other way out than that."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ingest import browser, tiktok_compat
from ingest.dependencies import get_dependencies
from ingest.http import LambdaAnswer, Request, Response
from ingest.routes import FROM_PAGES, ROUTES, TIKTOK, TIKTOK_PREFIX, Route
from relay import telemetry
from relay.aws.secrets import SecretError
from relay.request_error import RequestError
from relay.settings import SettingsError
from relay.webhooks import registry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> LambdaAnswer:
    """Answer one request of the HTTP API (payload version 2.0)."""
    request = Request.of(event)
    try:
        try:
            request = request.behind_proxy(_visitor_address_header())
            response = find_route(request)(request, get_dependencies)
        except Exception as error:  # noqa: BLE001 - the outermost edge: the sender always gets a response
            response = _reject(request, _to_request_error(request, error))
        return _readable_by_page(request, response).as_lambda()
    finally:
        telemetry.flush()


def _visitor_address_header() -> str:
    try:
        return get_dependencies().settings.visitor_address_header
    except SettingsError:
        # The route says so, if it needs settings.
        return ""


def find_route(request: Request) -> Route:
    """Find what answers a request. Raises RequestError (404 or 405) where nothing does."""
    path = _find_path(request.path)
    if path == TIKTOK:
        # Whatever the method: TikTok's envelope says which one is expected.
        return tiktok_compat.track
    if path is None:
        raise RequestError(404, "route_unknown", f"There is no such route. {_suggest(request.path)}")
    methods = ROUTES[path]
    route = methods.get(request.method)
    if route is None:
        allowed = ", ".join(methods)
        raise RequestError(
            405, "method_not_allowed", f"This route takes {allowed}.", headers={"allow": allowed}
        )
    return route


def _find_path(path: str) -> str | None:
    """The path in ROUTES that a request's path belongs to, if any."""
    if path.startswith(TIKTOK_PREFIX):
        return TIKTOK
    return path if path in ROUTES else None


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


def _to_request_error(request: Request, error: Exception) -> RequestError:
    """The only place where an exception becomes an HTTP status."""
    retry = {"retry-after": "30"}
    if isinstance(error, RequestError):
        return error
    if isinstance(error, SecretError):
        # A failed read is logged where it failed; a missing server key shows here only.
        telemetry.error("secret_unusable", trace_id=request.request_id, reason=error.reason)
        telemetry.count("SecretFaults")
        detail = f"The relay can't use its secret ({error.reason}), so it can't check keys. Send it later."
        return RequestError(503, "secret_unusable", detail, headers=retry)
    if isinstance(error, SettingsError):
        telemetry.error("settings_invalid", trace_id=request.request_id, variable=error.variable)
        detail = f"The relay can't use its setting {error.variable}. Its owner has to deploy it again."
        return RequestError(503, "settings_invalid", detail, {"variable": error.variable}, retry)
    telemetry.unexpected("request_failed", error)
    detail = "The relay failed; nothing is known to be accepted. Send it again."
    return RequestError(500, "internal_error", detail)


def _reject(request: Request, error: RequestError) -> Response:
    route = _find_path(request.path)
    telemetry.info(
        "request_rejected",
        trace_id=request.request_id,
        route=route or "other",
        status=error.status,
        problem=error.code,
    )
    if error.status > HTTPStatus.INTERNAL_SERVER_ERROR:
        # A 500 is an exception that nothing expects: `telemetry.unexpected` has counted it.
        telemetry.count_version_error()
    if route is not None:
        # Scanners ask for paths of all kinds; an alarm reads this metric.
        telemetry.count("RequestsRejected")
    if route == TIKTOK:
        return tiktok_compat.respond_to_error(request, error)
    return Response.problem(error)


def _readable_by_page(request: Request, response: Response) -> Response:
    """The response with the header that lets a page of an allowed origin read it, errors too."""
    origin = request.header("origin")
    if origin is None or request.path not in FROM_PAGES:
        return response
    headers = {**response.headers, "vary": "origin"}
    if origin == browser.NULL_ORIGIN:
        # A sandboxed frame, which only gets in by the write key, may read why it does not.
        headers["access-control-allow-origin"] = "*"
    try:
        allowed = get_dependencies().settings.allowed_origins
    except SettingsError:
        allowed = ()
    if origin in allowed:
        headers["access-control-allow-origin"] = origin
    return Response(response.status, response.body, headers, response.is_base64)
