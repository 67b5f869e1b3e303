"""The log line and the metrics of a request with events. docs/operate.md explains each."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

from ingest.http import Request
from relay import telemetry
from relay.event.compiled import KINDS, Declared, load_model
from relay.event.pipeline import Accepted, Rejected
from relay.findings import Finding
from relay.identity.hashing import is_digest
from relay.ingestion import Receipt

MAX_ENTRIES: Final[int] = 100
"""Events of a request that the log line describes one by one: some 400 bytes each and 1,900 at most, of the
256 KB that CloudWatch Logs takes in one event. The digests of the others' ids are there all the same."""

MAX_CODES: Final[int] = 12
"""Findings of an event that the log line names."""

MAX_CHARACTERS: Final[int] = 600
"""Of one description of what came in. An event with every field that a shop sends has some 300."""

CUT: Final[str] = "…"
"""The last word of a description that was cut."""


def write_receipt(
    request: Request,
    sender: str,
    receipt: Receipt,
    test_code: str,
    more: telemetry.LogFields | None = None,
) -> None:
    """Record the results of one request's events: numbers, codes and digests of ids.

    `test_code` is the stack's own, with which every event is a test; `more` is logged too.
    """
    digests = _Digests()
    kept = [*receipt.accepted.values(), *receipt.not_queued.values()]
    named = dict.fromkeys([(event.event_id, telemetry.loggable_name(event.event)) for event in kept])
    fields: telemetry.LogFields = {
        "trace_id": request.request_id,
        "sender": sender,
        "accepted": len(receipt.accepted),
        "rejected": len(receipt.rejected),
        "dropped": len(receipt.dropped),
        "not_queued": len(receipt.not_queued),
        "rejected_codes": receipt.rejected_codes(),
        "warning_codes": receipt.warning_codes(),
        "event_id_digests": [digests[event_id] for event_id, _ in named],
        "event_names": [name for _, name in named],
        "order_id_digests": [
            digests[order_id] for order_id in dict.fromkeys([event.order_id for event in kept]) if order_id
        ],
        "events": [
            _describe_event(status, event, receipt.events[index], digests)
            for status, index, event in islice(_results(receipt), MAX_ENTRIES)
        ],
        **(more or {}),
    }
    telemetry.info("events_received", **fields)
    numbers: dict[str, float] = {
        "EventsReceived": len(receipt.events),
        "EventsAccepted": len(receipt.accepted),
    }
    if test_code and receipt.accepted:
        numbers["EventsAsTest"] = len(receipt.accepted)
    if receipt.dropped:
        numbers["EventsDropped"] = len(receipt.dropped)
    if qualities := receipt.match_qualities():
        numbers["MatchQuality"] = sum(qualities) / len(qualities)
    if receipt.rejected:
        numbers["EventsRejected"] = len(receipt.rejected)
    if receipt.not_queued:
        numbers["EventsNotQueued"] = len(receipt.not_queued)
    telemetry.record(numbers)


class _Digests(dict[str, str]):
    """The digests of a request's ids, each made once: a line holds them by kind and with their event."""

    def __missing__(self, identifier: str) -> str:
        made = self[identifier] = telemetry.id_digest(identifier)
        return made


def _results(receipt: Receipt) -> Iterator[tuple[str, int, Accepted | Rejected]]:
    # A rejected event is what a person looks for.
    for index, rejected in receipt.rejected.items():
        yield "rejected", index, rejected
    for index, accepted in receipt.not_queued.items():
        yield "not_queued", index, accepted
    for index, accepted in receipt.accepted.items():
        yield "accepted", index, accepted


def _describe_event(
    status: str, event: Accepted | Rejected, raw: object, digests: _Digests
) -> telemetry.EventEntry:
    """Describe an event for `relay trace` and the console, without its content."""
    entry: telemetry.EventEntry = {"status": status, "event": telemetry.loggable_name(event.event)}
    if event.event_id:
        entry["event_id_digest"] = digests[event.event_id]
    if event.order_id:
        entry["order_id_digest"] = digests[event.order_id]
    if came_in := describe_arrival(raw):
        entry["came_in"] = came_in
    found: Sequence[Finding]
    if isinstance(event, Accepted):
        entry["match_quality"] = event.match_quality
        entry["match_keys"] = list(event.match_keys)
        found = event.warnings[:MAX_CODES]
    else:
        found = event.errors[:MAX_CODES]
    entry["codes"] = [finding.code for finding in found]
    if found:
        entry["fields"] = [loggable_path(finding.field) for finding in found]
    return entry


def describe_arrival(raw: object) -> str:
    """Describe an event as it came in: its known fields by name, each with its kind where that is not the
    declared one. It holds no value, and no name that the sender chose. "" for what is not an object.

    >>> describe_arrival({"event": "Purchase", "value": "12", "user": {"email": "ada@shop.example"}, "x": 1})
    'event value=text user(email) +1'

    `user(…)` are the fields inside, of a list those of its first item; `+1` is the number of fields that the
    model does not have.
    """
    if not isinstance(raw, dict):
        return ""
    words: list[str] = []
    unknown = _describe_fields(raw, load_model().declared, words)
    if unknown:
        words.append(f"+{unknown}")
    text = " ".join(words)
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 2].rpartition(' ')[0]} {CUT}"


def _describe_fields(given: Mapping[str, Any], declared: Mapping[str, Declared], words: list[str]) -> int:
    """Add a word for each known field; return the number of the unknown ones."""
    unknown = 0
    for name, value in given.items():
        if name not in declared:
            unknown += 1
            continue
        kind, hashed, inside = declared[name]
        found = KINDS.get(type(value))
        word = name if found == kind else f"{name}={found}"
        if value and (hashed or inside is not None):
            first = value[0] if found == "list" else value
            if hashed and type(first) is str and is_digest(first):
                word = f"{name}=digests" if found == "list" else f"{name}=digest"
            if inside is not None and type(first) is dict:
                below: list[str] = []
                unknown += _describe_fields(first, inside, below)
                word = f"{word}({' '.join(below)})"
        words.append(word)
    return unknown


@cache
def _known_names() -> frozenset[str]:
    declared = load_model().declared
    known = set(declared)
    for _, _, inside in declared.values():
        known.update(inside or ())
    return frozenset(known)


def loggable_path(path: str) -> str:
    """A finding's path if it consists of names of the model, without indices; "" otherwise.

    >>> loggable_path("contents[3].price"), loggable_path("emial")
    ('contents.price', '')
    """
    names = [step.partition("[")[0] for step in path.split(".")]
    return ".".join(names) if names and _known_names().issuperset(names) else ""
