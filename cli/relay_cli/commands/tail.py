"""`relay tail`: log lines of both functions as they come, or until one event is delivered."""

import time
from collections.abc import Callable
from typing import Any, Final

import click

from relay_cli import output, tracing
from relay_cli.errors import FAILED, OK, TimedOutError
from relay_cli.logs import CloudWatchLogs, Follower, LogLine
from relay_cli.options import command as declare
from relay_cli.options import json_option, option, stack_options
from relay_cli.stacks import Target
from relay_cli.states import STATES
from relay_cli.times import AGE, duration, iso_milliseconds, now
from relay_cli.tracing import Trace

POLL_SECONDS: Final[float] = 1.0
"""FilterLogEvents allows five calls a second and account (CloudWatch Logs quotas); a poll takes two."""

LOOK_BACK_SECONDS: Final[float] = 900.0
"""`--until-delivered` also finds what happened before it was called."""

FINAL: Final[frozenset[str]] = frozenset({"rejected", "dead_lettered", "dropped"})
"""States that no delivery follows."""


@declare("tail")
@option("--function", type=click.Choice(["ingest", "dispatch"]), help="Only lines of this function.")
@option("--event", "names", multiple=True, help="Only lines of this name, such as events_received.")
@option("--destination", help="Only lines about this pixel or event set.")
@option("--outcome", multiple=True, help="Only lines with this outcome, such as delivered, throttled.")
@option("--reason", multiple=True, help="Only lines with this reason, such as rejected.")
@option("--state", type=click.Choice(list(STATES)), multiple=True, help="Only lines that lead to this state.")
@option("--since", type=AGE, default="0s", help="Begin with lines of the last 90s, 10m, 3h.")
@option("--until-delivered", metavar="ID", help="Wait until the event with this event_id is delivered.")
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

    With --until-delivered ID it waits for one event: exit code 0 when TikTok confirmed it, 1 when it was
    rejected or dead-lettered, 124 after --timeout (60s unless given).
    """
    stack = target.open()
    if until_delivered:
        return _wait(CloudWatchLogs(stack), until_delivered, timeout or 60.0, as_json=as_json)

    def wanted(line: LogLine) -> bool:
        return (
            (function is None or line.function == function)
            and (not names or line.name in names)
            and (destination is None or line.text("event_source_id") == destination)
            and (not outcome or line.text("outcome") in outcome)
            and (not reason or line.text("reason") in reason)
            and (not state or tracing.hop_of(line).state in state)
        )

    follow(Follower(CloudWatchLogs(stack), now() - since), wanted, timeout, as_json=as_json)
    return OK


def follow(
    follower: Follower, wanted: Callable[[LogLine], bool], timeout: float | None, *, as_json: bool
) -> None:
    """Prints lines as they come, until the time is over."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        for line in filter(wanted, follower.poll()):
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


def _wait(logs: CloudWatchLogs, identifier: str, timeout: float, *, as_json: bool) -> int:
    deadline = time.monotonic() + timeout
    since = now() - LOOK_BACK_SECONDS
    shown = 0
    while True:
        found = tracing.find(logs, identifier, since)
        trace = found.traces[0] if found.traces else Trace(tracing.digest(identifier))
        if not as_json:
            for at, delay, where, state, text in list(tracing.timeline(trace))[shown:]:
                output.line(f"{at}  {delay:>9}  {where:<8}  {state:<22}  {text}")
            shown = len(trace.hops)
        states = {hop.state for hop in trace.hops}
        if "delivered" in states:
            return _end(found, trace, OK, as_json=as_json)
        if FINAL & states:
            return _end(found, trace, FAILED, as_json=as_json)
        if time.monotonic() >= deadline:
            raise TimedOutError(
                f"{identifier} was not delivered within {duration(timeout)}; its state is "
                f"{trace.state or 'unknown: nothing was logged of it'}.",
                "timed_out",
            )
        time.sleep(POLL_SECONDS)


def _end(found: Any, trace: Trace, code: int, *, as_json: bool) -> int:
    if as_json:
        output.data(found.as_json())
    elif code == OK and trace.seconds_to_delivery is not None:
        output.line(f"delivered after {duration(trace.seconds_to_delivery)}")
    else:
        output.line(f"{trace.state}")
    return code
