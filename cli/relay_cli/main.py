"""The `relay` command: finds the verb, runs it, and turns every error into one line and an exit code.

A verb is a module of `relay_cli.commands` with a click command, and a row in COMMANDS. It is imported only
when it is used.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import FrameType
from typing import Final

import click

from relay_cli import output
from relay_cli.aws_errors import explain, is_aws_error
from relay_cli.errors import FAILED, INTERRUPTED, USAGE, CliError
from relay_cli.options import ENVIRONMENT_PREFIX, Group

COMMANDS: Final[dict[str, str]] = {
    "backfill": "Send past orders of a file to a stack.",
    "capacity": "Compute limits and prices for your own rates.",
    "check": "Check events and webhook bodies before they are sent.",
    "console": "Show a stack's events in the browser, and what to do about them.",
    "dlq": "List, show, export and drop dead letters.",
    "doctor": "Find what keeps events from arriving, and what to do about it.",
    "help": "Explain a topic: exit codes, environment, states.",
    "key": "Show, rotate and retire the server key.",
    "pause": "Stop delivery to TikTok; events wait.",
    "replay": "Send dead letters to TikTok again.",
    "resume": "Go on with delivery to TikTok.",
    "secret": "Add, retire and list signing secrets of webhooks.",
    "send": "Send events and webhook bodies to a stack, or to TikTok directly.",
    "sign": "Sign a webhook body as its sender would.",
    "tail": "Show log lines as they come, or wait until an event is delivered.",
    "token": "Set TikTok's access tokens.",
    "trace": "Show every hop of an event, with times.",
    "verify": "Verify the signature of a captured webhook.",
}
"""Verb → its line in the help. Its module in `relay_cli.commands` has the same name and holds `command`."""

DISTRIBUTION: Final[str] = "tiktok-events-relay"


def module_of(verb: str) -> str:
    """The module of a verb."""
    return f"relay_cli.commands.{verb.replace('-', '_')}"


class Lazy(Group):
    """The root command: verbs are imported when they are used, never for the list of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All verbs."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The verb of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(module_of(cmd_name)).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the arguments name; a near miss is suggested."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with their lines, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def installed_version() -> str:
    """The version of the installed distribution."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown (not installed)"


def _print_version(ctx: click.Context, _parameter: click.Parameter, is_given: bool) -> None:
    if is_given and not ctx.resilient_parsing:
        output.line(f"relay {installed_version()}")
        ctx.exit()


@click.group(
    cls=Lazy,
    context_settings={
        "auto_envvar_prefix": ENVIRONMENT_PREFIX,
        "max_content_width": 110,
        "help_option_names": ["-h", "--help"],
    },
    epilog="`relay help` lists the topics; docs/cli.md says how to switch completion on.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
def root() -> None:
    """Check, send, follow and repair events of a tiktok-events-relay stack."""


def main(arguments: Sequence[str]) -> int:
    """Runs one verb. Returns the exit code; `relay help exit-codes` lists them."""
    json_errors = "--json" in arguments or os.environ.get("RELAY_JSON", "").lower() in (
        "1",
        "true",
        "yes",
        "on",
    )
    try:
        result = root.main(args=list(arguments), prog_name="relay", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as stopped:
        sys.stderr.write(f"{stopped.format_message()}\n")
        return USAGE
    except click.UsageError as error:
        hint = f"`{error.ctx.command_path} --help` shows its options" if error.ctx else ""
        output.error(
            error.format_message(), code="usage", exit_code=USAGE, json_errors=json_errors, hint=hint
        )
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        output.error("interrupted", code="interrupted", exit_code=INTERRUPTED, json_errors=json_errors)
        return INTERRUPTED
    except CliError as error:
        output.error(str(error), code=error.code, exit_code=error.exit_code, json_errors=json_errors)
        return error.exit_code
    except click.ClickException as error:
        output.error(error.format_message(), code="failed", exit_code=FAILED, json_errors=json_errors)
        return FAILED
    except Exception as error:
        if output.is_write_error(error):
            output.discard()
            message = f"The output can't be written: {error.strerror}."
            output.error(message, code="output", exit_code=FAILED, json_errors=json_errors)
            return FAILED
        if not is_aws_error(error):
            raise
        message, code = explain(error)
        output.error(message, code=code, exit_code=FAILED, json_errors=json_errors)
        return FAILED
    return result if isinstance(result, int) else 0


def run_from_shell() -> None:
    """The entry point of the installed command."""

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # A polite end runs the same clean-up as Ctrl-C: dead letters that were read are released.
    signal.signal(signal.SIGTERM, interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a stream's encoding lacks, such as … in ASCII, is escaped.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
