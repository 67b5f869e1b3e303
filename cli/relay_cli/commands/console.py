"""`relay console`: a page on this machine that shows a stack's events and what to do about them."""

import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Final

import click

from relay_cli import output
from relay_cli.aws_errors import explain
from relay_cli.console.feed import Feed
from relay_cli.console.server import ConsoleServer
from relay_cli.console.views import SimulatorArrivals, StackViews
from relay_cli.errors import OK, CliError
from relay_cli.logs import CloudWatchLogs, Follower
from relay_cli.options import command as declare
from relay_cli.options import json_option, option, stack_options
from relay_cli.stacks import Stack, Target
from relay_cli.times import AGE, now

EXAMPLES: Final[Path] = Path(__file__).resolve().parents[3] / "events"
"""The sample bodies of a checkout; an installed command has none."""

TOKEN_VARIABLE: Final[str] = "RELAY_CONSOLE_TOKEN"  # noqa: S105 - the variable's name
"""Environment variable with the token of the URL. `make up` sets it, to know the URL beforehand."""


@declare("console")
@option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; 0 takes a free one.")
@option("--since", type=AGE, default="3h", show_default=True, help="Show events of the last 90s, 10m, 3h.")
@option("--open/--no-open", "open_page", default=None, help="Open it in the browser (with a terminal).")
@stack_options
@json_option
def command(*, port: int, since: float, open_page: bool | None, target: Target, as_json: bool) -> int:
    """Serve the console until Ctrl-C: events, payload helper, match quality, diagnostics, dead letters.

    It asks AWS with your own credentials and listens on loopback only. The printed URL holds a token:
    keep it to yourself, it opens the stack's events.
    """
    stack = target.open()
    feed = open_feed(stack, since)
    try:
        server = ConsoleServer(
            StackViews(stack, feed, EXAMPLES if EXAMPLES.is_dir() else None),
            port,
            os.environ.get(TOKEN_VARIABLE, ""),
        )
    except OSError as error:
        raise CliError(f"Port {port} can't be opened: {error.strerror or error}", "port") from error
    stop = threading.Event()
    keep_up = threading.Thread(target=feed.run, args=(stop, lambda error: explain(error)[0]), daemon=True)
    keep_up.start()
    if as_json:
        output.data({"url": server.url})
    else:
        output.line(f"The console of {stack.where}: {server.url}")
    if open_page if open_page is not None else sys.stdout.isatty() and not as_json:
        webbrowser.open(server.url)
    try:
        server.serve()
    finally:
        stop.set()
        server.close()
    return OK


def open_feed(stack: Stack, since: float) -> Feed:
    """The feed of a stack, beginning `since` seconds ago."""
    arrivals = (
        SimulatorArrivals(stack.local.simulator_url) if stack.local and stack.local.simulator_url else None
    )
    return Feed(Follower(CloudWatchLogs(stack), now() - since, newest=True), arrivals)
