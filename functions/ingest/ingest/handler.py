"""The ingest handler: an HTTP request in, the response of its route out, and no other way out than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest import routes
from ingest.dependencies import runtime
from ingest.http import LambdaAnswer, Request, Response
from relay import telemetry
from relay.auth import api_keys
from relay.aws.secrets import SecretError
from relay.request_error import RequestError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> LambdaAnswer:
    """Answers one request of the HTTP API (payload version 2.0)."""
    request = Request.of(event)
    try:
        return _readable_by_page(request, _respond(request)).as_lambda()
    except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, the sender gets an answer
        telemetry.unexpected("request_failed", error)
        detail = "The relay failed; nothing is known to be accepted. Send it again."
        return _refuse(request, RequestError(500, "internal_error", detail)).as_lambda()
    finally:
        telemetry.flush()


def _respond(request: Request) -> Response:
    try:
        return routes.find(request)(request, runtime)
    except RequestError as error:
        return _refuse(request, error)
    except SecretError as error:
        # Logged where it was read; what is missing in it shows here only.
        telemetry.error("secret_unusable", trace_id=request.request_id, reason=error.reason)
        telemetry.count("SecretFaults")
        detail = (
            f"The relay can't use its secret ({error.reason}), so it can't check who sends. Try again later."
        )
        return _refuse(request, RequestError(503, "secret_unusable", detail, headers={"retry-after": "30"}))


def _refuse(request: Request, error: RequestError) -> Response:
    known = request.path in routes.ROUTES
    telemetry.info(
        "request_rejected",
        trace_id=request.request_id,
        route=request.path if known else "other",
        status=error.status,
        problem=error.code,
    )
    if known:
        # Scanners ask for paths of all kinds; an alarm reads this metric.
        telemetry.count("RequestsRejected")
    return Response.problem(error)


def _readable_by_page(request: Request, response: Response) -> Response:
    """The response with what lets a page of an allowed origin read it, errors too."""
    origin = request.header("origin")
    if origin is None or request.path not in routes.FROM_PAGES:
        return response
    headers = {**response.headers, "vary": "origin"}
    if api_keys.is_allowed_origin(origin, runtime().settings.allowed_origins):
        headers["access-control-allow-origin"] = origin
    return Response(response.status, response.body, headers)
