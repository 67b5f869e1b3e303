"""Log lines of both functions: from CloudWatch Logs (the local emulator's too), or from `.local/logs`.

A line is one JSON object that Powertools Logger wrote; what Lambda writes around it is skipped.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from relay_cli.stacks import Stack
from relay_cli.times import now

GROUPS: Final[dict[str, str]] = {"ingest": "IngestLogs", "dispatch": "DispatchLogs"}
"""Function → logical id of its log group in the template."""

OVERLAP_SECONDS: Final[float] = 15.0
"""A line can become searchable some seconds after a later one: each poll looks back so far."""

MAX_NEWEST: Final[int] = 20_000
"""Lines of a function after which nothing older is read. FilterLogEvents gives 1 MB a page, some 400 requests
with their metrics and Lambda's own lines: a day of millions of events is more than ten thousand pages."""

FIRST_WINDOW_SECONDS: Final[float] = 60.0
"""The newest part of a period that is read first. The part before it is twice as long, and so on."""

MIN_WINDOW_SECONDS: Final[float] = 1.0
"""A part is not made shorter than this for being too much."""

MAX_REMEMBERED: Final[int] = 50_000
"""Lines that a follower remembers to have shown."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when (Unix seconds), of which function, the name of what happened, and its fields."""

    at: float
    function: str
    name: str
    fields: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field as text; empty where the line has none."""
        value = self.fields.get(name)
        return "" if value is None else str(value)


def parse(message: str, at: float, function: str = "") -> LogLine | None:
    """The line in a log message, or None where it is none (START, REPORT, metrics, a stack trace)."""
    if not message.lstrip().startswith("{"):
        return None
    try:
        held = json.loads(message)
    except (ValueError, RecursionError):
        return None
    name = held.get("message") if isinstance(held, dict) else None
    if not isinstance(name, str) or "service" not in held:
        return None
    return LogLine(
        _time(held.get("timestamp")) or at, function or str(held["service"]), name, _without_frame(held)
    )


def _without_frame(held: dict[str, Any]) -> dict[str, Any]:
    frame = {"message", "timestamp", "service"}
    return {name: value for name, value in held.items() if name not in frame}


def _time(text: object) -> float | None:
    """Powertools' own time: 2026-11-26 00:56:53,662+0000."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S,%f%z").timestamp()
    except ValueError:
        return None


class CloudWatchLogs:
    """The log groups of a stack. `on_page` is called after each page, and a long period has thousands."""

    def __init__(self, stack: Stack, on_page: Callable[[], object] = lambda: None) -> None:
        self._on_page = on_page
        self._client = stack.client("logs")
        # The emulator has no optional terms.
        self._takes_any = stack.endpoint_url is None
        self._groups = {function: stack.resource(logical) for function, logical in GROUPS.items()}

    def find(self, since: float, *texts: str) -> list[LogLine]:
        """Lines of both functions since a time (Unix seconds), oldest first, that hold one of the texts."""
        found = {
            key: line
            for function in self._groups
            for pattern in _filter_patterns(texts, any_of=self._takes_any)
            for key, line in self._lines(function, since, pattern, None)
        }
        return sorted(found.values(), key=lambda line: line.at)

    def newest(self, since: float) -> tuple[list[tuple[str, LogLine]], float]:
        """The newest lines of both functions with their keys, and the time that they begin at.

        All since a time where that is not too much to be read, else some `MAX_NEWEST` of a function.
        """
        found: list[tuple[str, LogLine]] = []
        counts: Counter[str] = Counter()
        until, width = None, FIRST_WINDOW_SECONDS
        begin = now()
        while begin > since and max(counts.values(), default=0) < MAX_NEWEST:
            start = max(begin - width, since)
            parts = {
                function: list(islice(self._lines(function, start, "", until), MAX_NEWEST + 1))
                for function in self._groups
            }
            full = [part[-1][1].at for part in parts.values() if len(part) > MAX_NEWEST]
            if full and width > MIN_WINDOW_SECONDS:
                # The newer end is missing. What was read tells the rate: half its time holds half as much.
                width = max(min(min(full) - start, begin - start) / 2, MIN_WINDOW_SECONDS)
                continue
            for function, part in parts.items():
                counts[function] += len(part)
                found += part
            # Both ends of a period belong to it.
            begin, until, width = start, start - 0.001, width * 2
        return found, begin

    def events(self, since: float) -> Iterator[tuple[str, LogLine]]:
        """Lines of both functions with a key that tells one from another."""
        for function in self._groups:
            yield from self._lines(function, since, "", None)

    def _lines(
        self, function: str, since: float, pattern: str, until: float | None
    ) -> Iterator[tuple[str, LogLine]]:
        asked: dict[str, Any] = {
            "logGroupName": self._groups[function],
            "startTime": max(int(since * 1000), 0),
        }
        if pattern:
            asked["filterPattern"] = pattern
        if until is not None:
            asked["endTime"] = int(until * 1000)
        while True:
            page = self._client.filter_log_events(**asked)
            self._on_page()
            for event in page.get("events", []):
                at = event["timestamp"] / 1000
                key = event.get("eventId") or f"{event.get('logStreamName')}{at}{event['message']}"
                if (line := parse(event["message"], at, function)) is not None:
                    yield key, line
            token = page.get("nextToken")
            if not token:
                return
            asked["nextToken"] = token


def _filter_patterns(texts: Sequence[str], *, any_of: bool) -> list[str]:
    """Patterns (FilterLogEvents, "Filter pattern syntax") for lines that contain one of the texts.

    A quoted term each, or one pattern of optional terms where they are understood.
    """
    terms = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    if any_of and len(terms) > 1:
        return [" ".join(f"?{term}" for term in terms)]
    return terms or [""]


class FileLogs:
    """The log files of a local stack: what is left when it has stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, since: float, *texts: str) -> list[LogLine]:
        """Lines since a time (Unix seconds), oldest first, that contain one of the texts."""
        found: dict[str, LogLine] = {}
        for path in sorted(self._folder.glob("*.log")):
            with path.open(encoding="utf-8", errors="replace") as opened:
                for message in opened:
                    if texts and not any(text in message for text in texts):
                        continue
                    line = parse(message, 0.0)
                    if line is not None and since <= line.at:
                        found[message.strip()] = line
        return sorted(found.values(), key=lambda line: line.at)


@dataclass
class Follower:
    """New lines of a stack, poll by poll: each line once, however late it becomes searchable."""

    logs: CloudWatchLogs
    since: float
    newest: bool = False
    """Whether to begin with the newest lines where all since then are too many."""

    _seen: dict[str, float] = field(default_factory=dict)

    def poll(self) -> list[LogLine]:
        """Lines that were not there at the last poll, oldest first."""
        fresh: list[LogLine] = []
        begin = self.newest and not self._seen
        found = self.logs.newest(self.since)[0] if begin else self.logs.events(self.since)
        # By time, so that the oldest are forgotten first.
        for key, line in sorted(found, key=lambda entry: entry[1].at):
            if key not in self._seen:
                self._seen[key] = line.at
                fresh.append(line)
        if fresh:
            self.since = max(self.since, fresh[-1].at - OVERLAP_SECONDS)
        for key in list(self._seen)[: max(len(self._seen) - MAX_REMEMBERED, 0)]:
            del self._seen[key]
        return fresh
