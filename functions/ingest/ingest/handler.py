"""The ingest handler: an HTTP request in, the response of its route out, and no other way out than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest import browser, routes, tiktok_compat
from ingest.dependencies import get_dependencies
from ingest.http import LambdaAnswer, Request, Response
from relay import telemetry
from relay.auth import api_keys
from relay.aws.secrets import SecretError
from relay.request_error import RequestError
from relay.settings import SettingsError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> LambdaAnswer:
    """Answer one request of the HTTP API (payload version 2.0)."""
    request = Request.of(event)
    try:
        try:
            request = request.behind_proxy(_visitor_address_header())
            response = routes.find_route(request)(request, get_dependencies)
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
    route = routes.find_key(request.path)
    telemetry.info(
        "request_rejected",
        trace_id=request.request_id,
        route=route or "other",
        status=error.status,
        problem=error.code,
    )
    if route is not None:
        # Scanners ask for paths of all kinds; an alarm reads this metric.
        telemetry.count("RequestsRejected")
    if route == routes.TIKTOK:
        return tiktok_compat.respond_to_error(request, error)
    return Response.problem(error)


def _readable_by_page(request: Request, response: Response) -> Response:
    """The response with the header that lets a page of an allowed origin read it, errors too."""
    origin = request.header("origin")
    if origin is None or request.path not in routes.FROM_PAGES:
        return response
    headers = {**response.headers, "vary": "origin"}
    if origin == browser.NULL_ORIGIN:
        # A sandboxed frame, which only gets in by the write key, may read why it does not.
        headers["access-control-allow-origin"] = "*"
    try:
        allowed = get_dependencies().settings.allowed_origins
    except SettingsError:
        allowed = ()
    if api_keys.is_allowed_origin(origin, allowed):
        headers["access-control-allow-origin"] = origin
    return Response(response.status, response.body, headers, response.is_base64)
