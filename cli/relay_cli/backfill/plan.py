"""The plan of a backfill: which file, of which kind, and how its records become events."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from relay.event.event_time import MAX_AGE_SECONDS, MAX_VIEW_AGE_SECONDS, to_unix_seconds
from relay_cli.backfill import cells, dumps, exports, readers
from relay_cli.backfill.exports import EXPORTS, MapOptions, SkippedRowError, UnusableRowError
from relay_cli.backfill.readers import Record, Source
from relay_cli.errors import CliError, UsageError
from relay_cli.evaluation import Settings

MAX_GROUP: Final[int] = 10_000
"""Rows of one order; more of the same value in a row are not an order."""

ERROR_FIELDS: Final[tuple[str, str]] = ("relay_error_code", "relay_error")
"""Columns that the file of rejected records has beside the record's own; ignored when it is read again."""


@dataclass(slots=True)
class Unit:
    """What belongs together: an order's rows, its events, or why there are none.

    `skipped`: it is not sent, with nothing wrong about it.
    """

    rows: list[Record]
    events: list[Any] = field(default_factory=list)
    code: str = ""
    reason: str = ""
    skipped: bool = False

    @property
    def last(self) -> Record:
        """The last of its rows."""
        return self.rows[-1]

    def event_times(self) -> list[int]:
        """The times of its events in Unix seconds, as ingest converts them; none of an event without one."""
        times = (_get_event_time(event) for event in self.events)
        return [at for at in times if at is not None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A file and how it is read. Times of `before` and `after` are Unix seconds."""

    source: Source
    kind: str
    settings: Settings
    map_options: MapOptions = field(default_factory=MapOptions)
    before: float | None = None
    after: float | None = None
    test_code: str = ""

    @property
    def title(self) -> str:
        """What the file is, for people."""
        return EXPORTS[self.kind].title if self.kind in EXPORTS else dumps.DUMPS[self.kind]

    @property
    def warning(self) -> str:
        """What to know of this kind of file; empty where nothing."""
        return EXPORTS[self.kind].warn if self.kind in EXPORTS else ""

    @property
    def mapping(self) -> Mapping[str, str]:
        """Which columns become which fields."""
        if self.kind in EXPORTS:
            return dict(EXPORTS[self.kind].mapping)
        if self.kind == "events":
            return {"all fields": "as they are (docs/events.md)"}
        return {"all fields": "as the webhook of the same order is mapped (docs/webhook-mapping.md)"}

    def units(self, position: int = 0, number: int = 0) -> Iterator[Unit]:
        """The orders behind a position; `number` is the last record that is done."""
        # Records of a wrapped document have no positions: those that are done are read, and passed over.
        found = (
            record
            for record in readers.records(self.source, position, number if position else 0)
            if record.number > number
        )
        export = EXPORTS.get(self.kind)
        for rows in _grouped(found, export.group if export else ""):
            yield self._unit(rows)

    def _unit(self, rows: list[Record]) -> Unit:
        unit = Unit(rows)
        broken = next((row for row in rows if row.error), None)
        if broken is not None:
            unit.code, unit.reason = "unreadable", broken.error
            return unit
        try:
            unit.events = self._events([self._as_it_was(row.value) for row in rows])
        except UnusableRowError as error:
            unit.code, unit.reason = error.code, str(error)
            unit.skipped = isinstance(error, SkippedRowError)
            return unit
        self._guard(unit)
        return unit

    def _as_it_was(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A record without what was added to it where an earlier run rejected it."""
        own = {name: value for name, value in row.items() if name not in ERROR_FIELDS}
        if len(own) == len(row) or not self.source.columns:
            return own
        return {name: cells.unprotect(value) for name, value in own.items()}

    def _events(self, rows: list[dict[str, Any]]) -> list[Any]:
        export = EXPORTS.get(self.kind)
        if export is None:
            found = dumps.to_events(rows[0], self.kind, self.settings)
        elif export.map_rows is None:
            raise CliError(export.reject, "unusable_file")
        else:
            options = replace(self.map_options, webhooks=self.settings.options)
            event = export.map_rows(rows, options)
            exports.check_value(event, options)
            found = [event]
        if self.test_code:
            found = [
                {**event, "test_event_code": self.test_code} for event in found if isinstance(event, dict)
            ]
        return found

    def _guard(self, unit: Unit) -> None:
        times = unit.event_times()
        if not times:
            return
        if min(times) < self.settings.now - MAX_AGE_SECONDS:
            unit.code = "event_time_too_old"
            unit.reason = "more than 28 days ago: TikTok attributes it no more"
            unit.skipped, unit.events = True, []
        elif (self.before is not None and min(times) >= self.before) or (
            self.after is not None and max(times) < self.after
        ):
            unit.code, unit.reason = "outside_period", "outside of --before and --after"
            unit.skipped, unit.events = True, []


def _get_event_time(event: object) -> int | None:
    return to_unix_seconds(event.get("event_time")) if isinstance(event, dict) else None


def _grouped(records: Iterator[Record], column: str) -> Iterator[list[Record]]:
    """Records that belong together: consecutive ones with the same value in a column."""
    group: list[Record] = []
    for record in records:
        value = record.value.get(column) if column and not record.error else None
        same = (
            bool(group)
            and value not in (None, "")
            and not group[0].error
            and group[0].value.get(column) == value
            and len(group) < MAX_GROUP
        )
        if group and not same:
            yield group
            group = []
        group.append(record)
    if group:
        yield group


def make_plan(
    path: Path,
    kind: str | None,
    settings: Settings,
    map_options: MapOptions,
    before: float | None,
    after: float | None,
    test_code: str,
) -> Plan:
    """Recognise a file. Raises CliError for one of no use, UsageError for one that is not recognised."""
    source = readers.open_source(path)
    found = kind or _recognise(source)
    export = EXPORTS.get(found)
    if export is not None:
        missing = [column for column in export.needs if column not in source.columns]
        if missing:
            raise UsageError(f"{path} is not a {export.title}: it has no column {', '.join(missing)}.")
        if export.map_rows is None:
            raise CliError(f"{path} is a {export.title}. {export.reject}", "unusable_file")
    return Plan(source, found, settings, map_options, before, after, test_code)


def _recognise(source: Source) -> str:
    if source.columns:
        found = exports.recognise(source.columns)
        if found is None:
            shown = ", ".join(source.columns[:12]) + (" …" if len(source.columns) > 12 else "")
            raise UsageError(
                f"The columns of {source.path} are of no known export: {shown}. docs/cli.md lists them; "
                "--kind says which one it is."
            )
        return found
    for record in readers.records(source):
        if not record.error:
            return dumps.recognise(record.value)
    raise CliError(f"{source.path} holds no record that can be read.", "file")


@dataclass
class Scan:
    """Counts over units, for the preview and the dry run."""

    orders: int = 0
    events: int = 0
    old: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)

    def add(self, unit: Unit, now: float) -> None:
        """Counts one."""
        self.orders += 1
        self.events += len(unit.events)
        if unit.code:
            (self.skipped if unit.skipped else self.unusable)[unit.code] += 1
        self.old += any(at < now - MAX_VIEW_AGE_SECONDS for at in unit.event_times())


def preview(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """The first units as rows for people: ids, times, amounts, and which fields identify the customer."""
    shown = []
    for unit in units:
        event = unit.events[0] if unit.events and isinstance(unit.events[0], dict) else {}
        properties = event.get("properties") if isinstance(event.get("properties"), dict) else {}
        user = event.get("user") if isinstance(event.get("user"), dict) else {}
        fields = {**event, **(properties or {})}
        contents = fields.get("contents")
        customer = {**{name: event.get(name) for name in CUSTOMER if event.get(name)}, **(user or {})}
        shown.append(
            {
                "record": unit.rows[0].number,
                "event": event.get("event", ""),
                "event_id": event.get("event_id", ""),
                "event_time": _get_event_time(event),
                "value": fields.get("value"),
                "currency": fields.get("currency", ""),
                "items": len(contents) if isinstance(contents, list) else 0,
                "customer_fields": sorted(customer),
                "problem": unit.reason,
                "skipped": unit.skipped,
            }
        )
    return shown


CUSTOMER: Final[tuple[str, ...]] = (
    "email",
    "phone",
    "external_id",
    "first_name",
    "last_name",
    "city",
    "state",
    "zip_code",
    "country",
    "ip",
    "user_agent",
    "ttclid",
    "ttp",
)
"""Fields of a flat event that identify the customer; only their names are shown."""
