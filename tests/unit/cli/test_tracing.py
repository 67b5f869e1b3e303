"""Tracing: log lines of both functions become the hops of one event."""

import json
from pathlib import Path

import pytest

from relay_cli import tracing
from relay_cli.logs import FileLogs, LogLine, parse
from relay_cli.tracing import Traces, digest

EVENT, OTHER, ORDER = digest("event-1"), digest("event-2"), digest("order-1")


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
    }
    return LogLine(at, "dispatch", "tiktok_responded", fields)


def retried(at: float) -> LogLine:
    fields = {"outcome": "throttled", "messages": 1, "event_id_digests": [EVENT]}
    return LogLine(at, "dispatch", "events_retried", fields)


class Lines:
    """A log that holds these lines."""

    def __init__(self, *lines: LogLine) -> None:
        self._lines = lines

    def find(self, since: float, text: str | None = None) -> list[LogLine]:
        return [
            line for line in self._lines if line.at >= since and (not text or text in json.dumps(line.fields))
        ]


WAY = Lines(
    received(100.0),
    responded(103.0, "throttled", (EVENT, OTHER)),
    retried(103.5),
    responded(110.0, "delivered", (EVENT,), "request-0002"),
)


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
    assert [trace.key for trace in found.traces] == [EVENT]
    assert found.traces[0].state == "delivered"


def test_events_are_found_by_tiktoks_request_id() -> None:
    found = tracing.find(WAY, "request-0001", 0)
    assert found.kind == "tiktok_request_id"
    assert {trace.key for trace in found.traces} == {EVENT, OTHER}


def test_events_are_found_by_the_trace_id() -> None:
    found = tracing.find(WAY, "trace-0001", 0)
    assert (found.kind, [trace.key for trace in found.traces]) == ("trace_id", [EVENT])


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


def test_lines_in_any_order_make_the_same_traces_and_none_counts_twice() -> None:
    lines = WAY.find(0)
    traces = Traces()
    traces.add_all([*reversed(lines), *lines])
    trace = traces.get(EVENT)
    assert trace is not None
    assert [hop.at for hop in trace.hops] == [100.0, 103.0, 103.5, 110.0]
    assert len(traces) == 2


def test_traces_are_bounded() -> None:
    traces = Traces(most=10)
    traces.add_all(responded(n, "delivered", (digest(str(n)),)) for n in range(25))
    assert len(traces) == 10
    assert traces.get(digest("24")) is not None
    assert traces.get(digest("0")) is None


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
