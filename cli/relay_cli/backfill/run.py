"""Running a backfill: batches to the relay, each confirmed in the journal before the next is sent."""

import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from relay_cli import web
from relay_cli.backfill import cells
from relay_cli.backfill.journal import Journal, Progress
from relay_cli.backfill.plan import ERROR_FIELDS, Plan, Unit
from relay_cli.errors import CliError, PartlyDoneError
from relay_cli.files import open_private
from relay_cli.replaying import interruption

BATCH_EVENTS: Final[int] = 500
"""Half of what a request may hold: a lost response repeats so many at the most."""

BATCH_BYTES: Final[int] = 2_000_000
"""Half of what ingest reads of a server."""

BATCH_UNITS: Final[int] = 5_000
"""Orders between two lines of the journal, where most of them become no event."""

MAX_ATTEMPTS: Final[int] = 6

Post = Callable[[bytes], web.Response]


@dataclass
class Result:
    """What a run did, earlier runs of the same backfill included."""

    progress: Progress
    interrupted: bool = False
    resumed: bool = False


@dataclass
class _Batch:
    """Units and events of one request. `owners` says which unit an event belongs to."""

    units: list[Unit] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, unit: Unit) -> None:
        for event in unit.events:
            raw = json.dumps(event).encode()
            self.events.append(raw)
            self.owners.append(len(self.units))
            self.ids.append(str(event.get("event_id", "")) if isinstance(event, dict) else "")
            self.size += len(raw) + 1
        self.units.append(unit)

    def full(self, most: int) -> bool:
        return len(self.events) >= most or self.size >= BATCH_BYTES or len(self.units) >= BATCH_UNITS


class RejectedFile:
    """Records that can't be used or were rejected, with the reason, in the form of their own file.

    Raises CliError where it can't be written.
    """

    def __init__(self, plan: Plan, path: Path, size: int) -> None:
        self.path = path
        self._plan = plan
        try:
            self._opened: BinaryIO = os.fdopen(open_private(path, keep=size > 0), "r+b")
        except OSError as error:
            raise CliError(f"{path} can't be written: {error.strerror or error}", "file") from error
        # What a killed run wrote after its last confirmed batch is written again.
        self._opened.truncate(size)
        self._opened.seek(size)
        if size == 0 and plan.source.columns:
            self._opened.write(self._row([*plan.source.columns, *ERROR_FIELDS]))

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._opened.tell()

    def write(self, unit: Unit, code: str, reason: str) -> None:
        """Write the records of a unit."""
        for record in unit.rows:
            if self._plan.source.columns:
                values = [record.value.get(column, "") for column in self._plan.source.columns]
                self._opened.write(self._row([*values, code, reason]))
            else:
                held = {**record.value, ERROR_FIELDS[0]: code, ERROR_FIELDS[1]: reason}
                self._opened.write(json.dumps(held, default=str).encode() + b"\n")

    def _row(self, values: Sequence[object]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._plan.source.delimiter, lineterminator="\n")
        writer.writerow(map(cells.protect, values))
        return text.getvalue().encode()

    def flush(self) -> None:
        """Return when everything is on disk."""
        self._opened.flush()
        os.fsync(self._opened.fileno())

    def close(self) -> None:
        """Close the file."""
        self._opened.close()


def rejected_path(plan: Plan) -> Path:
    """Where the rejected records of a file are written."""
    suffix = ".csv" if plan.source.columns else ".jsonl"
    return plan.source.path.with_name(f"{plan.source.path.name}.rejected{suffix}")


def run(
    plan: Plan,
    journal: Journal,
    rejected: RejectedFile,
    post: Post,
    *,
    rate: float,
    limit: int | None = None,
    on_batch: Callable[[Progress], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Result:
    """Send what is left of a file. Raises PartlyDoneError where the relay stops answering.

    Ctrl-C and SIGTERM end it after the batch that is under way. `rate` is in events a second, of which no
    request holds more; `limit` ends it after so many events of this run.
    """
    result = Result(journal.progress)
    most = max(min(BATCH_EVENTS, int(rate)), 1)
    start, sent = clock(), 0
    with interruption() as interrupted:
        for batch in _batches(plan, journal.progress, limit, most):
            confirmed = _send(batch, rejected, journal.progress, post, sleep)
            rejected.flush()
            journal.confirm(replace(confirmed, rejected_bytes=rejected.size), batch.ids)
            result.progress = journal.progress
            on_batch(journal.progress)
            sent += len(batch.events)
            if interrupted():
                result.interrupted = True
                return result
            ahead = sent / rate - (clock() - start)
            if ahead > 0:
                sleep(ahead)
    return result


def _batches(plan: Plan, progress: Progress, limit: int | None, most: int) -> Iterator[_Batch]:
    batch, taken = _Batch(), 0
    for unit in plan.units(progress.position, progress.record):
        if limit is not None and taken + len(unit.events) > limit:
            break
        taken += len(unit.events)
        batch.add(unit)
        if batch.full(most):
            yield batch
            batch = _Batch()
    if batch.units:
        yield batch


def _send(
    batch: _Batch,
    rejected: RejectedFile,
    progress: Progress,
    post: Post,
    sleep: Callable[[float], object],
) -> Progress:
    """Send a batch until the relay answered for every event; returns the progress behind it."""
    outcomes = _outcomes(batch, progress, post, sleep) if batch.events else {}
    counts = {"accepted": 0, "rejected": 0, "dropped": 0}
    errors: dict[int, tuple[str, str]] = {}
    for place, (status, code, message) in outcomes.items():
        counts[status] += 1
        if status == "rejected":
            errors.setdefault(batch.owners[place], (code, message))
    unusable = skipped = 0
    for index, unit in enumerate(batch.units):
        if index in errors:
            rejected.write(unit, *errors[index])
        elif unit.skipped:
            skipped += 1
        elif unit.code:
            unusable += 1
            rejected.write(unit, unit.code, unit.reason)
    last = batch.units[-1].last
    return replace(
        progress,
        record=last.number,
        position=last.position,
        batches=progress.batches + 1,
        accepted=progress.accepted + counts["accepted"],
        rejected=progress.rejected + counts["rejected"],
        dropped=progress.dropped + counts["dropped"],
        skipped=progress.skipped + skipped,
        unusable=progress.unusable + unusable,
    )


Outcome = tuple[str, str, str]
"""Status (accepted, rejected, dropped), and code and message of the first error."""


def _outcomes(
    batch: _Batch, progress: Progress, post: Post, sleep: Callable[[float], object]
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    left = list(range(len(batch.events)))
    reason = ""
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            sleep(min(2.0**attempt, 30.0))
        try:
            response = post(b'{"events":[' + b",".join(batch.events[place] for place in left) + b"]}")
        except CliError as error:
            if error.code != "no_response":
                raise
            reason = str(error)
            continue
        if response.status in (401, 403):
            raise CliError(f"The relay rejects the server key ({response.phrase}).", "unauthenticated")
        receipt = response.json()
        listed = isinstance(receipt, dict) and any(
            name in receipt for name in ("accepted", "rejected", "dropped")
        )
        if not listed:
            reason = response.phrase
            if response.status < 500 and response.status != 429:
                detail = receipt.get("detail", "") if isinstance(receipt, dict) else ""
                raise CliError(f"The relay rejects the request: {response.phrase}. {detail}", "rejected")
            continue
        found = {
            left[place]: outcome for place, outcome in _parse_receipt(receipt).items() if place < len(left)
        }
        outcomes |= found
        # What the queue did not take, and what the response does not name.
        left = [place for place in left if place not in outcomes]
        if not left:
            return outcomes
        reason = f"{len(left)} events were not queued"
    raise PartlyDoneError(
        f"The relay does not take events: {reason}. {progress.accepted} are accepted; run the same command "
        "again to go on.",
        "relay_unavailable",
    )


def _parse_receipt(receipt: dict[str, Any]) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    for name in ("accepted", "rejected", "dropped"):
        for entry in receipt.get(name) or []:
            if not isinstance(entry, dict) or not isinstance(entry.get("index"), int):
                continue
            errors = entry.get("errors") or [{}]
            first = errors[0] if isinstance(errors[0], dict) else {}
            found[entry["index"]] = (name, str(first.get("code", "")), str(first.get("message", "")))
    return found
