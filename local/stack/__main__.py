"""The local stack from a shell: `python -m local.stack up|down|status`."""

import argparse
import dataclasses
import os
import shlex
import sys

from local.stack import lifecycle
from local.stack.deployment import check_parameters, parse_parameters
from local.stack.info import Home, StackInfo


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start it and leave it running")
    up.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("RELAY_PORT", "0")),
        help="the emulator's (any free one)",
    )
    up.add_argument(
        "--simulator-port",
        type=int,
        default=int(os.environ.get("RELAY_SIMULATOR_PORT", "0")),
        help="the TikTok simulator's (any free one)",
    )
    up.add_argument(
        "parameters", nargs="*", metavar="Key=Value", help="override a parameter of template.yaml"
    )
    commands.add_parser("down", help="stop it")
    commands.add_parser("status", help="say whether it runs, and where")
    chosen = parser.parse_args(arguments)

    lifecycle.end_on_signals()
    try:
        if chosen.command == "up":
            return _up(chosen.parameters, chosen.port, chosen.simulator_port)
        if chosen.command == "down":
            print("stopped" if lifecycle.down() else "no stack was running")
            return 0
        return _status()
    except lifecycle.StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: nothing is left running", file=sys.stderr)
        return 130


def _up(words: list[str], port: int, simulator_port: int) -> int:
    try:
        # `make up PARAMS="A=1 B=2"` hands them over in one word.
        parameters = parse_parameters([part for word in words for part in shlex.split(word)])
        check_parameters(parameters)
    except ValueError as error:
        raise lifecycle.StackError(str(error)) from error
    if info := lifecycle.running():
        print("it runs already (`make down` stops it)")
        _show(info)
        if parameters:
            raise lifecycle.StackError(
                f"the running stack does not get {', '.join(parameters)}: `make down`, then `make up` again"
            )
        return 0
    _show(
        lifecycle.up(parameters=parameters, port=port, simulator_port=simulator_port, console=True, say=_say)
    )
    return 0


def _status() -> int:
    if info := lifecycle.running():
        _show(info)
        return 0
    print("not running (`make up` starts it)")
    return 1


def _show(info: StackInfo) -> None:
    for name, value in dataclasses.asdict(info).items():
        print(f"  {name:<22} {value}")
    print(f"  all of it in {Home(lifecycle.LASTING).stack_file}, logs in {Home(lifecycle.LASTING).logs}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
