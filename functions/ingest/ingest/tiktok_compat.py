"""TikTok's own route: a client that is written for TikTok works here by changing its host.

Like TikTok, it takes all of a request or nothing, and answers HTTP 200 with a `code`.
"""

import time
from collections.abc import Callable
from http import HTTPStatus

from ingest import observability
from ingest.dependencies import Runtime
from ingest.http import MOST_SERVER_BYTES, Request, Response
from relay import ingestion
from relay.auth import api_keys
from relay.aws.secrets import SecretError
from relay.event import body as bodies
from relay.event.pipeline import Arrival
from relay.request_error import RequestError
from relay.tiktok import envelopes
from relay.tiktok.envelopes import envelope, refusal


def track(request: Request, runtime: Callable[[], Runtime]) -> Response:
    """Takes TikTok's own request, plain or hashed, and gives TikTok's own answer."""
    run = runtime()
    now = time.time()

    def answer(code: int, message: str) -> Response:
        return Response.json(HTTPStatus.OK, envelope(code, message, now, request.request_id))

    token = request.header("access-token")
    if not token:
        return answer(envelopes.EMPTY_ACCESS_TOKEN, "Access token is empty. Send the relay's server key.")
    try:
        known = api_keys.is_server_key(token.strip(), run.secret)
    except SecretError:
        return answer(envelopes.SYS_ERROR, "The relay can't check the server key now. Send it again.")
    if not known:
        detail = "Access token is incorrect or has been revoked: send the relay's server key."
        return answer(envelopes.INVALID_ACCESS_TOKEN, detail)
    try:
        body = _body(request)
    except RequestError as error:
        return answer(envelopes.PARAM_ERROR, str(error))
    receipt = ingestion.judge(body.events, Arrival(now, body.address, tiktok=True), run.rules)
    if receipt.rejected:
        row, refused = next(iter(receipt.rejected.items()))
        receipt.accepted.clear()
        observability.received(request, "server", receipt)
        return answer(envelopes.PARAM_ERROR, refusal(row, len(body.events), refused.errors[0]))
    ingestion.enqueue(receipt, now, "server", request.request_id, run.put)
    observability.received(request, "server", receipt)
    if receipt.not_queued:
        return answer(envelopes.SYS_ERROR, "The queue did not take every event. Send the request again.")
    return answer(envelopes.OK, "OK")


def _body(request: Request) -> bodies.Body:
    request.wants_json(beacon=False)
    value = bodies.parse(request.body(MOST_SERVER_BYTES), MOST_SERVER_BYTES)
    if isinstance(value, dict):
        bodies.refuse_events_1_0(value)
        for name in ("event_source", "event_source_id", "data"):
            if value.get(name) is None:
                raise RequestError(400, "field_missing", f"{name}: Missing data for required field.")
    return bodies.read(value)
