"""TikTok's own route: a client that is written for TikTok works here by changing its host.

Like TikTok, it takes all of a request or nothing, and answers HTTP 200 with a `code`.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus

from ingest import notes, proof
from ingest.http import MOST_SERVER_BYTES, Request, Response
from ingest.runtime import Runtime
from relay import receiving, senders
from relay.event import bodies
from relay.event.intake import Arrival
from relay.problems import ProblemError
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
        proof.with_keys(run, partial(_prove, token))
    except senders.SenderError as error:
        return answer(envelopes.INVALID_ACCESS_TOKEN, str(error))
    try:
        body = _body(request)
    except (bodies.BodyError, ProblemError) as error:
        return answer(envelopes.PARAM_ERROR, str(error))
    receipt = receiving.judge(body.events, Arrival(now, body.address, tiktok=True), run.rules)
    if receipt.refused:
        row, refused = next(iter(receipt.refused.items()))
        receipt.accepted.clear()
        notes.received(request, "server", receipt)
        return answer(envelopes.PARAM_ERROR, refusal(row, len(body.events), refused.errors[0]))
    receiving.enqueue(receipt, now, "server", request.request_id, run.put)
    notes.received(request, "server", receipt)
    if receipt.not_queued:
        return answer(envelopes.SYS_ERROR, "The queue did not take every event. Send the request again.")
    return answer(envelopes.OK, "OK")


def _prove(token: str, keys: Sequence[str]) -> None:
    if not senders.is_key(token, keys):
        raise senders.SenderError(
            "Access token is incorrect or has been revoked: send the relay's server key."
        )


def _body(request: Request) -> bodies.Body:
    request.wants_json(beacon=False)
    value = bodies.parse(request.body(MOST_SERVER_BYTES), MOST_SERVER_BYTES)
    if isinstance(value, dict):
        bodies.refuse_events_1_0(value)
        for name in ("event_source", "event_source_id", "data"):
            if value.get(name) is None:
                raise bodies.BodyError("field_missing", f"{name}: Missing data for required field.")
    return bodies.read(value)
