"""TikTok's own route: what is counted of a request of which one row is wrong."""

import json
import time
from typing import Any

import pytest

from ingest import tiktok_compat
from relay import telemetry
from relay.destination import TRACK_PATH
from tests.support.events import PIXEL, event
from tests.support.ingest import MemoryQueue, make_dependencies, request
from tests.support.lambda_events import SERVER_KEY
from tests.support.telemetry import emitted, written


def test_request_that_one_row_rejects_counts_none_of_its_events_as_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.configure("shop-stack", "ingest-12")
    queue = MemoryQueue()
    rows: list[dict[str, Any]] = [event(event_time=int(time.time())) for _ in range(3)]
    rows[1]["currency"] = "Euro"
    body = {"event_source": "web", "event_source_id": PIXEL, "data": rows}
    sent = request("POST", TRACK_PATH, body, access_token=SERVER_KEY)
    with written() as log:
        emitted(capsys)
        answer = tiktok_compat.track(sent, lambda: make_dependencies(queue))
    assert json.loads(answer.body)["code"] == 40002
    assert queue.bodies == []
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert (line["accepted"], line["rejected"], line["event_id_digests"]) == (0, 1, [])
    (metrics,) = emitted(capsys)
    assert (metrics["EventsReceived"], metrics["EventsAccepted"]) == ([3.0], [0.0])
