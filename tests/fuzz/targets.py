"""Targets: the entries that a fuzzed request takes, and what must hold of everything that comes out.

A target raises AssertionError if something does not hold; any other exception is a finding as well.
"""

import itertools
import json
import re
import time
from collections.abc import Callable
from random import Random
from typing import Any, Final
from urllib.parse import unquote

import ingest.handler
from ingest.dependencies import Dependencies
from ingest.rate_limits import RateLimits
from local.simulator import contract
from relay import personal_data, telemetry
from relay.aws.secrets import Secret
from relay.event import body as bodies
from relay.event import pipeline
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.event.routing import MAX_TEST_CODES
from relay.message import Message, MessageError, decode
from relay.request_error import RequestError
from relay.settings import IngestSettings
from relay.tiktok import client
from relay.webhooks import registry
from tests.fuzz.mutations import CANARIES
from tests.support.events import NOW, PIXEL, ROUTES
from tests.support.lambda_events import SERVER_KEY, http_event

MAX_BYTES: Final[int] = 4_194_304
_OPTIONS: Final[tuple[PipelineOptions, ...]] = (PipelineOptions(ROUTES), PipelineOptions(ROUTES, "GB"))
_BROWSERS: Final[tuple[dict[str, str] | None, ...]] = (None, {"ip": "9.9.9.9", "user_agent": "Browser/1"})


STATUSES: Final[frozenset[int]] = frozenset({200, 202, 204, 304, 400, 401, 403, 404, 405, 413, 415, 422})
"""What the handler may answer while AWS works; 500 would be ours."""


def process_body(body: bytes, random: Random) -> str:
    """Bytes → events → items → messages and back. Returns the outcome in a word."""
    try:
        found = bodies.extract_events(bodies.parse_json(body, MAX_BYTES))
    except RequestError as error:
        return _check_error(error)
    outcome = "rejected"
    test_codes: set[str] = set()
    for raw in found.events[:20]:
        browser = random.choice(_BROWSERS)
        context = RequestContext(NOW, found.envelope, browser, found.tiktok_envelope, test_codes)
        result = pipeline.process_event(raw, context, random.choice(_OPTIONS))
        if isinstance(result, Accepted):
            outcome = "accepted"
            _check_accepted(result)
            if browser is not None:
                assert not any(destination.test_event_code for destination in result.destinations)
        elif isinstance(result, Rejected):
            assert result.errors
        if not isinstance(result, Dropped):
            _check_findings(result)
    assert len(test_codes) <= MAX_TEST_CODES
    return outcome


def _check_error(error: RequestError) -> str:
    assert error.code
    assert str(error)
    assert error.status in STATUSES
    return "unreadable"


def _check_findings(result: Accepted | Rejected) -> None:
    findings = (*result.warnings, *(result.errors if isinstance(result, Rejected) else ()))
    text = json.dumps([finding.as_json() for finding in findings], ensure_ascii=False)
    text.encode()
    _check_canaries(text)


def _check_canaries(text: str) -> None:
    for canary in CANARIES:
        # With more digits after it, it is no phone number any more.
        assert re.search(re.escape(canary) + r"(?!\d)", text) is None, canary


def _check_accepted(accepted: Accepted) -> None:
    for destination in accepted.destinations:
        request = json.loads(client.encode_body(destination, [accepted.item]))
        problems = contract.problems(request)
        assert problems == [], problems
        message = Message(destination, NOW, "server", "trace-1", accepted.item)
        assert decode(message.encode()) == message
    text = accepted.item
    for _ in range(3):
        text = unquote(text)
    _check_canaries(text)


def redact_words(body: bytes, _random: Random) -> str:
    """Words → redaction; and words of TikTok's about an event → dead-letter attribute."""
    text = body.decode("utf-8", "replace")
    redaction = personal_data.redact_text(text)
    assert personal_data.redact_text(redaction.text).found is None
    half = len(text) // 2
    _check_canaries(redaction.text)
    _check_canaries(personal_data.redact_echoes(f"{text[:half]} {' '.join(CANARIES)}", text[half:]))
    return "clean" if redaction.found is None else "redacted"


def redact_answer(body: bytes, random: Random) -> str:
    """TikTok's words that repeat a value of the event, at their end or within → dead-letter attribute."""
    text = body.decode("utf-8", "replace")
    start = random.randint(0, len(text))
    value = text[start : start + random.randint(1, 40)]
    echo, end = random.choice((value, value.upper(), value[:-1])), random.choice(("", ".", text[:30]))
    words = f"Invalid value: {echo}{end}"
    kept = personal_data.redact_echoes(words, json.dumps({"user": {"city": value}}))
    is_plain = len(value) >= 8 and value.isascii() and value.isalnum()
    assert not (is_plain and kept.startswith(f"Invalid value: {value}"))
    return "cut" if kept != words else "kept"


def decode_message(body: bytes, random: Random) -> str:
    """Text → message, as dispatch receives it from the queue."""
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


_ODD_TEXTS: Final[tuple[str, ...]] = (
    *("\u00fc", "\ud83d", "\x00", "\x1b[31m", "undefined", "wrong", "null", "https://evil.example"),
    *("text/plain", "Bearer wrong", "Basic x", "a" * 20_000, ""),
)


def _make_header(usual: str | None, random: Random) -> str | None:
    """A header as it usually is, sometimes an odd one or none."""
    chance = random.random()
    return usual if chance < 0.9 else None if chance < 0.92 else random.choice(_ODD_TEXTS)


def handle_request(body: bytes, random: Random) -> str:
    """A request → the handler → its response. Returns the status."""
    encoded = random.random() < 0.5
    request = http_event(
        random.choice(("POST",) * 8 + ("GET", "OPTIONS", "PUT")),
        random.choice(_PATHS),
        body if encoded else body.decode("utf-8", "replace"),
        base64_encoded=encoded,
        access_token=_make_header(SERVER_KEY, random),
        authorization=_make_header(f"Bearer {SERVER_KEY}", random),
        origin=_make_header(random.choice((None, None, None, "https://shop.example")), random),
        content_type=_make_header("application/json", random),
        user_agent=_make_header("Browser/1", random),
    )
    if random.random() < 0.05:
        request["body"] = body.decode("latin-1")
        request["isBase64Encoded"] = random.random() < 0.5
    if random.random() < 0.05:
        request["requestContext"]["http"]["sourceIp"] = random.choice(("10.0.0.1", "::1", "", "garbage"))
    response: Any = ingest.handler.lambda_handler(request, None)  # type: ignore[arg-type]
    assert response["statusCode"] in STATUSES, response
    if response["body"]:
        json.loads(response["body"])
    assert "Traceback" not in response["body"]
    return str(response["statusCode"])


def replace_aws(replace: Callable[[str, object], None]) -> None:
    """Give the handler dependencies without AWS: a secret with one key, and a queue that takes everything.

    `replace` is pytest's `monkeypatch.setattr`.
    """
    settings = IngestSettings.from_environment(
        {
            "QUEUE_URL": "https://queue.example",
            "INGEST_SECRET_ARN": "arn",
            "PIXEL_ID": PIXEL,
            "ALLOWED_ORIGINS": "https://shop.example",
            "DEFAULT_COUNTRY": "GB",
        }
    )
    made = Dependencies(
        settings,
        _OPTIONS[1],
        Secret(lambda: json.dumps({"server_key": SERVER_KEY}), time.monotonic),
        lambda _: [],
        None,
        # A clock on which every request is in a window of its own.
        RateLimits(itertools.count(step=60).__next__),
    )
    replace("ingest.handler.get_dependencies", lambda: made)
    telemetry.flush()


TARGETS: Final = (
    process_body,
    process_body,
    process_body,
    decode_message,
    handle_request,
    redact_words,
    redact_answer,
)
"""More often what most of the code belongs to."""
