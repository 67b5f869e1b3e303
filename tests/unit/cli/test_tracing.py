"""Tracing: log lines of both functions become the hops of one event."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from ingest.dependencies import ENQUEUE_SECONDS
from relay.delivery.id_digests import Digests
from relay.telemetry import id_digest
from relay_cli import tracing
from relay_cli.logs import FileLogs, LogLine, parse
from relay_cli.tracing import Traces, digest

EVENT, OTHER, ORDER = digest("event-1"), digest("event-2"), digest("order-1")
KEY, OTHER_KEY = f"{EVENT}-Purchase", f"{OTHER}-Purchase"


def received(at: float, *, status: str = "accepted", codes: tuple[str, ...] = ()) -> LogLine:
    entry = {
        "event_id_digest": EVENT,
        "order_id_digest": ORDER,
        "event": "Purchase",
        "status": status,
        "match_quality": 6.5,
        "match_keys": ["email"],
        "codes": list(codes),
    }
    fields = {"trace_id": "trace-0001", "sender": "server", status: 1, "events": [entry]}
    return LogLine(at, "ingest", "events_received", fields)


def responded(
    at: float, outcome: str, keys: tuple[str, ...] = (EVENT,), request: str = "request-0001"
) -> LogLine:
    fields = {
        "outcome": outcome,
        "tiktok_code": 0 if outcome == "delivered" else 40100,
        "batch_size": len(keys),
        "tiktok_request_id": request,
        "event_source": "web",
        "event_source_id": "PIXEL",
        "event_id_digests": list(keys),
        "event_names": ["Purchase"] * len(keys),
    }
    return LogLine(at, "dispatch", "tiktok_responded", fields)


def retried(at: float) -> LogLine:
    fields = {
        "outcome": "throttled",
        "messages": 1,
        "event_id_digests": [EVENT],
        "event_names": ["Purchase"],
    }
    return LogLine(at, "dispatch", "events_retried", fields)


class Lines:
    """A log that holds these lines."""

    def __init__(self, *lines: LogLine) -> None:
        self._lines = lines

    def find(self, since: float, *texts: str) -> list[LogLine]:
        return [
            line
            for line in self._lines
            if line.at >= since and (not texts or any(text in json.dumps(line.fields) for text in texts))
        ]


WAY = Lines(
    received(100.0),
    responded(103.0, "throttled", (EVENT, OTHER)),
    retried(103.5),
    responded(110.0, "delivered", (EVENT,), "request-0002"),
)


def add_all(traces: Traces, lines: Iterable[LogLine]) -> None:
    for line in lines:
        traces.add(line)


def test_digest_is_the_documented_one() -> None:
    assert digest("order-1") == "0bafe22156d2698c"


@pytest.mark.parametrize("identifier", ["event-1", EVENT])
def test_event_is_found_by_its_id_and_by_its_digest(identifier: str) -> None:
    found = tracing.find(WAY, identifier, 0)
    (trace,) = found.traces
    assert found.kind == "event_id"
    assert [hop.state for hop in trace.hops] == ["accepted", "waiting", "waiting", "delivered"]
    assert (trace.state, trace.seconds_to_delivery, trace.event) == ("delivered", 10.0, "Purchase")
    assert (trace.match_quality, trace.match_keys, trace.destination) == (6.5, ("email",), "web/PIXEL")


def test_event_is_found_by_its_orders_id() -> None:
    found = tracing.find(WAY, "order-1", 0)
    assert found.kind == "order_id"
    assert [trace.key for trace in found.traces] == [KEY]
    assert found.traces[0].state == "delivered"


def test_events_are_found_by_tiktoks_request_id() -> None:
    found = tracing.find(WAY, "request-0001", 0)
    assert found.kind == "tiktok_request_id"
    assert {trace.key for trace in found.traces} == {KEY, OTHER_KEY}


def test_events_are_found_by_the_trace_id() -> None:
    found = tracing.find(WAY, "trace-0001", 0)
    assert (found.kind, [trace.key for trace in found.traces]) == ("trace_id", [KEY])


def test_order_is_found_where_a_line_has_an_order_for_each_event() -> None:
    fields = {
        "sender": "server",
        "accepted": 2,
        "rejected": 1,
        "event_id_digests": [OTHER, EVENT],
        "order_id_digests": [digest("order-2"), ORDER],
    }
    found = tracing.find(Lines(LogLine(1.0, "ingest", "events_received", fields)), "order-1", 0)
    assert [(trace.key, trace.state) for trace in found.traces] == [(EVENT, "accepted")]


def test_unknown_id_finds_nothing() -> None:
    found = tracing.find(WAY, "event-3", 0)
    assert (found.traces, found.kind) == ([], "unknown")
    assert tracing.find(WAY, "throttled", 0).traces == []


class Searched(Lines):
    """A log that keeps what it was searched for: in a large shop, a search takes minutes."""

    def __init__(self, *lines: LogLine) -> None:
        super().__init__(*lines)
        self.searches: list[tuple[str, ...]] = []

    def find(self, since: float, *texts: str) -> list[LogLine]:
        self.searches.append(texts)
        return super().find(since, *texts)


@pytest.mark.parametrize(
    "identifier", ["5123456789012", "#1001", "202611260056535EB2A5525EAFCF188ACB", EVENT]
)
def test_unknown_id_is_searched_once_as_all_that_it_can_be(identifier: str) -> None:
    log = Searched()
    tracing.find(log, identifier, 0)
    assert len(log.searches) == 1


def test_events_of_a_request_are_followed_in_one_search() -> None:
    log = Searched(*WAY.find(0))
    found = tracing.find(log, "request-0001", 0)
    assert {trace.key: len(trace.hops) for trace in found.traces} == {KEY: 4, OTHER_KEY: 1}
    assert log.searches == [(digest("request-0001"), "request-0001"), (EVENT, OTHER)]


def test_rejected_event_without_an_id_does_not_make_its_order_read_every_line() -> None:
    entry = {"order_id_digest": ORDER, "event": "Purchase", "status": "rejected"}
    fields = {"trace_id": "trace-0001", "sender": "server", "rejected": 1, "events": [entry]}
    log = Searched(LogLine(100.0, "ingest", "events_received", fields))
    (trace,) = tracing.find(log, "order-1", 0).traces
    assert trace.state == "rejected"
    assert all(all(texts) for texts in log.searches)


def test_hops_say_the_delay_since_the_one_before() -> None:
    (trace,) = tracing.find(WAY, "event-1", 0).traces
    rows = list(tracing.timeline(trace))
    assert [row[1] for row in rows] == ["", "+3.0 s", "+0.50 s", "+6.5 s"]
    assert [hop["seconds_since_previous"] for hop in trace.as_json()["hops"]] == [None, 3.0, 0.5, 6.5]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (received(1, status="rejected", codes=("currency_unknown",)), "rejected"),
        (received(1, status="dropped"), "dropped"),
        (received(1, codes=("url_missing",)), "accepted_with_warnings"),
        (responded(1, "delivered"), "delivered"),
        (responded(1, "unauthorised"), "waiting"),
        (responded(1, "rejected"), None),
        (LogLine(1, "dispatch", "events_dead_lettered", {"reason": "rejected"}), "dead_lettered"),
        (LogLine(1, "ingest", "webhook_ignored", {"reason": "cart"}), "ignored"),
        (LogLine(1, "ingest", "secret_not_renewed", {}), None),
    ],
)
def test_every_line_leads_to_its_state(line: LogLine, state: str | None) -> None:
    entry = line.fields.get("events", [{}])[0]
    assert tracing.hop_of(line, entry).state == state


def test_id_that_a_stranger_sends_again_and_again_costs_each_line_the_same() -> None:
    traces, began = Traces(), time.process_time()
    for number in range(8000):
        traces.add(received(float(number)))
    (trace,) = traces
    assert (len(trace.hops), trace.started_at, trace.state) == (8000, 0.0, "accepted")
    # It takes 0.1 s; it took 15 s, and four times as long for twice as many.
    assert time.process_time() - began < 3


def test_lines_in_any_order_make_the_same_traces_and_none_counts_twice() -> None:
    lines = WAY.find(0)
    traces = Traces()
    add_all(traces, [*reversed(lines), *lines])
    trace = traces.get(KEY)
    assert trace is not None
    assert [hop.at for hop in trace.hops] == [100.0, 103.0, 103.5, 110.0]
    assert len(traces) == 2


def test_receipt_that_was_logged_after_the_delivery_comes_first() -> None:
    # Ingest logs a request when all of its events are on the queue; dispatch may be faster.
    traces = Traces()
    add_all(traces, [responded(99.99, "delivered"), received(100.0)])
    (trace,) = traces
    assert (trace.state, trace.seconds_to_delivery) == ("delivered", 0.0)
    assert [row[1] for row in tracing.timeline(trace)] == ["", "+0.00 s"]


def dead_lettered(at: float) -> LogLine:
    fields = {"reason": "rejected", "event_id_digests": [EVENT], "event_names": ["Purchase"]}
    return LogLine(at, "dispatch", "events_dead_lettered", fields)


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([received(100.0), dead_lettered(100.2), received(104.0)], "accepted"),
        ([received(100.0), responded(100.1, "delivered"), received(103.0, status="rejected")], "rejected"),
        ([received(100.0, status="rejected"), received(103.0)], "accepted"),
        ([received(100.0), responded(100.1, "throttled"), received(103.0)], "accepted"),
        # The second receipt was logged after its delivery, too.
        (
            [received(100.0), responded(100.1, "delivered"), responded(103.9, "delivered"), received(104.0)],
            "delivered",
        ),
        ([responded(99.8, "throttled"), retried(99.9), received(100.0)], "waiting"),
    ],
)
def test_event_that_is_sent_again_within_seconds_is_in_the_state_of_the_last_time(
    lines: list[LogLine], state: str
) -> None:
    for order in (lines, lines[::-1]):
        traces = Traces()
        add_all(traces, order)
        (trace,) = traces
        assert trace.state == state


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([received(100.0, status="rejected"), received(200.0), responded(201.0, "delivered")], 1.0),
        ([received(100.0), dead_lettered(101.0), received(200.0), responded(203.0, "delivered")], 3.0),
        # A replay is of the same acceptance.
        ([received(100.0), dead_lettered(101.0), responded(203.0, "delivered")], 103.0),
        ([received(100.0), responded(101.0, "delivered"), received(200.0)], None),
        ([responded(101.0, "throttled"), responded(103.0, "delivered")], 2.0),
    ],
)
def test_time_to_delivery_is_that_of_the_last_acceptance(lines: list[LogLine], seconds: float | None) -> None:
    traces = Traces()
    add_all(traces, lines)
    (trace,) = traces
    assert trace.seconds_to_delivery == seconds


def test_event_that_is_sent_again_later_is_accepted_again() -> None:
    traces = Traces()
    add_all(traces, [received(100.0), responded(101.0, "delivered"), received(200.0)])
    (trace,) = traces
    assert (trace.state, len(trace.hops)) == ("accepted", 3)


def test_traces_are_bounded() -> None:
    traces = Traces(most=10)
    add_all(traces, (responded(n, "delivered", (digest(str(n)),)) for n in range(25)))
    assert len(traces) == 10
    assert traces.get(digest("24") + "-Purchase") is not None
    assert traces.get(digest("0") + "-Purchase") is None


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1",
        "",
        "{",
        "[1]",
        '{"message": 1}',
        '{"_aws": {}, "service": "dispatch"}',
        "{" * 5000,
    ],
)
def test_what_is_no_log_line_is_skipped(message: str) -> None:
    assert parse(message, 1.0) is None


def test_log_line_keeps_its_own_time_and_function() -> None:
    line = parse(
        '{"level":"INFO","message":"tiktok_responded","timestamp":"2026-11-26 00:56:53,662+0000",'
        '"service":"dispatch","outcome":"delivered"}',
        1.0,
    )
    assert line is not None
    assert (line.function, line.name, line.at) == ("dispatch", "tiktok_responded", 1795654613.662)
    assert line.fields == {"level": "INFO", "outcome": "delivered"}


def test_stopped_local_stack_is_traced_from_its_log_files(tmp_path: Path) -> None:
    frame = {"level": "INFO", "service": "dispatch", "timestamp": "2026-11-26 00:56:53,662+0000"}
    line = frame | {"message": "tiktok_responded", "outcome": "delivered", "event_id_digests": [EVENT]}
    (tmp_path / "emulator.log").write_text(f"noise\n{json.dumps(line)}\n{json.dumps(line)}\n")
    found = tracing.find(FileLogs(tmp_path), "event-1", 0)
    assert [hop.state for hop in found.traces[0].hops] == ["delivered"]


# ── two events with one event_id ───────────────────────────────────────────────────────────────────────────


def of_one_order(at: float, *names: str, function: str = "dispatch", **more: object) -> LogLine:
    fields = {"event_id_digests": [EVENT] * len(names), "event_names": list(names), **more}
    name = "events_received" if function == "ingest" else "tiktok_responded"
    return LogLine(at, function, name, fields)


ORDER_LINES = Lines(
    of_one_order(1.0, "PlaceAnOrder", "Purchase", function="ingest", sender="server", accepted=2),
    of_one_order(2.0, "PlaceAnOrder", outcome="delivered", tiktok_code=0),
    of_one_order(3.0, "Purchase", outcome="unauthorised", tiktok_code=40105),
)


def test_two_events_with_one_event_id_are_two_traces() -> None:
    found = tracing.find(ORDER_LINES, "event-1", 0)
    assert {(trace.event, trace.state) for trace in found.traces} == {
        ("PlaceAnOrder", "delivered"),
        ("Purchase", "waiting"),
    }
    assert {trace.digest for trace in found.traces} == {EVENT}
    traces = Traces()
    add_all(traces, ORDER_LINES.find(0))
    assert {trace.key: trace.state for trace in traces} == {
        f"{EVENT}-PlaceAnOrder": "delivered",
        f"{EVENT}-Purchase": "waiting",
    }


def test_receipt_of_two_events_with_one_event_id_is_read_by_name() -> None:
    entries = [
        {"event_id_digest": EVENT, "event": name, "status": status, "codes": [], "match_quality": quality}
        for name, status, quality in (("PlaceAnOrder", "accepted", 3.0), ("Purchase", "rejected", 7.0))
    ]
    line = of_one_order(1.0, "PlaceAnOrder", function="ingest", sender="server", events=entries)
    found = {trace.event: trace for trace in tracing.find(Lines(line), "event-1", 0).traces}
    assert {name: (trace.state, trace.match_quality) for name, trace in found.items()} == {
        "PlaceAnOrder": ("accepted", 3.0),
        "Purchase": ("rejected", 7.0),
    }


# ── requests without an event ──────────────────────────────────────────────────────────────────────────────


def of_request(name: str, **fields: object) -> LogLine:
    return LogLine(1.0, "ingest", name, {"trace_id": "request-0009", **fields})


def test_request_that_held_no_event_is_a_trace_of_its_own() -> None:
    traces = Traces()
    add_all(
        traces,
        [
            of_request("webhook_signature_invalid", sender="stripe", reason="signature_wrong"),
            of_request(
                "request_rejected", route="/v1/webhooks/stripe", status=401, problem="signature_invalid"
            ),
        ],
    )
    (trace,) = traces
    assert (trace.state, trace.sender, trace.route) == ("rejected", "stripe", "/v1/webhooks/stripe")
    assert trace.codes == ("signature_wrong", "signature_invalid")
    assert [hop.text for hop in trace.hops] == [
        "no valid signature (signature_wrong)",
        "answered 401 (signature_invalid)",
    ]
    found = tracing.find(
        Lines(of_request("webhook_ignored", sender="shopify", reason="cart")), "request-0009", 0
    )
    assert [trace.state for trace in found.traces] == ["ignored"]


@pytest.mark.parametrize(
    "fields",
    [{"route": "other", "problem": "not_found"}, {"route": "/v1/events", "problem": "events_rejected"}],
)
def test_scanners_and_requests_whose_events_are_shown_are_no_traces(fields: dict[str, str]) -> None:
    traces = Traces()
    traces.add(of_request("request_rejected", status=404, **fields))
    assert list(traces) == []


def test_rejected_event_without_an_id_is_shown_all_the_same() -> None:
    entry = {"status": "rejected", "event": "custom", "codes": ["not_an_object"], "fields": [""]}
    traces = Traces()
    traces.add(of_request("events_received", sender="server", rejected=1, events=[entry]))
    (trace,) = traces
    assert (trace.digest, trace.state, trace.findings) == ("", "rejected", [("not_an_object", "")])


def test_details_of_a_hop_hold_nothing_of_the_other_events_of_its_line() -> None:
    of_others = {name: ["one", "another"] for name in Digests.__annotations__}
    line = LogLine(0.0, "dispatch", "events_retried", {"outcome": "throttled", "messages": 2, **of_others})
    assert tracing.hop_of(line).details == {"outcome": "throttled", "messages": 2}


@pytest.mark.parametrize("identifier", ["order-1", "", "注文-7", "\ud800"])
def test_digest_is_the_one_of_the_log_lines(identifier: str) -> None:
    assert digest(identifier) == id_digest(identifier)


def test_hop_before_the_receipt_is_of_it_for_as_long_as_ingest_may_take() -> None:
    assert tracing.RECEIPT_SECONDS > ENQUEUE_SECONDS
