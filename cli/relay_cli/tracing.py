"""Tracing: the hops of one event, from the log lines of both functions, the dead-letter queue and TikTok.

Log lines hold no id of an event but the first 16 hex digits of its SHA-256. With the id you can find its
lines; from the lines alone nobody learns the id.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

from relay_cli.logs import LogLine
from relay_cli.states import State
from relay_cli.times import duration, iso_milliseconds

DIGEST_DIGITS: Final[int] = 16

MAX_TRACES: Final[int] = 10_000
"""Events that `Traces` keeps; the oldest are forgotten."""

_DIGEST: Final[re.Pattern[str]] = re.compile(rf"[0-9a-f]{{{DIGEST_DIGITS}}}")

_REQUEST_ID: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9._=-]{8,128}")
"""TikTok's request ids and ingest's trace ids; anything else can only be an event's or an order's id."""

_INGEST_STATES: Final[dict[str, State]] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "dropped": "dropped",
    "not_queued": "rejected",
}

_WAITING: Final[frozenset[str]] = frozenset({"throttled", "transient", "unauthorised", "unknown", "partial"})
"""Outcomes of a request after which its events are retried."""


def digest(identifier: str) -> str:
    """What log lines hold instead of an event's or an order's id."""
    return hashlib.sha256(identifier.encode("utf-8", "replace")).hexdigest()[:DIGEST_DIGITS]


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of an event's way. `state` is what the event is in after it; None where nothing changed."""

    at: float
    where: str
    name: str
    text: str
    state: State | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self, previous: float | None = None) -> dict[str, Any]:
        """The hop for `--json` and the console; `previous` is the time of the hop before."""
        return {
            "at": iso_milliseconds(self.at),
            "where": self.where,
            "name": self.name,
            "state": self.state,
            "seconds_since_previous": None if previous is None else round(max(self.at - previous, 0.0), 3),
            "text": self.text,
            **({"details": self.details} if self.details else {}),
        }


RECEIPT_SECONDS: Final[float] = 6.0
"""Ingest logs a request once all of its events are on the queue (`ingest.dependencies.ENQUEUE_SECONDS`);
dispatch may have delivered the first ones by then."""


_ACCEPTED: Final[tuple[State, ...]] = ("accepted", "accepted_with_warnings")


def _in_order(hops: Iterable[Hop]) -> list[Hop]:
    """Hops by time, but a receipt before those of its own deliveries that were logged earlier.

    An event can be sent again within `RECEIPT_SECONDS`: hops are of the receipt before them until TikTok or
    the dead-letter queue has the event, and of the next receipt after that.
    """
    attempts: list[list[Hop]] = []
    ended = True
    for hop in sorted(hops, key=lambda hop: (hop.at, hop.name != "events_received")):
        if hop.name == "events_received":
            attempt = attempts[-1] if attempts else []
            early = attempt and attempt[0].name != hop.name and hop.at - attempt[0].at <= RECEIPT_SECONDS
            if early and hop.state in _ACCEPTED:
                attempt.insert(0, hop)
                continue
            attempts.append([hop])
            ended = hop.state not in _ACCEPTED
        elif ended:
            attempts.append([hop])
            ended = _ends(hop)
        else:
            attempts[-1].append(hop)
            ended = _ends(hop)
    return [hop for attempt in attempts for hop in attempt]


def _ends(hop: Hop) -> bool:
    return hop.where == "dispatch" and hop.state in ("delivered", "dead_lettered")


@dataclass
class Trace:
    """All that is known of one event, or of a request that held none.

    `key` is the digest of its event_id with its name: an order's Purchase and PlaceAnOrder have one event_id.
    """

    key: str
    digest: str = ""
    event: str = ""
    match_quality: float | None = None
    match_keys: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Of each code, the field that it is about; "" where that is not known."""

    came_in: str = ""
    """Names and kinds of the fields that came in; `relay_cli.arrivals` reads it."""

    sender: str = ""
    route: str = ""
    destination: str = ""
    order_digest: str = ""
    trace_id: str = ""
    _hops: dict[tuple[object, ...], Hop] = field(default_factory=dict)
    _ordered: list[Hop] = field(default_factory=list)

    @property
    def hops(self) -> list[Hop]:
        """Its hops in order. They are put in order when they are asked for and not with each one that comes:
        a stranger may send the same id thousands of times."""
        if len(self._ordered) < len(self._hops):
            self._ordered = _in_order(list(self._hops.values()))
        return self._ordered

    @property
    def state(self) -> State | None:
        """What the event is in now: the state of its last hop that changed it."""
        for hop in reversed(self.hops):
            if hop.state is not None:
                return hop.state
        return None

    @property
    def started_at(self) -> float:
        """The time of the first hop, Unix seconds."""
        return self.hops[0].at if self.hops else 0.0

    @property
    def delivery(self) -> tuple[float, float] | None:
        """When it was accepted last, and when TikTok confirmed it after that, Unix seconds.

        The clock starts at the first hop where no acceptance is known.
        """
        accepted_at, delivered_at = self.started_at, None
        for hop in self.hops:
            if hop.state in _ACCEPTED:
                accepted_at, delivered_at = hop.at, None
            elif hop.state == "delivered" and delivered_at is None:
                delivered_at = max(hop.at, accepted_at)
        return None if delivered_at is None else (accepted_at, delivered_at)

    @property
    def seconds_to_delivery(self) -> float | None:
        """From its last acceptance to TikTok's confirmation."""
        if self.delivery is None:
            return None
        accepted_at, delivered_at = self.delivery
        return delivered_at - accepted_at

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Each code with the field that it is about."""
        fields = (*self.fields, *[""] * len(self.codes))
        return list(zip(self.codes, fields, strict=False))

    def add(self, hop: Hop) -> None:
        """Adds a hop at its place in time; a hop that is there already is not added twice."""
        self._hops.setdefault((hop.at, hop.where, hop.name, hop.text, repr(hop.details)), hop)

    def as_json(self) -> dict[str, Any]:
        """The trace for `--json` and the console."""
        times = [None, *(hop.at for hop in self.hops)]
        return {
            "digest": self.digest,
            "state": self.state,
            "event": self.event,
            "sender": self.sender,
            "destination": self.destination,
            "match_quality": self.match_quality,
            "match_keys": list(self.match_keys),
            "codes": list(self.codes),
            "findings": [{"code": code, "field": path} for code, path in self.findings],
            "came_in": self.came_in,
            "trace_id": self.trace_id,
            "seconds_to_delivery": self.seconds_to_delivery,
            "hops": [hop.as_json(before) for hop, before in zip(self.hops, times, strict=False)],
        }


class Traces:
    """The events of a stream of log lines, by key, the newest last. Lines may come in any order."""

    def __init__(self, most: int = MAX_TRACES) -> None:
        self._traces: dict[str, Trace] = {}
        self._most = most

    def add(self, line: LogLine) -> list[Trace]:
        """Adds what a line says; returns the traces that it changed."""
        changed = []
        for mention in mentions(line):
            trace = self._traces.get(mention.key)
            if trace is None:
                trace = self._traces[mention.key] = mention.trace()
                if len(self._traces) > self._most:
                    del self._traces[next(iter(self._traces))]
            describe(trace, line, mention.entry)
            changed.append(trace)
        return changed

    def get(self, key: str) -> Trace | None:
        """The trace with a key."""
        return self._traces.get(key)

    def __iter__(self) -> Iterator[Trace]:
        return iter(self._traces.values())

    def __len__(self) -> int:
        return len(self._traces)


@dataclass(frozen=True, slots=True)
class Mention:
    """An event that a line names, and what a receipt line says of it."""

    key: str
    digest: str
    name: str
    entry: dict[str, Any]

    def trace(self) -> Trace:
        """A new trace of it."""
        return Trace(self.key, self.digest, self.name)


def event_key(event_id_digest: str, name: str) -> str:
    """The key of an event: the digest of its event_id, and its name."""
    return f"{event_id_digest}-{name}" if name else event_id_digest


_REQUESTS: Final[frozenset[str]] = frozenset(
    {"request_rejected", "webhook_signature_invalid", "webhook_ignored"}
)
"""Lines of a request that held no event that could be read."""


def mentions(line: LogLine) -> list[Mention]:
    """The events that a line names; or the request itself, where it held none."""
    found: dict[str, Mention] = {}
    for place, entry in enumerate(_entries(line)):
        key, name = _entry_digest(entry), str(entry.get("event", ""))
        mention = Mention(
            event_key(key, name) if key else f"{line.text('trace_id')}-{place}", key, name, entry
        )
        found.setdefault(mention.key, mention)
    digests, names = _texts(line.fields.get("event_id_digests")), _texts(line.fields.get("event_names"))
    for place, key in enumerate(digests):
        if _DIGEST.fullmatch(key):
            name = names[place] if len(names) == len(digests) else ""
            found.setdefault(event_key(key, name), Mention(event_key(key, name), key, name, {}))
    if not found and line.name in _REQUESTS and line.text("trace_id") and _is_of_a_sender(line):
        key = f"request-{line.text('trace_id')}"
        found[key] = Mention(key, "", "", {})
    return list(found.values())


def _is_of_a_sender(line: LogLine) -> bool:
    # Scanners ask for paths of all kinds; the events of a rejected request have a line of their own.
    return line.text("route") != "other" and line.text("problem") != "events_rejected"


def _entries(line: LogLine) -> list[dict[str, Any]]:
    """What the receipt line of ingest says of each event."""
    held = line.fields.get("events")
    return [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else []


def _entry_digest(entry: dict[str, Any]) -> str:
    value = entry.get("event_id_digest")
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else ""


def _texts(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def describe(trace: Trace, line: LogLine, entry: dict[str, Any]) -> None:
    """Adds what a line says of one event to its trace; `entry` is what a receipt line says of it."""
    if line.name in _REQUESTS:
        trace.sender = line.text("sender") or trace.sender
        trace.route = line.text("route") or trace.route
        trace.trace_id = line.text("trace_id")
        reason = line.text("reason") if line.name != "request_rejected" else line.text("problem")
        trace.codes = tuple(dict.fromkeys((*trace.codes, reason))) if reason else trace.codes
    if line.name == "events_received":
        trace.sender = line.text("sender") or trace.sender
        trace.trace_id = line.text("trace_id") or trace.trace_id
        trace.event = str(entry.get("event", "")) or trace.event
        quality = entry.get("match_quality")
        if isinstance(quality, (int, float)):
            trace.match_quality = float(quality)
        trace.match_keys = tuple(_texts(entry.get("match_keys"))) or trace.match_keys
        trace.codes = tuple(_texts(entry.get("codes"))) or trace.codes
        trace.fields = tuple(_texts(entry.get("fields"))) or trace.fields
        trace.came_in = str(entry.get("came_in", "")) or trace.came_in
        order = entry.get("order_id_digest")
        trace.order_digest = order if isinstance(order, str) else trace.order_digest
    if line.text("event_source_id"):
        trace.destination = f"{line.text('event_source')}/{line.text('event_source_id')}"
    trace.add(hop_of(line, entry))


def hop_of(line: LogLine, entry: dict[str, Any] | None = None) -> Hop:
    """The hop that a line is; `entry` is what a receipt line says of the event."""
    details = {
        name: value
        for name, value in line.fields.items()
        if name not in _HIDDEN and value not in (None, "", [], {})
    }
    if line.name == "events_received":
        return _receipt_hop(line, entry or {}, details)
    if line.name == "tiktok_responded":
        return _response_hop(line, details)
    sentences: dict[str, tuple[str, State | None]] = {
        "events_retried": (f"put on the retry queue ({line.text('outcome')})", "waiting"),
        "events_dead_lettered": (f"put on the dead-letter queue ({line.text('reason')})", "dead_lettered"),
        "webhook_ignored": (f"became no event ({line.text('reason')})", "ignored"),
        "request_rejected": (f"answered {line.text('status')} ({line.text('problem')})", "rejected"),
        "webhook_signature_invalid": (f"no valid signature ({line.text('reason')})", "rejected"),
    }
    text, state = sentences.get(line.name, (line.name.replace("_", " "), None))
    return Hop(line.at, line.function, line.name, text, state, details)


_HIDDEN: Final[frozenset[str]] = frozenset(
    {"events", "event_id_digests", "event_names", "order_id_digests", "level", "cold_start", "xray_trace_id"}
)


def _receipt_hop(line: LogLine, entry: dict[str, Any], details: dict[str, Any]) -> Hop:
    status = str(entry.get("status") or _only_status(line))
    state = _INGEST_STATES.get(status)
    codes = _texts(entry.get("codes"))
    if state == "accepted" and codes:
        state = "accepted_with_warnings"
    listed = f" ({', '.join(codes)})" if codes else ""
    words = {
        "accepted": f"accepted from {line.text('sender')} and queued{listed}",
        "rejected": f"rejected{listed}",
        "dropped": "dropped: consent denied",
        "not_queued": "not taken by the queue; the sender received an error and has to send it again",
    }
    text = words.get(status, f"received from {line.text('sender')}")
    return Hop(line.at, line.function, line.name, text, state, details)


def _only_status(line: LogLine) -> str:
    """What became of the events that a line names, where that is the same for all.

    A line without an entry for each event names those that were accepted or not queued.
    """
    given = [name for name in _INGEST_STATES if line.fields.get(name)]
    if len(given) == 1:
        return given[0]
    return "accepted" if "accepted" in given and "not_queued" not in given else ""


def _response_hop(line: LogLine, details: dict[str, Any]) -> Hop:
    outcome, code = line.text("outcome"), line.text("tiktok_code")
    size = line.text("batch_size")
    response = f"code {code}" if code else f"HTTP {line.text('http_status') or 'no response'}"
    batch = f"a request of {size} events" if size not in ("", "1") else "the request"
    if outcome == "delivered":
        return Hop(
            line.at, line.function, line.name, f"TikTok confirmed it ({response})", "delivered", details
        )
    state: State | None = "waiting" if outcome in _WAITING else None
    return Hop(
        line.at,
        line.function,
        line.name,
        f"TikTok did not take {batch}: {outcome} ({response})",
        state,
        details,
    )


# ── finding one event ──────────────────────────────────────────────────────────────────────────────────────


class Source(Protocol):
    """Where log lines are searched."""

    def find(self, since: float, *texts: str) -> list[LogLine]:
        """Lines since a time (Unix seconds) that contain one of the texts, oldest first."""


@dataclass
class Found:
    """What was found for an id: the traces of its events, and how the id was understood."""

    identifier: str
    kind: str
    traces: list[Trace] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)

    @property
    def state(self) -> State | None:
        """The state of all its events; where they differ, the one that is furthest from delivery."""
        return min((trace.state for trace in self.traces), key=_FURTHEST_FIRST.index, default=None)

    def as_json(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "id": self.identifier,
            "kind": self.kind,
            "digest": digest(self.identifier),
            "state": self.state,
            "events": [trace.as_json() for trace in self.traces],
            "hops": [hop_of(line).as_json() for line in self.lines],
        }


_FURTHEST_FIRST: Final[tuple[State | None, ...]] = (
    "rejected",
    "dead_lettered",
    "dropped",
    "ignored",
    "waiting",
    None,
    "accepted_with_warnings",
    "accepted",
    "delivered",
)


def find(source: Source, identifier: str, since: float) -> Found:
    """Find an event by its id, its order's id, TikTok's request id, ingest's trace id, or a digest.

    A request id can stand for many events: each of them is followed.
    """
    key = identifier if _DIGEST.fullmatch(identifier) else digest(identifier)
    # In a large shop a search takes minutes: one for all that the id can be, and one for what was found.
    texts = [key, identifier] if _REQUEST_ID.fullmatch(identifier) else [key]
    named = source.find(since, *dict.fromkeys(texts))
    traces = _traces(named, key)
    if traces:
        direct = any(trace.digest == key for trace in traces)
        # An order's other events, or lines that name the event and not the order.
        others = {trace.key: trace.digest for trace in traces if trace.digest not in ("", key)}
        _follow(source, since, traces, others)
        return Found(identifier, "event_id" if direct else "order_id", traces)
    lines = [line for line in named if identifier in _ids_of(line)]
    if not lines:
        return Found(identifier, "unknown")
    kind = "tiktok_request_id" if lines[0].text("tiktok_request_id") == identifier else "trace_id"
    digests = {mention.key: mention.digest or identifier for line in lines for mention in mentions(line)}
    traces = []
    _follow(source, since, traces, digests)
    return Found(identifier, kind, traces, lines)


MAX_FOLLOWED: Final[int] = 20
"""Events of one request or order that are followed: a request to TikTok can hold a thousand, and a filter
pattern 1,024 characters."""


def _ids_of(line: LogLine) -> set[str]:
    return {line.text("tiktok_request_id"), line.text("trace_id")}


def _mentioned_by(line: LogLine, key: str) -> list[Mention]:
    """The events of a line that a digest names: by event id, or by order id."""
    named = mentions(line)
    if direct := [mention for mention in named if mention.digest == key]:
        return direct
    if by_order := [mention for mention in named if mention.entry.get("order_id_digest") == key]:
        return by_order
    orders = _texts(line.fields.get("order_id_digests"))
    if key not in orders:
        return []
    # Lists of the same length have an order for each event; others don't say which belongs to which.
    if len(named) == len(orders):
        return [named[orders.index(key)]]
    return named if len(named) == 1 else []


def _traces(lines: Sequence[LogLine], key: str) -> list[Trace]:
    traces: dict[str, Trace] = {}
    for line in lines:
        for mention in _mentioned_by(line, key):
            describe(traces.setdefault(mention.key, mention.trace()), line, mention.entry)
    return list(traces.values())


def _follow(source: Source, since: float, traces: list[Trace], texts: Mapping[str, str]) -> None:
    """Add the lines of each event, by key, that contain its text."""
    followed = dict(islice(texts.items(), MAX_FOLLOWED))
    if not followed:
        return
    lines = source.find(since, *dict.fromkeys(followed.values()))
    for key in followed:
        _extend(traces, lines, key)


def _extend(traces: list[Trace], lines: Sequence[LogLine], key: str) -> None:
    trace = next((known for known in traces if known.key == key), None)
    for line in lines:
        for mention in mentions(line):
            if mention.key == key:
                if trace is None:
                    trace = mention.trace()
                    traces.append(trace)
                describe(trace, line, mention.entry)


def timeline(trace: Trace) -> Iterator[tuple[str, str, str, str, str]]:
    """The hops as rows for people: time, delay since the hop before, where, state, what happened."""
    previous: float | None = None
    for hop in trace.hops:
        delay = "" if previous is None else f"+{duration(max(hop.at - previous, 0.0))}"
        yield iso_milliseconds(hop.at), delay, hop.where, hop.state or "", hop.text
        previous = hop.at
