"""`relay help TOPIC`: exit codes, environment variables, states."""

from collections.abc import Callable
from typing import Final

import click

from relay_cli import output
from relay_cli.errors import EXIT_CODES, OK
from relay_cli.options import ENVIRONMENT_PREFIX, Option, json_option
from relay_cli.options import command as declare
from relay_cli.states import STATES


def environment() -> dict[str, str]:
    """Every environment variable, and what it stands for."""
    from relay_cli.main import COMMANDS, root

    found = {
        "NO_COLOR": "Print without colours (no-color.org).",
        "AWS_PROFILE, AWS_REGION, …": "As the AWS CLI reads them.",
        "_RELAY_COMPLETE": "Print a shell's completion script: bash_source, zsh_source or fish_source.",
        "RELAY_CONSOLE_TOKEN": "Token of the URL of `relay console`; without it, a new one at each start.",
        "RELAY_SERVER_KEY": "Server key of `relay send` and `relay backfill` with --url.",
        "RELAY_SIGN_SECRET": "Signing secret of `relay sign`, `relay verify` and `relay send`.",
        "RELAY_TIKTOK_TOKEN": "Access token of `relay send --tiktok`.",
    }
    context = click.Context(root, info_name="relay", **root.context_settings)
    for verb in COMMANDS:
        command = root.get_command(context, verb)
        if command is not None:
            found |= _variables(command, click.Context(command, context, info_name=verb), f"relay {verb}")
    return found


def _variables(command: click.Command, context: click.Context, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter in command.get_params(context):
        if isinstance(parameter, Option):
            name, option = str(parameter.envvar), max(parameter.opts, key=len)
            several = ", one value a line" if parameter.multiple else ""
            of = "" if name == parameter.variable(ENVIRONMENT_PREFIX) else f" of `{path}`"
            found.setdefault(name, f"{option}{of}{several}")
    if isinstance(command, click.Group):
        for action, inner in command.commands.items():
            found |= {
                name: what
                for name, what in _variables(
                    inner, click.Context(inner, context, info_name=action), f"{path} {action}"
                ).items()
                if name not in found
            }
    return found


TOPICS: Final[dict[str, tuple[str, Callable[[], dict[str, str]]]]] = {
    "environment": ("Environment variables; an option on the command line wins.", environment),
    "exit-codes": ("Exit codes.", lambda: {str(code): what for code, what in EXIT_CODES.items()}),
    "states": (
        "States of an event, the same in the console.",
        lambda: {str(state): what for state, what in STATES.items()},
    ),
}


@declare("help")
@click.argument("topic", required=False, type=click.Choice(list(TOPICS)))
@json_option
def command(*, topic: str | None, as_json: bool) -> int:
    """Explain a topic; without one, list the topics."""
    rows = TOPICS[topic][1]() if topic else {name: what for name, (what, _) in TOPICS.items()}
    if as_json:
        output.data(rows)
        return OK
    output.line(
        TOPICS[topic][0] if topic else "Topics of `relay help TOPIC`; `relay VERB --help` explains a verb."
    )
    width = max(map(len, rows))
    output.lines(f"  {name:<{width}}  {what}" for name, what in rows.items())
    return OK
