"""The simulator over HTTP: who gets in, the answers, the routes of its own, starting and stopping."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.simulator import Simulator
from local.simulator.json_types import Json

pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[3]
TRACK = "/open_api/v1.3/event/track/"
TOKEN, OTHER_TOKEN = "token-of-this-test", "another-token-of-this-test"
JSON = {"Access-Token": TOKEN, "Content-Type": "application/json"}
ITEM: Json = {
    "event": "Purchase",
    "event_time": 1_764_000_000,
    "event_id": "1001",
    "user": {"ip": "8.8.8.8", "user_agent": "x"},
}
REQUEST_ID = re.compile(r"\d{14}[0-9A-F]{20}")
NO_PERMISSION = (
    "No permission to operate pixel code: PIXEL. You must be an admin or operator of this advertiser account."
)
NOW = 1_795_500_000.0


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    document: Any


class Client:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)

    def call(
        self, method: str, path: str, document: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.connection.request(method, path, None if document is None else body, dict(headers or {}))
        answer = self.connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), json.loads(answer.read()))

    def track(self, document: object, headers: Mapping[str, str] = JSON) -> Reply:
        return self.call("POST", TRACK, document, headers)


def request(*items: Json, source_id: str = "PIXEL", **more: Json) -> dict[str, Json]:
    return {"event_source": "web", "event_source_id": source_id, "data": list(items) or [ITEM], **more}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited five seconds in vain"
        time.sleep(0.005)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    tokens = {TOKEN: ["PIXEL"], OTHER_TOKEN: ["PIXEL_2"]}
    with Simulator(tokens=tokens, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    made = Client(simulator.port)
    yield made
    made.connection.close()


# -------------------------------------------------------------- the endpoint


def test_a_good_request_is_answered_with_tiktoks_envelope(simulator: Simulator, client: Client) -> None:
    reply = client.track(request())

    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    request_id = reply.document.pop("request_id")
    assert reply.document == {"code": 0, "message": "OK", "data": {}}
    assert REQUEST_ID.fullmatch(request_id)
    assert request_id.startswith("20261124060000")
    assert simulator.events()[0]["request_id"] == request_id


def test_a_rejection_is_http_200_without_data(client: Client) -> None:
    reply = client.track(request({"event": "Purchase"}))

    assert reply.status == 200
    assert sorted(reply.document) == ["code", "message", "request_id"]
    assert reply.document["code"] == 40002


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({}, 40104, "Access token is empty."),
        ({"Access-Token": " "}, 40104, "Access token is empty."),
        ({"Authorization": f"Bearer {TOKEN}"}, 40104, "Access token is empty."),
        ({"Access-Token": "nobody's"}, 40105, "Access token is incorrect or has been revoked."),
        (
            {"Access-Token": OTHER_TOKEN},
            40001,
            NO_PERMISSION,
        ),
    ],
    ids=["none", "blank", "bearer", "unknown", "of another pixel"],
)
def test_a_sender_without_the_right_token_is_rejected(
    simulator: Simulator, client: Client, headers: dict[str, str], code: int, message: str
) -> None:
    reply = client.track(request(), {"Content-Type": "application/json", **headers})

    assert (reply.status, reply.document["code"], reply.document["message"]) == (200, code, message)
    assert simulator.events() == []


def test_the_header_of_the_token_may_be_in_any_case(client: Client) -> None:
    headers = {"access-token": TOKEN, "content-type": "application/json; charset=utf-8"}

    assert client.track(request(), headers).document["code"] == 0


def test_permission_is_asked_before_the_rows_are_looked_at(client: Client) -> None:
    assert client.track(request({"event": 5}, source_id="PIXEL_2")).document["code"] == 40001


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_rejected(client: Client, content_type: str) -> None:
    reply = client.track(request(), {"Access-Token": TOKEN, "Content-Type": content_type})

    assert (reply.document["code"], reply.document["message"]) == (
        40002,
        "Content-Type must be application/json",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{'event_source': 'web'}"])
def test_an_unreadable_body_is_rejected(client: Client, body: bytes) -> None:
    reply = client.track(body)

    assert (reply.document["code"], reply.document["message"]) == (40002, "Request body is not valid JSON")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/open_api/v1.3/event/track", 404),
        ("POST", "/open_api/v1.2/event/track/", 404),
        ("POST", "/open_api/v1.3/pixel/track/", 404),
        ("POST", "/", 404),
        ("GET", TRACK, 405),
    ],
)
def test_a_wrong_path_or_method_is_no_route(client: Client, method: str, path: str, status: int) -> None:
    reply = client.call(method, path, None if method == "GET" else request(), JSON)

    assert (reply.status, reply.document["code"]) == (status, 40400)
    assert REQUEST_ID.fullmatch(reply.document["request_id"])


def test_one_bad_row_rejects_the_whole_batch(simulator: Simulator, client: Client) -> None:
    good: list[Json] = [{"event": "Search", "event_time": 1, "event_id": str(number)} for number in range(3)]

    reply = client.track(request(*good, {"event": "Search", "event_time": "1"}))

    assert reply.document["message"] == "Batch.3.event_time: Not a valid integer"
    assert simulator.events() == []
    (recorded,) = simulator.requests()
    assert (recorded["rows"], recorded["accepted"]) == (4, 0)


def test_all_that_was_wrong_is_recorded_and_the_first_answered(simulator: Simulator, client: Client) -> None:
    reply = client.track(request({"event": "Search"}, {"event": "Search", "event_time": 1, "event_id": 5}))

    (recorded,) = simulator.requests()
    assert recorded["problems"] == [
        "Batch.0.event_time: Missing data for required field",
        "Batch.1.event_id: Invalid value for event_id: not a valid string.",
    ]
    assert reply.document["message"] == recorded["message"] == recorded["problems"][0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Transfer-Encoding": "chunked"}, 411), ({"Content-Length": str(10**9)}, 413)],
    ids=["chunked", "endless"],
)
def test_a_body_that_cannot_be_had_ends_the_connection(
    client: Client, headers: dict[str, str], status: int
) -> None:
    client.connection.putrequest("POST", TRACK)
    for name, value in {**JSON, **headers}.items():
        client.connection.putheader(name, value)
    client.connection.endheaders()
    answer = client.connection.getresponse()

    assert (answer.status, answer.getheader("Connection")) == (status, "close")
    assert json.loads(answer.read())["code"] == 40002


def test_a_body_cut_short_is_not_accepted(simulator: Simulator) -> None:
    body = json.dumps(request()).encode()
    head = f"POST {TRACK} HTTP/1.1\r\nHost: x\r\nAccess-Token: {TOKEN}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as line:
        line.sendall(f"{head}Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1024) == b""

    assert simulator.requests() == []


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(simulator: Simulator) -> None:
    head = f"POST {TRACK} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as line:
        line.sendall(head.encode())
        assert line.recv(1024).startswith(b"HTTP/1.1 100 ")


# ---------------------------------------------------------------- connection


def test_a_connection_is_kept_through_answers_of_every_kind(simulator: Simulator, client: Client) -> None:
    client.track(request())
    line = client.connection.sock
    client.track(b"{")
    client.call("POST", "/nowhere", request(), JSON)
    client.call("GET", "/_sim/stats")
    simulator.add_fault("html_502")
    client.connection.request("POST", TRACK, json.dumps(request()), JSON)
    client.connection.getresponse().read()

    assert client.connection.sock is line


def test_an_answer_does_not_wait_for_a_delayed_acknowledgement(client: Client) -> None:
    durations_s = []
    for _ in range(30):
        begun = time.perf_counter()
        client.track(request())
        durations_s.append(time.perf_counter() - begun)

    # Linux delays an acknowledgement by 40 ms; an answer sent in two parts would wait for it each time.
    assert statistics.median(durations_s) < 0.03


# -------------------------------------------------------------------- ledger


def test_a_duplicate_is_answered_as_the_first_was_and_counted_once(
    simulator: Simulator, client: Client
) -> None:
    codes = [client.track(request()).document["code"] for _ in range(3)]

    assert codes == [0, 0, 0]
    (event,) = simulator.events()
    assert (event["received"], event["counted"], event["duplicates"]) == (3, 1, 2)


def test_after_48_hours_the_same_event_counts_again(simulator: Simulator, client: Client) -> None:
    client.track(request())
    client.call("POST", "/_sim/clock", {"advance_seconds": 48 * 3600})
    client.track(request())

    assert simulator.events()[0]["counted"] == 2
    assert simulator.stats()["counted_twice"] == 1


def test_a_test_event_is_marked(simulator: Simulator, client: Client) -> None:
    client.track(request(test_event_code="TEST1"))

    assert simulator.events(test=True)[0]["test_event_code"] == "TEST1"
    assert simulator.stats()["counted"] == 0


def test_a_request_is_recorded_without_its_token(client: Client) -> None:
    client.track(request(), {**JSON, "Authorization": f"Bearer {TOKEN}", "User-Agent": "relay/1"})
    client.track(request(), {**JSON, "Access-Token": "nobody's"})
    client.track(request(), {"Content-Type": "application/json"})

    recorded = client.call("GET", "/_sim/requests").document["requests"]
    assert [entry["code"] for entry in recorded] == [0, 40105, 40104]
    assert re.fullmatch("token:[0-9a-f]{8}", recorded[0]["token"])
    assert [entry["token"] for entry in recorded[1:]] == ["unknown", "missing"]
    assert recorded[0]["headers"]["user-agent"] == "relay/1"
    assert TOKEN not in json.dumps(recorded)
    assert "nobody's" not in json.dumps(recorded)
    assert recorded[0]["bytes"] == len(json.dumps(request()))


# ------------------------------------------------------------ its own routes


def test_the_index_lists_routes_that_all_exist(client: Client) -> None:
    routes = client.call("GET", "/_sim/").document["routes"]

    statuses: dict[str, int] = {}
    for route in routes:
        method, path = route.split(" ")
        statuses[route] = client.call(method, path, b"{}").status
    # A fault without a kind is a bad request and there is no fault {id}; but there is such a route.
    assert statuses.pop("POST /_sim/faults") == 400
    assert statuses.pop("POST /_sim/clock") == 400
    assert statuses.pop("DELETE /_sim/faults/{id}") == 404
    assert set(statuses.values()) == {200}


def test_the_index_is_documented(client: Client) -> None:
    readme = (ROOT / "local" / "simulator" / "README.md").read_text()

    for route in client.call("GET", "/_sim").document["routes"]:
        assert f"`{route}`" in readme


def test_events_come_filtered_and_in_pages(client: Client) -> None:
    rows: list[Json] = [{"event": "Search", "event_time": 1, "event_id": str(number)} for number in range(5)]
    client.track(request(*rows, ITEM))

    page = client.call("GET", "/_sim/events?event=Search&limit=2&offset=2&items=false").document
    last = client.call("GET", "/_sim/events?event=Search&limit=2&offset=4").document
    one = client.call("GET", "/_sim/events?event_id=1001&event_source_id=PIXEL").document
    none = client.call("GET", "/_sim/events?event_id=1001&event_source_id=PIXEL_2").document

    assert [event["event_id"] for event in page["events"]] == ["2", "3"]
    assert (page["total"], page["next_offset"], page["events"][0]["item"]) == (5, 4, None)
    assert (len(last["events"]), last["next_offset"]) == (1, None)
    assert one["events"][0]["item"] == ITEM
    assert (none["total"], none["events"]) == (0, [])


def test_requests_are_filtered_by_code(client: Client) -> None:
    client.track(request())
    client.track(b"{")

    page = client.call("GET", "/_sim/requests?code=40002").document
    assert [(entry["number"], entry["code"]) for entry in page["requests"]] == [(1, 40002)]


@pytest.mark.parametrize(
    ("method", "path", "document", "status"),
    [
        ("GET", "/_sim/events?evnt_id=5", None, 400),
        ("GET", "/_sim/events?limit=-1", None, 400),
        ("GET", "/_sim/events?test=maybe", None, 400),
        ("GET", "/_sim/requests?code=x", None, 400),
        ("POST", "/_sim/faults", b"{", 400),
        ("POST", "/_sim/faults", [{"kind": "throttle"}, {"kind": "meteor"}], 400),
        ("PUT", "/_sim/tokens", ["TOKEN"], 400),
        ("PUT", "/_sim/tokens", {"TOKEN": "PIXEL"}, 400),
        ("PUT", "/_sim/tokens", {"TOKEN": [5]}, 400),
        ("POST", "/_sim/clock", {"advance_seconds": -1}, 400),
        ("POST", "/_sim/clock", {"advance_seconds": True}, 400),
        ("DELETE", "/_sim/faults/7", None, 404),
        ("GET", "/_sim/nowhere", None, 404),
        ("PUT", "/_sim/stats", {}, 405),
    ],
)
def test_a_request_for_its_own_routes_that_makes_no_sense_is_rejected_in_words(
    simulator: Simulator, client: Client, method: str, path: str, document: object, status: int
) -> None:
    reply = client.call(method, path, document)

    assert reply.status == status
    assert reply.document["error"]
    assert simulator.faults() == []
    assert client.track(request()).document["code"] == 0


def test_faults_are_added_listed_and_removed_over_http(client: Client) -> None:
    added = client.call("POST", "/_sim/faults", [{"kind": "throttle", "after": 1}, {"kind": "empty_object"}])
    first, second = added.document["ids"]

    assert added.status == 201
    assert client.track(request()).document == {}
    listed = client.call("GET", "/_sim/faults").document["faults"]
    assert [(fault["kind"], fault["seen"], fault["struck"]) for fault in listed] == [
        ("throttle", 1, 0),
        ("empty_object", 1, 1),
    ]
    client.call("DELETE", f"/_sim/faults/{first}")
    assert [fault["id"] for fault in client.call("GET", "/_sim/faults").document["faults"]] == [second]
    client.call("DELETE", "/_sim/faults")
    assert client.track(request()).document["code"] == 0


def test_a_listed_fault_can_be_asked_for_again(simulator: Simulator) -> None:
    simulator.add_fault("poison", times=2, match={"field": "event_id", "in": ["b", "a"]}, named=False)
    (listed,) = simulator.faults()
    simulator.clear_faults()

    simulator.add_fault(listed["kind"], **listed["options"])

    assert simulator.faults()[0]["options"] == listed["options"]


def test_replacing_the_tokens_revokes_the_old_ones(client: Client) -> None:
    replaced = client.call("PUT", "/_sim/tokens", {"a-new-token": ["PIXEL", "SET"]})

    assert client.track(request()).document["code"] == 40105
    assert client.track(request(), {**JSON, "Access-Token": "a-new-token"}).document["code"] == 0
    listed = client.call("GET", "/_sim/tokens").document
    assert listed == replaced.document
    assert listed["tokens"][0]["pixels"] == ["PIXEL", "SET"]
    assert "a-new-token" not in json.dumps(listed)


def test_a_reset_forgets_all_but_the_tokens(simulator: Simulator, client: Client) -> None:
    simulator.advance_clock(1000)
    client.track(request())
    simulator.add_fault("throttle")

    client.call("POST", "/_sim/reset")

    assert (simulator.events(), simulator.requests(), simulator.faults()) == ([], [], [])
    assert not any(simulator.stats().values())
    assert client.track(request()).document["code"] == 0
    assert simulator.events()[0]["first_received_at"] == NOW


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:8555"},
        {"Host": ""},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
)
def test_page_of_another_site_reads_and_changes_nothing(
    simulator: Simulator, client: Client, headers: dict[str, str]
) -> None:
    client.track(request())

    assert client.call("GET", "/_sim/events", headers=headers).status == 403
    assert client.call("POST", "/_sim/reset", {}, headers).status == 403
    assert len(simulator.events()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1:8555", "localhost:8555", "[::1]:8555", "127.0.0.1"])
def test_simulator_is_asked_by_any_name_of_this_machine(client: Client, host: str) -> None:
    assert client.call("GET", "/_sim/health", headers={"Host": host}).status == 200


# ----------------------------------------------------- starting and stopping


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "simulator.example", ""])  # noqa: S104 - rejected
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        Simulator(host=host)


def test_the_url_is_that_of_a_free_port(simulator: Simulator) -> None:
    assert simulator.url == f"http://127.0.0.1:{simulator.port}"
    assert simulator.port > 0


def test_closing_wakes_what_hangs_and_gives_the_port_back() -> None:
    threads = set(threading.enumerate())
    with Simulator(tokens={TOKEN: ["PIXEL"]}) as simulator:
        simulator.add_fault("timeout_after_accept", seconds=600)
        client = Client(simulator.port)
        client.connection.request("POST", TRACK, json.dumps(request()), JSON)
        until(lambda: bool(simulator.requests()))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.connection.getresponse()
    client.connection.close()

    until(lambda: set(threading.enumerate()) <= threads)
    with Simulator(port=simulator.port) as again:
        assert again.port == simulator.port


def test_waiting_until_disconnected_takes_in_what_a_killed_client_sent(simulator: Simulator) -> None:
    body = json.dumps({"event_source": "web", "event_source_id": "PIXEL", "data": [ITEM]}).encode()
    head = f"POST {TRACK} HTTP/1.1\r\nHost: x\r\nAccess-Token: {TOKEN}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port)) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        with pytest.raises(TimeoutError, match="still connected"):
            simulator.wait_until_disconnected(0.05)
    simulator.wait_until_disconnected()
    assert simulator.stats()["requests"] == 1


def test_closing_ends_connections_that_are_kept_without_use() -> None:
    with Simulator(tokens={TOKEN: ["PIXEL"]}) as simulator:
        client = Client(simulator.port)
        client.track(request())
        line = client.connection.sock

    assert line.recv(1) == b""
    client.connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_and_stops_on_a_signal(number: signal.Signals) -> None:
    process = _command("--token", f"{TOKEN}=PIXEL,SET", "--port", "0")
    assert process.stdout is not None
    try:
        started = re.fullmatch(
            r"simulator listening on http://127\.0\.0\.1:(\d+)\n", process.stdout.readline()
        )
        assert started is not None
        client = Client(int(started[1]))
        assert client.track(request(source_id="SET")).document["code"] == 0

        process.send_signal(number)

        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
        client.connection.close()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "not a loopback address"),  # noqa: S104 - rejected
        (["--port", "99999"], "cannot listen"),
        (["--token", "a-secret-without-a-pixel"], "give it as TOKEN=PIXEL"),
    ],
)
def test_the_command_says_what_it_was_asked_wrongly(arguments: list[str], says: str) -> None:
    process = _command(*arguments)

    output, _ = process.communicate(timeout=10)

    assert process.returncode != 0
    assert says in output
    assert "Traceback" not in output
    assert "a-secret" not in output


def _command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.simulator", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
