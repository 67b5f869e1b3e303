"""Webhooks: the sender's signature checked on the raw bytes, the body read, its events received like all
others.

What is proven is answered 200 even where it becomes no event: a sender that gets anything else tries again,
and gives the subscription up after a while. 401 says that the signature proves nothing, 400 that the body
can't be read, 5xx that nothing was taken and the sender must try again.
"""

import time
from http import HTTPStatus
from typing import Unpack

from ingest import observability
from ingest.dependencies import Runtime
from ingest.http import MOST_SERVER_BYTES, Request, Response
from relay import ingestion, telemetry
from relay.auth.signatures import SignatureError, webhook_secrets
from relay.event.pipeline import Arrival
from relay.request_error import RequestError
from relay.webhooks import registry
from relay.webhooks.provider import REASONS, Ignored, Source


def answer(request: Request, run: Runtime) -> Response:
    """Answers one webhook. Raises RequestError."""
    sender = request.path.rpartition("/")[2]
    source = registry.find(sender)
    raw = request.body(MOST_SERVER_BYTES)
    if source.is_ping(request.headers, raw):
        return _ignore(request, Ignored("ping", "ping"), sender=sender)
    number = _prove(request, sender, source, raw, run)
    told = source.read(request.headers, raw, run.settings.webhooks)
    if isinstance(told, Ignored):
        return _ignore(request, told, sender=sender, secret_number=number)
    receipt = ingestion.receive(
        told.events,
        Arrival(time.time(), told.address),
        run.rules,
        source=sender,
        trace_id=request.request_id,
        put=run.put,
    )
    observability.received(request, sender, receipt, {"topic": told.topic, "secret_number": number})
    return _receipt(receipt)


def _prove(request: Request, sender: str, source: Source, raw: bytes, run: Runtime) -> int:
    """The number of the secret that the signature was made with. Raises RequestError (401) for none."""
    secrets = webhook_secrets(run.secret.read(), sender)
    try:
        try:
            number = source.prove(request.headers, raw, secrets, time.time())
        except SignatureError:
            if not run.secret.may_be_stale():
                raise
            # It may have been rotated, or put in, since the secret was read.
            secrets = webhook_secrets(run.secret.read(again=True), sender)
            number = source.prove(request.headers, raw, secrets, time.time())
    except SignatureError as error:
        telemetry.info(
            "webhook_signature_invalid",
            trace_id=request.request_id,
            sender=sender,
            reason=error.code if any(secrets) else "secret_missing",
        )
        if error.code != "signature_missing":
            # Scanners sign nothing; what is signed and wrong is a sender of ours with another secret.
            telemetry.count("WebhookSignatureValid", 0, dimensions={"sender": sender})
        detail = "The signature does not prove who sent this."
        raise RequestError(401, "signature_invalid", detail) from error
    telemetry.count("WebhookSignatureValid", 1, dimensions={"sender": sender})
    return number


def _ignore(request: Request, ignored: Ignored, **about: Unpack[telemetry.LogFields]) -> Response:
    about |= {
        "trace_id": request.request_id,
        "topic": ignored.topic,
        "reason": ignored.reason,
    }
    telemetry.info("webhook_ignored", **about)
    telemetry.count("WebhooksIgnored")
    said = {"status": "ignored", "reason": ignored.reason, "detail": REASONS[ignored.reason]}
    return Response.json(HTTPStatus.OK, said)


def _receipt(receipt: ingestion.Receipt) -> Response:
    said = receipt.as_json()
    if receipt.not_queued:
        detail = "The queue did not take all of it. Send it again: what it took counts once."
        raise RequestError(503, "queue_unavailable", detail, extra=said, headers={"retry-after": "5"})
    if receipt.accepted:
        return Response.json(HTTPStatus.OK, {"status": "accepted", **said})
    if receipt.dropped and not receipt.rejected:
        return Response.json(HTTPStatus.OK, {"status": "dropped", "reason": "consent_denied", **said})
    detail = "The event can't be sent, and trying again would not help; its errors say why."
    return Response.json(HTTPStatus.OK, {"status": "ignored", "reason": "rejected", "detail": detail, **said})
