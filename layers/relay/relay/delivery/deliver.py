"""Deliver: a batch of records in, a report out. The whole of delivery in one place."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final, TypeVar

from relay.delivery.backoff import ATTEMPTS_FIRST_HOUR, is_expired
from relay.delivery.batching import group_by_destination
from relay.delivery.circuit_breaker import CircuitBreakers
from relay.delivery.dead_letters import Reason, make_dead_letter
from relay.delivery.destination_sender import DestinationSender
from relay.delivery.outcomes import Record, Request, Undelivered
from relay.delivery.ports import REPORT_SECONDS, Ports
from relay.delivery.retries import Retry, make_retry
from relay.tiktok.responses import NO_RESPONSE

MAX_WORKERS: Final[int] = 8
"""Threads that wait for TikTok. Destinations that failed last time come last, so that they delay no other."""

_Entry = TypeVar("_Entry")
_Made = TypeVar("_Made")


@dataclass(slots=True)
class Report:
    """The result of a batch.

    `failed` are the ids to report to the queue as failed: the messages that neither TikTok nor another queue
    has, `not_retried` and `not_dead_lettered`. `oldest_age` is the age of the oldest event in the batch, in
    seconds; None where no message could be decoded. `errors` are exceptions that nothing handled.
    """

    failed: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    retried: list[Undelivered] = field(default_factory=list)
    dead_lettered: list[tuple[Undelivered, Reason]] = field(default_factory=list)
    not_retried: list[Undelivered] = field(default_factory=list)
    not_dead_lettered: list[Undelivered] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    oldest_age: float | None = None


def deliver(records: Sequence[Record], breakers: CircuitBreakers, ports: Ports) -> Report:
    """Deliver a batch.

    The report's `failed` has every record but those that TikTok confirmed, or that are on the retry or
    dead-letter queue. Returns in time for the report to be heard, whatever TikTok and SQS do.
    """
    report = Report()
    groups, undelivered = group_by_destination(records)
    senders = [
        DestinationSender(destination, rows, breakers.get(destination), ports)
        for destination, rows in groups.items()
    ]
    if senders:
        report.oldest_age = ports.now() - min(sender.oldest for sender in senders)
    _run(sorted(senders, key=DestinationSender.priority), ports)
    for sender in senders:
        report.requests += list(sender.requests)
        undelivered += sender.undelivered_so_far()
        if sender.error is not None:
            report.errors.append(sender.error)
    _requeue(undelivered, report, ports)
    return report


def _run(senders: Sequence[DestinationSender], ports: Ports) -> None:
    """Run the senders side by side until they are done or time is up."""
    if not senders:
        return
    pool = ThreadPoolExecutor(min(len(senders), MAX_WORKERS))
    runs = {pool.submit(sender.run): sender for sender in senders}
    done, _ = wait(runs, timeout=max(ports.time_left() - REPORT_SECONDS, 0.0))
    # A request that has not ended is the last of its sender, which finds that there is no time left.
    pool.shutdown(wait=False, cancel_futures=True)
    for run in done:
        if not run.cancelled():
            runs[run].error = run.exception()


def _is_expired(record: Undelivered, now: float) -> bool:
    message, response = record.message, record.response
    if message is None or not is_expired(message, now):
        return False
    # An old event that was in no request (dispatch was switched off for days) gets its attempt first. One
    # that has failed for an hour before had some.
    return response is None or response.may_expire or message.attempts > ATTEMPTS_FIRST_HOUR


def _make_messages(
    entries: Sequence[_Entry], make: Callable[[_Entry], _Made], report: Report
) -> tuple[list[_Entry], list[_Made], list[_Entry]]:
    """Make a message of each entry; return the entries, their messages, and the entries that have none.

    Whatever one entry makes the code raise is an error of the report, and costs no other entry.
    """
    made: list[tuple[_Entry, _Made]] = []
    broken: list[_Entry] = []
    for entry in entries:
        try:
            made.append((entry, make(entry)))
        except Exception as error:  # noqa: BLE001 - it comes back by its visibility timeout, alone
            report.errors.append(error)
            broken.append(entry)
    return [entry for entry, _ in made], [message for _, message in made], broken


def _requeue(undelivered: Sequence[Undelivered], report: Report, ports: Ports) -> None:
    """Send each undelivered record to the dead-letter or the retry queue; report those that neither took."""
    now = ports.now()

    def make(record: Undelivered) -> Retry:
        if record.message is None:
            raise ValueError("what can't be decoded is dead-lettered, not retried")
        return make_retry(record.message, record.response or NO_RESPONSE, ports.jitter())

    # By their ids: a message that the queue gave out twice in one batch is sent once.
    reasons: dict[str, tuple[Undelivered, Reason]] = {}
    retry: dict[str, Undelivered] = {}
    for record in undelivered:
        message_id = record.record["messageId"]
        if record.status != "retry":
            reasons[message_id] = (record, record.status)
        elif _is_expired(record, now):
            reasons[message_id] = (record, "expired")
        else:
            retry[message_id] = record
    dead, dead_letters, broken = _make_messages(
        list(reasons.values()), lambda entry: make_dead_letter(*entry, now), report
    )
    report.not_dead_lettered += [record for record, _ in broken]
    failed = set(ports.dead_letter(dead_letters)) if dead_letters else set()
    for index, entry in enumerate(dead):
        if index in failed:
            report.not_dead_lettered.append(entry[0])
        else:
            report.dead_lettered.append(entry)
    waiting, retries, unsent = _make_messages(list(retry.values()), make, report)
    report.not_retried += unsent
    failed = set(ports.retry(retries)) if retries else set()
    for index, record in enumerate(waiting):
        (report.not_retried if index in failed else report.retried).append(record)
    # Their messages come back when the queue's visibility timeout ends.
    report.failed += [entry.record["messageId"] for entry in (*report.not_dead_lettered, *report.not_retried)]
