"""`relay trace`: the whole way of one event."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import click

from relay.telemetry import loggable_name
from relay_cli import arrivals, output, stacks, tracing, web
from relay_cli.errors import FAILED, OK, CliError
from relay_cli.logs import CloudWatchLogs, FileLogs
from relay_cli.options import IDENTIFIER, json_option, option, stack_options
from relay_cli.options import command as declare
from relay_cli.stacks import Stack, Target
from relay_cli.times import AGE, age, iso, now
from relay_cli.tracing import Found, Hop

SINCE: Final[str] = "24h"


@declare("trace")
@click.argument("id", type=IDENTIFIER)
@option(
    "--since",
    type=AGE,
    default=SINCE,
    show_default=True,
    help="How far back to search the logs: 90m, 12h, 3d.",
)
@stack_options
@json_option
def command(*, id: str, since: float, target: Target, as_json: bool) -> int:  # noqa: A002 - the argument's name
    """Show every hop of an event, with times.

    ID is an event_id, an order_id, TikTok's request id, ingest's trace id, or a digest from a log line.
    The logs hold only digests of ids; the command hashes what it is asked for. Exits with 1 if nothing was
    found.
    """
    found = look_up(target, id, since)
    if as_json:
        output.data(found.as_json())
    else:
        _print(found, since)
    return OK if found.traces or found.lines else FAILED


def look_up(target: Target, identifier: str, since: float) -> Found:
    """Everything that is known of an id: from the logs, and locally from the simulator."""
    at = now() - since
    if target.local and stacks.find_local(target.local_folder) is None:
        logs = stacks.local_logs(target.local_folder)
        if logs is None:
            raise CliError(
                "No local stack is running, and it left no logs. `make up` starts one.", "no_local_stack"
            )
        return tracing.find(FileLogs(logs), identifier, at)
    stack = target.open()
    found = tracing.find(CloudWatchLogs(stack, progress(since)), identifier, at)
    if stack.local is not None:
        _add_simulator(found, stack)
    return found


NOTE_SECONDS: Final[float] = 10.0
"""How often a search that takes long says so."""


def progress(since: float) -> Callable[[], None]:
    """Return what to call after each page of log lines: it notes now and then how many there were."""
    pages, next_at = 0, now() + NOTE_SECONDS

    def read_page() -> None:
        nonlocal pages, next_at
        pages += 1
        if now() >= next_at:
            next_at = now() + NOTE_SECONDS
            output.note(
                f"{pages} pages of logs of the last {age(since)} read. A shorter --since reads fewer."
            )

    return read_page


def _add_simulator(found: Found, stack: Stack) -> None:
    """What the simulated TikTok has of an event id."""
    if stack.local is None:
        return
    url = f"{stack.local.simulator_url}/_sim/events?event_id={quote(found.identifier, safe='')}"
    try:
        held: Any = web.request("GET", url, seconds=5).json()
    except CliError:
        # TIKTOK_API_URL may have put another server in the simulator's place.
        return
    events = held.get("events", []) if isinstance(held, dict) else []
    if not events:
        return
    digest = tracing.digest(found.identifier)
    for event in events:
        name = str(event.get("event", ""))
        key = tracing.event_key(digest, loggable_name(name))
        trace = next((known for known in found.traces if known.key == key), None)
        if trace is None:
            trace = tracing.Trace(key, digest, name)
            found.traces.append(trace)
            found.kind = "event_id"
        at = event.get("received_at")
        if isinstance(at, (int, float)):
            trace.add(Hop(float(at), "tiktok", "simulator_has", "the simulated TikTok has it", "delivered"))


def _print(found: Found, since: float) -> None:
    if not found.traces and not found.lines:
        output.line(f"Nothing was logged of {found.identifier} in the last {age(since)}.")
        output.note("Search further back with --since, or see `relay dlq list`.")
        return
    if found.kind in ("tiktok_request_id", "trace_id"):
        name = found.kind.replace("_", " ").replace("tiktok", "TikTok")
        output.line(
            f"{found.identifier} is a {name}; it stands for {output.count(len(found.traces), 'event')}"
        )
    for trace in found.traces:
        about = [
            trace.event or trace.route or "event",
            trace.digest or trace.trace_id,
            f"state: {trace.state or 'unknown'}",
        ]
        if trace.match_quality is not None:
            about.append(f"match quality {trace.match_quality:.1f} of 10")
        table = output.table(
            "time (UTC)", "delay", "where", "state", "what happened", title=" · ".join(about)
        )
        for row in tracing.timeline(trace):
            output.add_row(table, *row)
        output.show(table)
        if trace.came_in:
            output.line(f"  came in: {arrivals.read(trace.came_in).sentence()}")
        for code, path in trace.findings:
            output.line(f"  finding: {code}{f' ({path})' if path else ''}")
    if not found.traces:
        for line in found.lines:
            hop = tracing.hop_of(line)
            output.line(f"{iso(hop.at)}  {hop.where}  {hop.text}")
