"""`python -m local.simulator`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from local.simulator import Simulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m local.simulator",
        description="A simulated TikTok Events API 2.0 on a loopback port.",
        epilog="GET /_sim/ lists the routes by which to look at it and to ask for faults.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 for any free port (default: %(default)s)")
    parser.add_argument(
        "--token",
        action="append",
        default=[],
        type=_token,
        metavar="TOKEN=PIXEL[,PIXEL...]",
        help="an access token and the event source ids that it may send to; may be given several times",
    )
    options = parser.parse_args(arguments)
    # Handlers come first: a signal that arrives while the port is being opened must not be lost.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        simulator = Simulator(dict(options.token), host=options.host, port=options.port)
    except (OSError, OverflowError, ValueError) as error:
        print(f"simulator: cannot listen: {error}", file=sys.stderr)
        return 1
    with simulator:
        print(f"simulator listening on {simulator.url}", flush=True)
        stop.wait()
    return 0


def _token(argument: str) -> tuple[str, list[str]]:
    token, _, pixels = argument.partition("=")
    named = [pixel for pixel in pixels.split(",") if pixel]
    if not token or not named:
        # argparse would repeat the argument, which holds a token.
        raise argparse.ArgumentTypeError("give it as TOKEN=PIXEL[,PIXEL...]")
    return token, named


if __name__ == "__main__":
    sys.exit(main())
