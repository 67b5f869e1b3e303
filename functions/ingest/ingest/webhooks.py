"""`POST /v1/webhooks/{provider}`: verify the signature over the raw bytes, parse, enqueue.

A webhook with a valid signature is answered with 200 even where it becomes no event: a sender that gets an
error sends it again, and gives the subscription up after a while. 401: the signature is not valid. 400: the
body is not JSON. 5xx: nothing, or not all, was enqueued, or what was counted before is needed and can't be
reached; the sender has to send it again.
"""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, Unpack

from ingest import observability
from ingest.dependencies import Dependencies
from ingest.http import MAX_SERVER_BYTES, Request, Response
from relay import ingestion, telemetry
from relay.auth.signatures import SignatureError, webhook_secrets
from relay.event.pipeline import Accepted, Rejected, RequestContext
from relay.request_error import RequestError
from relay.visits.join import Joined, join_visit
from relay.webhooks import registry
from relay.webhooks.history import NO_HISTORY, History, apply_history, history_unavailable
from relay.webhooks.provider import LOST, REASONS, Ignored, Provider, ProviderEvents

MAX_UNSIGNED_BYTES: Final[int] = 1024
"""Of a body without a signature. A ping (WooCommerce, when a webhook is saved) has some twenty bytes."""


def answer(request: Request, dependencies: Dependencies, history: History = NO_HISTORY) -> Response:
    """Answer one webhook. Raises RequestError."""
    name = request.path.removeprefix(registry.ROUTE_PREFIX)
    provider = registry.load_provider(name)
    # Strangers sign nothing: they get no large body decoded, and no secret read.
    is_signed = provider.signature.is_present(request.headers)
    raw = request.body(MAX_SERVER_BYTES) if is_signed or request.size() <= MAX_UNSIGNED_BYTES else b""
    if provider.is_ping(request.headers, raw):
        return _ignore(request, Ignored("ping", "ping"), sender=name)
    number = _verify(request, name, provider, raw, dependencies)
    parsed = provider.parse(request.headers, raw, dependencies.settings.webhooks)
    if not isinstance(parsed, Ignored):
        parsed = apply_history(parsed, history, time.time())
    if isinstance(parsed, Ignored):
        return _ignore(request, parsed, sender=name, secret_number=number)
    joined = _join(parsed, dependencies)
    receipt = ingestion.ingest_events(
        joined.events if joined else parsed.events,
        RequestContext(time.time(), parsed.envelope),
        dependencies.options,
        source=name,
        trace_id=request.request_id,
        put=dependencies.put,
    )
    remembered = True
    if receipt.accepted and not receipt.not_queued:
        purchases = receipt.purchase_keys(dependencies.options.routes.default)
        keys = [key for key in (parsed.history.remembered, *purchases) if key]
        remembered = history.remember(keys) or not parsed.history.needed
    listed: dict[int, Accepted | Rejected] = {**receipt.accepted, **receipt.rejected}
    for index, event in listed.items():
        event.warnings = provider.select_warnings(parsed, index, event.warnings)
    fields: telemetry.LogFields = {"topic": parsed.topic, "secret_number": number}
    if joined is not None:
        fields |= {"visit": joined.status, "visit_via": joined.via or "", "visit_filled": list(joined.filled)}
        telemetry.count("WebhooksJoined", 1 if joined.filled else 0)
    observability.write_receipt(request, name, receipt, dependencies.settings.test_event_code, fields)
    return _respond(receipt, {"visit": joined.to_json()} if joined else {}, remembered=remembered)


def _join(parsed: ProviderEvents, dependencies: Dependencies) -> Joined | None:
    """Fill the events from the buyer's visit; a fault there never costs the webhook."""
    if dependencies.visits is None or parsed.visit is None:
        return None
    try:
        return join_visit(parsed.events, parsed.visit, dependencies.visits)
    except Exception as error:  # noqa: BLE001 - the purchase is worth more than its match keys
        telemetry.unexpected("visit_join_failed", error)
        telemetry.count("VisitTableFaults")
        return None


def _verify(request: Request, name: str, provider: Provider, raw: bytes, dependencies: Dependencies) -> int:
    """Return the index of the secret that signed the body. Raises RequestError (401) for none."""

    def verify(secrets: Sequence[str]) -> int:
        return provider.signature.verify(request.headers, raw, secrets, time.time())

    secrets: Sequence[str] = ()
    try:
        if not provider.signature.is_present(request.headers):
            raise SignatureError("signature_missing")  # noqa: TRY301 - as the verification below does
        secrets = webhook_secrets(dependencies.secret.read(), name)
        try:
            number = verify(secrets)
        except SignatureError:
            # It may have been rotated, or put in, since the secret was read.
            fresh = webhook_secrets(dependencies.secret.read(again=True), name)
            if fresh == secrets:
                raise
            secrets = fresh
            number = verify(secrets)
    except SignatureError as error:
        telemetry.info(
            "webhook_signature_invalid",
            trace_id=request.request_id,
            sender=name,
            reason=error.code if any(secrets) or error.code == "signature_missing" else "secret_missing",
        )
        if error.code != "signature_missing":
            # Scanners sign nothing; what is signed and invalid is a sender of ours with another secret.
            telemetry.count("WebhookSignatureValid", 0, dimensions={"sender": name})
        detail = "The signature is not valid."
        raise RequestError(401, "signature_invalid", detail) from error
    telemetry.count("WebhookSignatureValid", 1, dimensions={"sender": name})
    return number


def _ignore(request: Request, ignored: Ignored, **fields: Unpack[telemetry.LogFields]) -> Response:
    fields |= {
        "trace_id": request.request_id,
        "topic": ignored.topic,
        "reason": ignored.reason,
    }
    telemetry.info("webhook_ignored", **fields)
    telemetry.count("WebhooksIgnored")
    if ignored.reason in LOST:
        telemetry.count("WebhooksLost")
    detail = ignored.detail or REASONS[ignored.reason]
    return Response.json(HTTPStatus.OK, {"status": "ignored", "reason": ignored.reason, "detail": detail})


def _respond(receipt: ingestion.Receipt, about_visit: Mapping[str, object], *, remembered: bool) -> Response:
    results = {**receipt.as_json(), **about_visit}
    if receipt.not_queued:
        detail = "The queue did not take all of it. Send it again: events that it took count once."
        raise RequestError(503, "queue_unavailable", detail, extra=results, headers={"retry-after": "5"})
    if not remembered:
        raise history_unavailable(results)
    if receipt.accepted:
        return Response.json(HTTPStatus.OK, {"status": "accepted", **results})
    if receipt.dropped and not receipt.rejected:
        return Response.json(HTTPStatus.OK, {"status": "dropped", "reason": "consent_denied", **results})
    detail = "TikTok would not take the event, and sending it again would not help; errors says why."
    return Response.json(
        HTTPStatus.OK, {"status": "ignored", "reason": "rejected", "detail": detail, **results}
    )
