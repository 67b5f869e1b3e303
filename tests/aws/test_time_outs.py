"""Time-outs: an AWS service that takes a connection and never answers costs seconds, not the function."""

import json
import time
from pathlib import Path

import pytest

from tests.aws import built
from tests.aws.conftest import request
from tests.faults.servers import Server
from tests.support.events import PIXEL, event
from tests.support.lambda_events import http_event

MAX_SECONDS = 9.0


@pytest.mark.parametrize("number", [1, 200])
def test_queue_that_never_answers_is_a_503_within_nine_seconds(
    artefacts: Path, logs: Path, aws: tuple[built.Aws, Server], number: int
) -> None:
    account, server = aws
    events = [event(event_id=f"order-{index}", event_time=int(time.time())) for index in range(number)]
    with built.running("IngestFunction", artefacts, logs, server, PIXEL_ID=PIXEL) as function:
        assert function.invoke(request(events[0]))["statusCode"] == 202
        account.hangs = True
        start = time.monotonic()
        answer = function.invoke(request({"events": events}))
        assert time.monotonic() - start < MAX_SECONDS
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["code"]) == (503, "queue_unavailable")
    assert (len(body["accepted"]), len(body["not_queued"])) == (0, number)


def test_secret_that_never_comes_is_a_503_at_once_for_the_next_request_too(
    artefacts: Path, logs: Path, aws: tuple[built.Aws, Server]
) -> None:
    account, server = aws
    account.hangs = True
    good = event(event_time=int(time.time()))
    with built.running("IngestFunction", artefacts, logs, server, PIXEL_ID=PIXEL) as function:
        assert function.invoke(http_event("GET", "/v1/openapi.json"))["statusCode"] == 200
        for most in (MAX_SECONDS, 1.0):
            start = time.monotonic()
            answer = function.invoke(request(good))
            assert time.monotonic() - start < most
            assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "secret_unusable")
