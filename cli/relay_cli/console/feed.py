"""The feed: a stack's events as the console shows them, kept up to date from its log lines.

Each change gives an event a new sequence number, so that the page asks only for what is new.
"""

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from relay.telemetry import CUSTOM_EVENT, loggable_name
from relay_cli.errors import CliError
from relay_cli.logs import LogLine
from relay_cli.tracing import Hop, Trace, Traces, digest, event_key

MAX_EVENTS: Final[int] = 10_000
"""Events that are kept; the oldest are forgotten."""

POLL_SECONDS: Final[float] = 1.0
MAX_POLL_SECONDS: Final[float] = 30.0
"""Longest pause between polls while the stack can't be asked."""

MAX_INTERVALS: Final[int] = 60
"""Points of a plot."""


class LineSource(Protocol):
    """New log lines, poll by poll."""

    def poll(self) -> list[LogLine]:
        """Lines that were not there at the last poll, oldest first."""
        ...


class Arrivals(Protocol):
    """What TikTok has, where that can be asked: the local simulator."""

    def poll(self) -> list[dict[str, Any]]:
        """Events that TikTok received since the last poll: `event`, `event_id`, `item` and times."""
        ...


@dataclass(slots=True)
class Finding:
    """A code that was reported, how often, and when first and last (Unix seconds)."""

    severity: str
    count: int = 0
    first_at: float = math.inf
    last_at: float = 0.0

    def add(self, count: int, at: float) -> None:
        """Count it."""
        self.count += count
        self.first_at, self.last_at = min(self.first_at, at), max(self.last_at, at)


@dataclass(slots=True)
class Row:
    """One event: its trace, what TikTok has of it, and the number of its last change."""

    trace: Trace
    order: int
    sequence: int = 0
    arrival: dict[str, Any] = field(default_factory=dict)


class Feed:
    """Events, findings and problems of a stack. `poll` may run in one thread while others read."""

    def __init__(self, lines: LineSource, arrivals: Arrivals | None = None) -> None:
        self._lines, self._arrivals = lines, arrivals
        self._traces = Traces(MAX_EVENTS)
        self._rows: dict[str, Row] = {}
        self._sequence = 0
        self._received = 0
        self._findings: dict[str, Finding] = {}
        self._lock = threading.Lock()
        self.problem = ""

    # ── keeping up ─────────────────────────────────────────────────────────────────────────────────────────

    def poll(self) -> None:
        """Take in what is new. Raises CliError where the stack can't be asked."""
        lines = self._lines.poll()
        arrived = self._arrivals.poll() if self._arrivals else []
        with self._lock:
            for line in lines:
                self._count_findings(line)
                for trace in self._traces.add(line):
                    self._touch(trace)
            for event in arrived:
                self._add_arrival(event)
            for key in self._rows.keys() - {trace.key for trace in self._traces} if lines else ():
                del self._rows[key]

    def run(self, stop: threading.Event, explain: Callable[[Exception], str]) -> None:
        """Poll until `stop`; a failure is shown as `problem`, and the next poll waits longer."""
        pause = POLL_SECONDS
        while not stop.is_set():
            try:
                self.poll()
                self.problem, pause = "", POLL_SECONDS
            except CliError as error:
                self.problem = str(error)
                pause = min(pause * 2, MAX_POLL_SECONDS)
            except Exception as error:  # noqa: BLE001 - the thread must live; the page shows the sentence
                self.problem = explain(error)
                pause = min(pause * 2, MAX_POLL_SECONDS)
            stop.wait(pause)

    def _touch(self, trace: Trace) -> Row:
        row = self._rows.get(trace.key)
        if row is None:
            row = self._rows[trace.key] = Row(trace, len(self._rows))
        self._sequence += 1
        row.sequence = self._sequence
        return row

    def _add_arrival(self, event: dict[str, Any]) -> None:
        name = str(event.get("event", ""))
        trace = self._traces.get(event_key(digest(str(event.get("event_id", ""))), loggable_name(name)))
        if trace is None:
            return
        trace.event = trace.event if trace.event not in ("", CUSTOM_EVENT) else name
        self._touch(trace).arrival = event

    def _count_findings(self, line: LogLine) -> None:
        if line.name == "events_received":
            self._received += sum(
                int(line.fields.get(name) or 0) for name in ("accepted", "rejected", "dropped", "not_queued")
            )
            for severity, name in (("error", "rejected_codes"), ("warning", "warning_codes")):
                codes = line.fields.get(name)
                for code, count in codes.items() if isinstance(codes, dict) else ():
                    self._finding(str(code), severity).add(int(count), line.at)
        code = line.fields.get("tiktok_code")
        outcome = line.text("outcome")
        if outcome and outcome != "delivered" and line.fields.get("batch_size") is not None:
            shown = f"TikTok {code}" if code is not None else f"TikTok {outcome}"
            self._finding(shown, "error").add(int(line.fields["batch_size"]), line.at)
        for name in ("request_rejected", "webhook_signature_invalid", "webhook_ignored"):
            # What these stand for is counted already: each event's errors, the signature's fault.
            if line.name == name and line.text("problem") not in ("events_rejected", "signature_invalid"):
                reason = line.text("problem") or line.text("reason") or name
                self._finding(reason, "ignored" if name == "webhook_ignored" else "error").add(1, line.at)

    def _finding(self, code: str, severity: str) -> Finding:
        return self._findings.setdefault(code, Finding(severity))

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────

    def events_since(self, sequence: int) -> tuple[int, list[dict[str, Any]]]:
        """The newest sequence number, and a line for each event that changed after `sequence`."""
        with self._lock:
            changed = [row for row in self._rows.values() if row.sequence > sequence]
            return self._sequence, [_line(row) for row in changed]

    def row(self, key: str) -> Row | None:
        """One event, by its key."""
        with self._lock:
            return self._rows.get(key)

    def rows(self) -> list[Row]:
        """All events, in the order in which they were first met."""
        with self._lock:
            return list(self._rows.values())

    def findings(self) -> tuple[int, dict[str, Finding]]:
        """How many events were received, and the findings by code."""
        with self._lock:
            return self._received, dict(self._findings)


def _line(row: Row) -> dict[str, Any]:
    trace = row.trace
    return {
        "key": trace.key,
        "order": row.order,
        "digest": trace.digest,
        "event_id": row.arrival.get("event_id", ""),
        "order_digest": trace.order_digest,
        "event": trace.event or trace.route,
        "sender": trace.sender,
        "state": trace.state or "accepted",
        "received_at": trace.started_at,
        "match_quality": trace.match_quality,
        "hops": [show_hop(hop) for hop in trace.hops],
    }


_SHORT: Final[dict[str, str]] = {
    "accepted": "queued",
    "accepted_with_warnings": "queued",
    "waiting": "retry",
    "delivered": "TikTok",
    "dead_lettered": "dead letter",
    "rejected": "rejected",
    "dropped": "dropped",
    "ignored": "ignored",
}


def show_hop(hop: Hop) -> dict[str, Any]:
    """A hop in a word, for a line; `detail` is the sentence."""
    short = _SHORT.get(hop.state or "", hop.name.replace("_", " "))
    if hop.name == "tiktok_responded" and hop.state is None:
        short = f"TikTok: {hop.details.get('outcome', 'no outcome')}"
    elif hop.name == "webhook_signature_invalid":
        short = "signature"
    elif hop.name == "request_rejected":
        short = f"HTTP {hop.details.get('status', '')}"
    return {
        "at": hop.at,
        "text": short,
        "state": hop.state or "",
        "detail": hop.text,
    }


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────


def match_quality_rows(
    rows: Iterable[Row], gains: Callable[[str, Sequence[str]], list[tuple[str, float]]]
) -> list[dict[str, Any]]:
    """Match quality by event and sender: mean, share of events with each match key, and what would add most.

    `gains` gives, for a destination's event source and the match keys of an event, each missing key with what
    it would add.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.trace.match_quality is not None:
            groups.setdefault((row.trace.event or "custom", row.trace.sender), []).append(row)
    found = []
    for (event, sender), group in groups.items():
        keys = Counter(key for row in group for key in row.trace.match_keys)
        added: Counter[str] = Counter()
        for row in group:
            source = row.trace.destination.partition("/")[0] or "web"
            for key, gain in gains(source, row.trace.match_keys):
                added[key] += gain  # type: ignore[assignment]
        found.append(
            {
                "event": event,
                "sender": sender,
                "events": len(group),
                "quality": sum(row.trace.match_quality or 0.0 for row in group) / len(group),
                "coverage": {key: count / len(group) for key, count in keys.items()},
                "gains": [{"key": key, "gain": gain / len(group)} for key, gain in added.most_common(3)],
            }
        )
    return sorted(found, key=lambda row: (row["quality"], -row["events"]))


def timings(rows: Sequence[Row]) -> dict[str, Any]:
    """Throughput and latency over time: at most 60 intervals between the first and the last event."""
    starts = [row.trace.started_at for row in rows if row.trace.hops]
    if not starts:
        return {"times": [], "rows": []}
    first, last = min(starts), max(max(hop.at for hop in row.trace.hops) for row in rows if row.trace.hops)
    width = max(1.0, math.ceil((last - first + 0.001) / MAX_INTERVALS))
    count = int((last - first) // width) + 1
    accepted, delivered, rejected = [0] * count, [0] * count, [0] * count
    latencies: list[list[float]] = [[] for _ in range(count)]
    for row in rows:
        if not row.trace.hops:
            continue
        place = int((row.trace.started_at - first) // width)
        (rejected if row.trace.state in ("rejected", "dropped") else accepted)[place] += 1
        if row.trace.delivery is not None:
            accepted_at, delivered_at = row.trace.delivery
            delivered[int((delivered_at - first) // width)] += 1
            latencies[int((accepted_at - first) // width)].append(delivered_at - accepted_at)
    every = sorted(took for interval in latencies for took in interval)
    return {
        "times": [first + width * index for index in range(count)],
        "accepted": accepted,
        "delivered": delivered,
        "rejected": rejected,
        "p50": [percentile(sorted(interval), 0.5) for interval in latencies],
        "p95": [percentile(sorted(interval), 0.95) for interval in latencies],
        "rows": [
            {
                "name": "seconds to delivery",
                "p50": percentile(every, 0.5) or 0.0,
                "p95": percentile(every, 0.95) or 0.0,
                "max": every[-1] if every else 0.0,
            }
        ],
    }


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the ordered values lie; None of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
