"""The `relay` command: finds the subcommand and runs it.

A subcommand is a module with `add_arguments(parser)` and `run(options) -> exit code`, and a row in COMMANDS.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from relay_cli.errors import CliError, UsageError

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "dlq": ("relay_cli.dlq", "look at the events that could not be delivered"),
    "replay": ("relay_cli.replay", "send events that could not be delivered again"),
    "sign": ("relay_cli.sign", "sign a webhook as its sender would"),
}
"""Name → its module, and what it does."""

INTERRUPTED: Final[int] = 130
"""What shells give for a command that Ctrl-C ended."""


def main(arguments: Sequence[str]) -> int:
    """Runs one subcommand. Gives the exit code: 0 all well, 1 an error, 2 a wrong command line."""
    parser = argparse.ArgumentParser(prog="relay", description="Run a tiktok-events-relay stack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((each for each in arguments if not each.startswith("-")), None)
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what.capitalize() + ".")
        if name == chosen:
            import_module(module).add_arguments(command)
    options = parser.parse_args(arguments)
    try:
        code: int = import_module(COMMANDS[options.command][0]).run(options)
        return code
    except CliError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS says: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
