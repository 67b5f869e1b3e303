"""The simulator's faults, asked for and met over HTTP."""

from __future__ import annotations

import errno
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from local.simulator import Simulator
from local.simulator.faults import Fault, FaultList
from local.simulator.json_types import Json
from tests.support.rows import every_row

pytestmark = pytest.mark.loopback

TOKEN = "token-of-this-test"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str

    @property
    def envelope(self) -> dict[str, Json]:
        document: dict[str, Json] = json.loads(self.body)
        return document

    @property
    def code(self) -> Json:
        return self.envelope.get("code")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(tokens={TOKEN: ["PIXEL", "PIXEL_2"]}) as running:
        yield running


def item(event_id: str = "1", **properties: Json) -> Json:
    return {"event": "Purchase", "event_time": 1_764_000_000, "event_id": event_id, "properties": properties}


def send(simulator: Simulator, *items: Json, pixel: str = "PIXEL", timeout_s: float = 5) -> Reply:
    """Send a batch over a connection of its own."""
    body = json.dumps({"event_source": "web", "event_source_id": pixel, "data": list(items) or [item()]})
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=timeout_s)
    try:
        headers = {"Access-Token": TOKEN, "Content-Type": "application/json"}
        connection.request("POST", "/open_api/v1.3/event/track/", body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited five seconds in vain"
        time.sleep(0.005)


def stored(simulator: Simulator) -> list[str | None]:
    return [event["event_id"] for event in simulator.events()]


# -------------------------------------------------------------------- kinds


def test_throttle_answers_40100_and_stores_nothing(simulator: Simulator) -> None:
    simulator.add_fault("throttle")

    reply = send(simulator)

    assert (reply.status, reply.code) == (200, 40100)
    assert reply.envelope["message"] == "Too many requests. Please retry in some time."
    assert "Retry-After" not in reply.headers
    assert stored(simulator) == []


def test_throttle_can_be_an_http_429_with_a_time_to_wait(simulator: Simulator) -> None:
    simulator.add_fault("throttle", http_status=429, retry_after=7)

    reply = send(simulator)

    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (429, 40100, "7")


def test_an_error_has_any_code_message_and_status(simulator: Simulator) -> None:
    simulator.add_fault("error", code=61000, message="Slow down", http_status=400)

    reply = send(simulator)

    assert (reply.status, reply.code, reply.envelope["message"]) == (400, 61000, "Slow down")
    assert "data" not in reply.envelope


def test_a_server_error_is_tiktoks_envelope_or_a_page(simulator: Simulator) -> None:
    simulator.add_fault("server_error", times=1)
    simulator.add_fault("server_error", http_status=503, html=True)

    envelope, page = send(simulator), send(simulator)

    assert (envelope.status, envelope.code) == (500, 50000)
    assert (page.status, page.headers["Content-Type"]) == (503, "text/html")
    assert "<h1>503 Service Unavailable</h1>" in page.body


def test_a_bad_gateway_is_a_page(simulator: Simulator) -> None:
    simulator.add_fault("html_502")

    reply = send(simulator)

    assert (reply.status, reply.headers["Content-Type"]) == (502, "text/html")
    assert "502 Bad Gateway" in reply.body


def test_an_empty_object_has_no_code(simulator: Simulator) -> None:
    simulator.add_fault("empty_object")

    reply = send(simulator)

    assert (reply.status, reply.body) == (200, "{}")
    assert stored(simulator) == []


def test_not_json_is_text(simulator: Simulator) -> None:
    simulator.add_fault("not_json", text="hello")

    assert send(simulator).body == "hello"
    assert stored(simulator) == []


def test_slow_answers_as_usual_after_the_wait(simulator: Simulator) -> None:
    simulator.add_fault("slow", seconds=0.05)
    begun = time.monotonic()

    reply = send(simulator)

    assert reply.code == 0
    assert time.monotonic() - begun >= 0.05
    assert stored(simulator) == ["1"]


def test_a_timeout_after_acceptance_has_stored_what_the_client_never_hears_of(simulator: Simulator) -> None:
    simulator.add_fault("timeout_after_accept", seconds=60)

    with pytest.raises(TimeoutError):
        send(simulator, timeout_s=0.1)

    until(lambda: bool(simulator.requests()))
    assert stored(simulator) == ["1"]
    (request,) = simulator.requests()
    assert (request["accepted"], request["status"], request["ending"]) == (
        1,
        None,
        "closed without an answer",
    )


def test_a_timeout_of_no_length_closes_the_line(simulator: Simulator) -> None:
    simulator.add_fault("timeout_after_accept", seconds=0)

    with pytest.raises(http.client.RemoteDisconnected):
        send(simulator)

    assert stored(simulator) == ["1"]


@pytest.mark.parametrize(
    ("moment", "kept"), [("before_body", []), ("after_body", []), ("after_accept", ["1"])]
)
def test_a_reset_cuts_the_line_at_its_moment(simulator: Simulator, moment: str, kept: list[str]) -> None:
    simulator.add_fault("reset", moment=moment)

    with pytest.raises(ConnectionResetError) as cut:
        send(simulator)

    # A line that is merely closed raises a subclass without a number.
    assert cut.value.errno == errno.ECONNRESET
    assert stored(simulator) == kept
    assert [request["ending"] for request in simulator.requests()] == ["reset"]


def test_a_reset_before_the_body_strikes_while_a_long_body_is_being_sent(simulator: Simulator) -> None:
    simulator.add_fault("reset")
    batch = [item(str(number), description="x" * 20_000) for number in range(500)]

    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        send(simulator, *batch)

    assert simulator.requests()[0]["bytes"] == 0


def test_a_revoked_token_is_rejected_until_the_fault_is_removed(simulator: Simulator) -> None:
    number = simulator.add_fault("token_revoked")

    while_revoked = [send(simulator).code for _ in range(3)]
    simulator.remove_fault(number)

    assert while_revoked == [40105] * 3
    assert send(simulator).code == 0


def test_partial_names_the_rows_that_it_did_not_store(simulator: Simulator) -> None:
    simulator.add_fault("partial", match={"field": "event_id", "in": ["1", "3"]})

    reply = send(simulator, item("0"), item("1"), item("2"), item("3"))

    assert (reply.status, reply.code) == (200, 20001)
    data = reply.envelope["data"]
    assert isinstance(data, dict)
    failed = data["failed_events"]
    assert isinstance(failed, list)
    assert [(row["index"], row["event_id"]) for row in failed if isinstance(row, dict)] == [
        (1, "1"),
        (3, "3"),
    ]
    assert stored(simulator) == ["0", "2"]


def test_partial_without_a_list_does_not_say_which_rows_failed(simulator: Simulator) -> None:
    simulator.add_fault("partial", match={"field": "event_id", "equals": "1"}, listed=False)

    reply = send(simulator, item("0"), item("1"))

    assert (reply.code, reply.envelope["data"]) == (20001, {})
    assert stored(simulator) == ["0"]


def test_partial_without_a_rule_stores_every_other_row(simulator: Simulator) -> None:
    simulator.add_fault("partial", listed=False)

    reply = send(simulator, item("0"), item("1"), item("2"), item("3"))

    assert (reply.code, reply.envelope["data"]) == (20001, {})
    assert stored(simulator) == ["1", "3"]


@pytest.mark.parametrize(("options", "index"), [({"code": 0}, 0), ({"code": 0, "index": -1}, -1)])
def test_partial_may_say_code_0_and_list_a_row_that_there_is_not(
    simulator: Simulator, options: dict[str, Any], index: int
) -> None:
    simulator.add_fault("partial", **options)

    reply = send(simulator, item("0"), item("1"))

    data = reply.envelope["data"]
    assert isinstance(data, dict)
    failed = data["failed_events"]
    assert isinstance(failed, list)
    assert (reply.code, reply.envelope["message"]) == (0, "OK")
    assert [row["index"] for row in failed if isinstance(row, dict)] == [index]
    assert stored(simulator) == ["1"]


def test_redirect_names_another_place_and_stores_nothing(simulator: Simulator) -> None:
    simulator.add_fault("redirect", location="http://127.0.0.1:9/")

    reply = send(simulator, item("0"))

    assert reply.status == 307
    assert stored(simulator) == []


def test_drip_takes_its_time_and_is_the_usual_answer(simulator: Simulator) -> None:
    simulator.add_fault("drip", seconds=0.1)

    began = time.monotonic()
    reply = send(simulator, item("0"))

    assert (reply.code, stored(simulator)) == (0, ["0"])
    assert time.monotonic() - began >= 0.1


def test_poison_rejects_the_batch_and_names_the_row_and_the_field(simulator: Simulator) -> None:
    simulator.add_fault("poison", match={"field": "properties.order_id", "contains": "bad"})

    reply = send(simulator, item("0"), item("1", order_id="a bad one"), item("2", order_id="bad"))

    assert (reply.code, reply.envelope["message"]) == (
        40002,
        "Batch.1.properties.order_id: Not a valid value",
    )
    assert stored(simulator) == []


def test_poison_that_is_not_named_gives_no_row_away(simulator: Simulator) -> None:
    simulator.add_fault("poison", match={"field": "event_id", "equals": "1"}, named=False, code=40000)

    reply = send(simulator, item("0"), item("1"))

    assert (reply.code, reply.envelope["message"]) == (40000, "Not a valid value")


def test_a_batch_without_poison_is_accepted_and_counts_for_nothing(simulator: Simulator) -> None:
    simulator.add_fault("poison", match={"field": "event_id", "equals": "1"}, times=1)

    assert [send(simulator, item("0")).code, send(simulator, item("1")).code] == [0, 40002]
    assert send(simulator, item("1")).code == 0


# ------------------------------------------------------- which fault strikes


def test_a_fault_strikes_as_often_as_asked_and_is_gone(simulator: Simulator) -> None:
    simulator.add_fault("throttle", times=2)

    assert [send(simulator).code for _ in range(3)] == [40100, 40100, 0]
    assert simulator.faults() == []


def test_a_fault_lets_the_first_requests_pass(simulator: Simulator) -> None:
    simulator.add_fault("throttle", after=2, times=1)

    assert [send(simulator).code for _ in range(4)] == [0, 0, 40100, 0]


def test_a_fault_strikes_one_in_so_many(simulator: Simulator) -> None:
    simulator.add_fault("throttle", after=1, every=3)

    assert [send(simulator).code for _ in range(7)] == [0, 40100, 0, 0, 40100, 0, 0]


def test_a_fault_strikes_its_pixel_only(simulator: Simulator) -> None:
    simulator.add_fault("throttle", event_source_id="PIXEL_2")

    assert [send(simulator, pixel=pixel).code for pixel in ("PIXEL", "PIXEL_2")] == [0, 40100]


def test_the_first_fault_in_the_list_strikes(simulator: Simulator) -> None:
    simulator.add_fault("throttle", times=1)
    simulator.add_fault("empty_object")

    assert [send(simulator).body == "{}" for _ in range(2)] == [False, True]


def test_a_slow_line_still_leads_to_the_poison(simulator: Simulator) -> None:
    simulator.add_fault("slow", seconds=0)
    simulator.add_fault("poison", match={"field": "event_id", "equals": "1"})

    assert send(simulator, item("1")).code == 40002


def test_a_poisoned_batch_is_not_accepted_by_a_timeout_either(simulator: Simulator) -> None:
    simulator.add_fault("timeout_after_accept", seconds=0)
    simulator.add_fault("poison", match={"field": "event_id", "equals": "1"})

    with pytest.raises(http.client.RemoteDisconnected):
        send(simulator, item("1"))

    assert stored(simulator) == []


def test_line_faults_ask_for_no_token_and_row_faults_do(simulator: Simulator) -> None:
    simulator.set_tokens({})
    simulator.add_fault("poison", match={"field": "event_id", "equals": "1"})

    assert send(simulator).code == 40105
    simulator.add_fault("throttle")
    assert send(simulator).code == 40100


def test_struck_requests_are_recorded_with_the_fault(simulator: Simulator) -> None:
    simulator.add_fault("throttle", times=1)
    send(simulator)
    send(simulator)

    assert [request["faults"] for request in simulator.requests()] == [["throttle"], []]
    assert simulator.stats()["faults_struck"] == {"throttle": 1}


def test_a_slow_request_leaves_no_trace_after_a_reset(simulator: Simulator) -> None:
    simulator.add_fault("slow", seconds=0.3)
    sender = threading.Thread(target=send, args=(simulator,))
    sender.start()
    until(lambda: any(fault["struck"] for fault in simulator.faults()))

    simulator.reset()
    sender.join()

    assert stored(simulator) == []
    assert simulator.requests() == []


def test_times_hold_when_many_requests_come_at_once(simulator: Simulator) -> None:
    simulator.add_fault("throttle", times=10)
    codes: list[Json] = []
    senders = [threading.Thread(target=lambda: codes.append(send(simulator).code)) for _ in range(30)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert (codes.count(40100), codes.count(0)) == (10, 20)
    assert simulator.stats()["counted"] == 1


# ----------------------------------------------------------- asking for one


@every_row(
    ("spec", "says"),
    [
        ("throttle", "a fault is a JSON object"),
        ({}, "kind: one of throttle"),
        ({"kind": "meteor"}, "kind: one of throttle"),
        ({"kind": "throttle", "seconds": 1}, "seconds: no option of throttle"),
        ({"kind": "throttle", "times": 0}, "times: a whole number from 1"),
        ({"kind": "throttle", "times": True}, "times: a whole number from 1"),
        ({"kind": "throttle", "after": -1}, "after: a whole number from 0"),
        ({"kind": "throttle", "every": 0}, "every: a whole number from 1"),
        ({"kind": "throttle", "http_status": 42}, "http_status: a whole number from 200 to 599"),
        ({"kind": "throttle", "retry_after": "a\r\nSet-Cookie: b"}, "retry_after: a string of printable"),
        ({"kind": "throttle", "event_source_id": 5}, "event_source_id: a string"),
        ({"kind": "slow", "seconds": 100_000}, "seconds: a number from 0 to 600"),
        ({"kind": "reset", "moment": "later"}, "moment: one of before_body"),
        ({"kind": "reset", "event_source_id": "PIXEL"}, "event_source_id: not known before the body"),
        ({"kind": "throttle", "match": {"field": "event_id", "equals": "1"}}, "match: no option of throttle"),
        ({"kind": "poison"}, "match: poison needs one"),
        ({"kind": "poison", "named": 1, "match": None}, "named: a boolean"),
        ({"kind": "poison", "match": {"field": "event_id"}}, "match: an object with field"),
        ({"kind": "poison", "match": {"field": "event_id", "like": "1"}}, "match: one of equals"),
        ({"kind": "poison", "match": {"field": "event_id", "in": "1"}}, "match: one of equals"),
        ({"kind": "poison", "match": {"field": "event_id", "in": [["1"]]}}, "match: equals and in take"),
        ({"kind": "poison", "match": {"field": "event_id", "contains": ""}}, "match.contains: a string"),
    ],
)
def test_a_fault_that_makes_no_sense_is_rejected_in_words(spec: Json, says: str) -> None:
    with pytest.raises(ValueError, match="^" + says):
        Fault.parse(spec)


@pytest.mark.parametrize(
    ("match", "rows"),
    [
        ({"field": "event_id", "equals": "1"}, [0]),
        ({"field": "event_id", "in": ["1", "2", "9"]}, [0, 1]),
        ({"field": "event_id", "contains": ""}, None),
        ({"field": "properties.value", "equals": 5}, [1]),
        ({"field": "properties.contents.1.content_id", "equals": "b"}, [0]),
        ({"field": "properties.contents.0", "equals": "a"}, []),
        ({"field": "properties.value", "contains": "5"}, []),
        ({"field": "no.such.field", "equals": None}, []),
    ],
)
def test_a_rule_picks_rows_by_a_dotted_field(match: Json, rows: list[int] | None) -> None:
    items: list[Json] = [
        {"event_id": "1", "properties": {"contents": [{"content_id": "a"}, {"content_id": "b"}]}},
        {"event_id": "2", "properties": {"value": 5}},
    ]
    if rows is None:
        with pytest.raises(ValueError, match="contains"):
            Fault.parse({"kind": "poison", "match": match})
        return
    faults = FaultList()
    faults.add(Fault.parse({"kind": "poison", "match": match}))

    struck = faults.strike_rows(items, "PIXEL")

    assert ([] if struck is None else struck[1]) == rows
