"""Deliver: a batch of records in, and a report of what became of each. The whole of delivery in one place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

from relay.delivery.backoff import seconds_to_wait, soon_given_up
from relay.delivery.batching import group
from relay.delivery.circuit_breaker import Breakers
from relay.delivery.dead_letters import Parked, Reason, parked
from relay.delivery.destination_sender import REPORT_SECONDS, DestinationSender, Ports
from relay.delivery.outcomes import OUT_OF_TIME, Attempt, Record, Verdict
from relay.tiktok.responses import Outcome

DESTINATIONS_AT_ONCE: Final[int] = 8
"""Threads that wait for TikTok. Those that failed last time come last, so that they keep no other waiting."""


@dataclass(slots=True)
class Report:
    """What became of a batch.

    `failed` are the ids to give back to the queue, `returned` counts them by what was answered, `parked`
    counts what lies on the dead-letter queue now by reason. `not_parked` could not be put there and are given
    back too; of the given back `not_put_off` come again when the queue's own time-out ends. `errors` nobody
    foresaw.
    """

    failed: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    parked: Counter[Reason] = field(default_factory=Counter)
    returned: Counter[Outcome] = field(default_factory=Counter)
    not_parked: int = 0
    not_put_off: int = 0
    errors: list[BaseException] = field(default_factory=list)


def deliver(records: Sequence[Record], breakers: Breakers, outside: Ports) -> Report:
    """Delivers a batch.

    Only what TikTok confirmed, or what lies on the dead-letter queue, is left out of the report's `failed`.
    It comes back in time to be heard, whatever TikTok and SQS do.
    """
    report = Report()
    groups, verdicts = group(records)
    senders = [
        DestinationSender(destination, rows, breakers.of(destination), outside)
        for destination, rows in groups.items()
    ]
    report.errors += _run(sorted(senders, key=lambda sender: sender.breaker.failing()), outside)
    for sender in senders:
        report.attempts += list(sender.attempts)
        verdicts += sender.so_far()
    _park(verdicts, report, outside)
    return report


def _run(senders: Sequence[DestinationSender], outside: Ports) -> Iterator[BaseException]:
    """Runs the senders side by side, until they are done or time is up; gives what they raised."""
    if not senders:
        return
    pool = ThreadPoolExecutor(min(len(senders), DESTINATIONS_AT_ONCE))
    runs = [pool.submit(sender.run) for sender in senders]
    done, _ = wait(runs, timeout=max(outside.time_left() - REPORT_SECONDS, 0.0))
    # What still waits for TikTok asks nothing more: it finds that there is no time left.
    pool.shutdown(wait=False, cancel_futures=True)
    for run in done:
        if not run.cancelled() and (error := run.exception()) is not None:
            yield error


def _park(verdicts: Sequence[Verdict], report: Report, outside: Ports) -> None:
    """Parks what can't be delivered, then puts off what is to be tried again, parking's failures too."""
    now = outside.now()
    to_park: list[tuple[Verdict, Reason]] = []
    back: list[Verdict] = []
    for verdict in verdicts:
        if verdict.fate == "again":
            if soon_given_up(verdict.record, now):
                to_park.append((verdict, "expiring"))
            else:
                back.append(verdict)
        else:
            to_park.append((verdict, verdict.fate))
    parcels: list[Parked] = [parked(verdict, reason, now) for verdict, reason in to_park]
    failed = set(outside.park(parcels)) if parcels else set()
    for index, (verdict, reason) in enumerate(to_park):
        if index in failed:
            back.append(verdict)
        else:
            report.parked[reason] += 1
    report.not_parked = len(failed)
    waits = []
    for verdict in back:
        answer = verdict.answer or OUT_OF_TIME
        report.failed.append(verdict.record.message_id)
        report.returned[answer.outcome] += 1
        seconds = seconds_to_wait(answer, verdict.record.receives, outside.chance())
        waits.append((verdict.record.receipt_handle, seconds))
    report.not_put_off = len(outside.put_off(waits)) if waits else 0
