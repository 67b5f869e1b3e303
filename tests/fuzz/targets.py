"""Targets: the doors that a fuzzed request goes through, and what has to hold of whatever comes out.

A target raises AssertionError where something does not hold; any other exception is a finding as well.
"""

import json
import time
from collections.abc import Callable
from random import Random
from typing import Any, Final
from urllib.parse import unquote

import ingest.handler
from ingest.dependencies import Runtime
from local.simulator import contract
from relay import telemetry
from relay.aws.secrets import Secret
from relay.event import body as bodies
from relay.event import pipeline
from relay.event.pipeline import Accepted, PipelineOptions, Rejected, RequestContext
from relay.message import Message, MessageError, decode
from relay.request_error import RequestError
from relay.settings import IngestSettings
from relay.tiktok import client
from relay.webhooks import registry
from tests.fuzz.mutations import CANARIES
from tests.support.events import NOW, PIXEL, ROUTES
from tests.support.lambda_events import SERVER_KEY, http_event

MOST_BYTES: Final[int] = 4_194_304
_RULES: Final[tuple[PipelineOptions, ...]] = (PipelineOptions(ROUTES), PipelineOptions(ROUTES, "GB"))
_VISITORS: Final[tuple[dict[str, str] | None, ...]] = (None, {"ip": "9.9.9.9", "user_agent": "Browser/1"})


STATUSES: Final[frozenset[int]] = frozenset({200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 422})
"""What the handler may answer while AWS works; 500 would be ours."""


def read_body(body: bytes, random: Random) -> str:
    """Bytes → events → items → messages and back. Gives what became of them, in a word."""
    try:
        found = bodies.extract_events(bodies.parse_json(body, MOST_BYTES))
    except RequestError as error:
        return "unreadable" if error.code and str(error) and error.status in STATUSES else _wrong(error)
    word = "rejected"
    for raw in found.events[:20]:
        arrival = RequestContext(NOW, found.envelope, random.choice(_VISITORS), found.tiktok_envelope)
        result = pipeline.process_event(raw, arrival, random.choice(_RULES))
        if isinstance(result, Accepted):
            word = "accepted"
            _check(result)
        elif isinstance(result, Rejected):
            assert result.errors
            json.dumps(
                [each.as_json() for each in (*result.errors, *result.warnings)], ensure_ascii=False
            ).encode()
    return word


def _wrong(error: Exception) -> str:
    raise AssertionError("an error that says nothing") from error


def _check(accepted: Accepted) -> None:
    for destination in accepted.destinations:
        said = json.loads(client.encode_body(destination, [accepted.item]))
        objections = contract.problems(said)
        assert objections == [], objections
        message = Message(destination, NOW, "server", "trace-1", accepted.item)
        assert decode(message.encode()) == message
    shown = accepted.item.replace(json.dumps(accepted.event_id), "")
    for _ in range(3):
        shown = unquote(shown)
    for canary in CANARIES:
        assert canary not in shown, canary


def read_message(body: bytes, random: Random) -> str:
    """Text → message, as dispatch reads it off the queue."""
    text = body.decode("utf-8", "replace")
    if random.random() < 0.5:
        whole = Message(ROUTES.default[0], NOW, "server", "trace-1", '{"event":"Purchase"}').encode()
        place = random.randint(0, len(whole))
        text = whole[:place] + text[:20] + whole[random.randint(place, len(whole)) :]
    try:
        decode(text)
    except MessageError:
        return "no message"
    return "message"


_PATHS: Final[tuple[str, ...]] = ("/v1/events",) * 6 + (
    "/open_api/v1.3/event/track/",
    *registry.routes(),
    "/v1/health",
    "/v1/openapi.json",
    "/v1/events/",
    "/",
    "",
)


def handle(body: bytes, random: Random) -> str:
    """A request → the handler → its answer."""
    encoded = random.random() < 0.5
    request = http_event(
        random.choice(("POST",) * 8 + ("GET", "OPTIONS", "PUT")),
        random.choice(_PATHS),
        body if encoded else body.decode("utf-8", "replace"),
        base64_encoded=encoded,
        access_token=random.choice((SERVER_KEY, SERVER_KEY, "wrong", "\u00fc", None)),
        authorization=random.choice(
            (f"Bearer {SERVER_KEY}",) * 6 + ("Bearer wrong", "Basic x", "Bearer \u00fc", "", None)
        ),
        origin=random.choice((None, None, None, "https://shop.example", "null", "https://evil.example", "")),
        content_type=random.choice(
            ("application/json",) * 6
            + ("text/plain", "application/x-www-form-urlencoded", "", "\u00fc/\u00fc")
        ),
        user_agent=random.choice(("Browser/1", "", "\u00fc", None)),
    )
    if random.random() < 0.05:
        request["body"] = body.decode("latin-1")
        request["isBase64Encoded"] = random.random() < 0.5
    if random.random() < 0.05:
        request["requestContext"]["http"]["sourceIp"] = random.choice(("10.0.0.1", "::1", "", "rubbish"))
    answer: Any = ingest.handler.lambda_handler(request, None)  # type: ignore[arg-type]
    assert answer["statusCode"] in STATUSES, answer
    if answer["body"]:
        json.loads(answer["body"])
    assert "Traceback" not in answer["body"]
    return str(answer["statusCode"])


def play_aws(put_in_place: Callable[[str, object], None]) -> None:
    """Gives the handler a runtime without AWS: a secret with one key, and a queue that takes everything.

    `put_in_place` is pytest's `monkeypatch.setattr`, or one like it.
    """
    settings = IngestSettings.read(
        {
            "QUEUE_URL": "https://queue.example",
            "INGEST_SECRET_ARN": "arn",
            "PIXEL_ID": PIXEL,
            "ALLOWED_ORIGINS": "https://shop.example",
            "DEFAULT_COUNTRY": "GB",
        }
    )
    made = Runtime(
        settings,
        _RULES[1],
        Secret(lambda: json.dumps({"server_key": SERVER_KEY}), time.monotonic),
        lambda _: [],
    )
    put_in_place("ingest.handler.runtime", lambda: made)
    telemetry.flush()


TARGETS: Final = (read_body, read_body, read_message, handle)
"""Twice what holds most of the code."""
