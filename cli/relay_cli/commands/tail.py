"""`relay tail`: log lines of both functions as they come, or until one event is delivered."""

import time
from collections.abc import Callable
from typing import Final

import click

from relay_cli import output, tracing
from relay_cli.errors import FAILED, OK, TimedOutError
from relay_cli.logs import OVERLAP_SECONDS, CloudWatchLogs, Follower, LogLine
from relay_cli.options import IDENTIFIER, json_option, option, stack_options
from relay_cli.options import command as declare
from relay_cli.stacks import Target
from relay_cli.states import STATES
from relay_cli.times import AGE, duration, iso_milliseconds, now
from relay_cli.tracing import Found, Source, Trace

POLL_SECONDS: Final[float] = 1.0
"""FilterLogEvents allows five calls a second and account (CloudWatch Logs quotas); a poll takes two."""

LOOK_BACK_SECONDS: Final[float] = 900.0
"""`--until-delivered` also finds what happened before it was called."""

DEFAULT_TIMEOUT: Final[float] = 60.0

RECENT_SECONDS: Final[float] = 60.0
"""An event that was delivered this long before the call may have been sent again since then."""

FAILURES: Final[frozenset[str]] = frozenset({"rejected", "dead_lettered", "dropped", "ignored"})
"""States that no delivery follows, unless the event is sent again or replayed."""


@declare("tail")
@option("--function", type=click.Choice(["ingest", "dispatch"]), help="Only lines of this function.")
@option("--event", "names", multiple=True, help="Only lines of this name, such as events_received.")
@option("--destination", help="Only lines about this pixel or event set.")
@option("--outcome", multiple=True, help="Only lines with this outcome, such as delivered, throttled.")
@option("--reason", multiple=True, help="Only lines with this reason, such as rejected.")
@option("--state", type=click.Choice(list(STATES)), multiple=True, help="Only lines that lead to this state.")
@option("--since", type=AGE, default="0s", help="Begin with lines of the last 90s, 10m, 3h.")
@option(
    "--until-delivered",
    type=IDENTIFIER,
    metavar="ID",
    help="Wait until the event with this event_id is delivered.",
)
@option("--timeout", type=AGE, help="End after this time, such as 60s.")
@stack_options
@json_option
def command(
    *,
    function: str | None,
    names: tuple[str, ...],
    destination: str | None,
    outcome: tuple[str, ...],
    reason: tuple[str, ...],
    state: tuple[str, ...],
    since: float,
    until_delivered: str | None,
    timeout: float | None,
    target: Target,
    as_json: bool,
) -> int:
    """Show log lines as they come; Ctrl-C ends it. With --json, one JSON object a line.

    With --until-delivered ID it waits for one event as it was sent last: exit code 0 when TikTok confirmed
    it, 1 when it was rejected or dead-lettered, 124 after --timeout (60s unless given). Where the id stands
    for several events, each has to be delivered. A failure from before the call ends it only after --timeout:
    the event may have been sent again or replayed.
    """
    stack = target.open()
    if until_delivered is not None:
        seconds = DEFAULT_TIMEOUT if timeout is None else timeout
        return wait_for(CloudWatchLogs(stack), until_delivered, seconds, as_json=as_json)

    def matches(line: LogLine) -> bool:
        return (
            (function is None or line.function == function)
            and (not names or line.name in names)
            and (destination is None or line.text("event_source_id") == destination)
            and (not outcome or line.text("outcome") in outcome)
            and (not reason or line.text("reason") in reason)
            and (not state or tracing.hop_of(line).state in state)
        )

    follow(Follower(CloudWatchLogs(stack), now() - since), matches, timeout, as_json=as_json)
    return OK


def follow(
    follower: Follower, matches: Callable[[LogLine], bool], timeout: float | None, *, as_json: bool
) -> None:
    """Prints lines as they come, until the time is over."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        for line in filter(matches, follower.poll()):
            _print(line, as_json=as_json)
        if deadline is not None and time.monotonic() >= deadline:
            return
        time.sleep(POLL_SECONDS)


def _print(line: LogLine, *, as_json: bool) -> None:
    if as_json:
        output.data_line(
            {"at": iso_milliseconds(line.at), "function": line.function, "name": line.name, **line.fields}
        )
        return
    hop = tracing.hop_of(line)
    output.line(f"{iso_milliseconds(line.at)}  {line.function:<8}  {hop.state or '':<22}  {hop.text}")


def wait_for(
    source: Source,
    identifier: str,
    timeout: float,
    *,
    as_json: bool,
    clock: Callable[[], float] = now,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Waits until the events of an id are delivered, or one of them failed; returns the exit code.

    Raises TimedOutError.
    """
    began = clock()
    shown: set[tuple[str, float, str, str]] = set()
    while True:
        found = tracing.find(source, identifier, began - LOOK_BACK_SECONDS)
        if not as_json:
            _print_new(found, shown)
        waited = clock() - began
        oldest = min((_last_at(trace) for trace in found.traces), default=0.0)
        failed_at = max((_last_at(trace) for trace in found.traces if trace.state in FAILURES), default=None)
        # CloudWatch Logs finds a line some seconds after it was written, and a replay writes none.
        recent = oldest > began - RECENT_SECONDS or waited >= min(OVERLAP_SECONDS, timeout)
        if found.state == "delivered" and recent:
            return _end(found, OK, as_json=as_json)
        if failed_at is not None and (failed_at > began or waited >= timeout):
            return _end(found, FAILED, as_json=as_json)
        if waited >= timeout:
            raise TimedOutError(
                f"{identifier} was not delivered within {duration(timeout)}; its state is "
                f"{found.state or 'unknown: nothing was logged of it'}.",
                "timed_out",
            )
        sleep(POLL_SECONDS)


def _last_at(trace: Trace) -> float:
    """When the last that is known of an event happened."""
    return max((hop.at for hop in trace.hops), default=0.0)


def _print_new(found: Found, shown: set[tuple[str, float, str, str]]) -> None:
    for trace in found.traces:
        name = f"{trace.event:<16}  " if len(found.traces) > 1 else ""
        for hop, (at, delay, where, state, text) in zip(trace.hops, tracing.timeline(trace), strict=True):
            key = (trace.key, hop.at, hop.name, hop.text)
            if key not in shown:
                shown.add(key)
                output.line(f"{at}  {delay:>9}  {name}{where:<8}  {state:<22}  {text}")


def _end(found: Found, code: int, *, as_json: bool) -> int:
    took = [trace.seconds_to_delivery for trace in found.traces if trace.seconds_to_delivery is not None]
    if as_json:
        output.data(found.as_json())
    elif code == OK and took:
        output.line(f"delivered after {duration(max(took))}")
    else:
        output.line(f"{found.state}")
    return code
