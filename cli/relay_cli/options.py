"""Options that several verbs share, and the click classes that give every option an environment variable."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from relay_cli.times import AGE

STACK_NAME: Final[str] = "tiktok-events-relay"
"""The name that samconfig.toml gives it."""

ENVIRONMENT_PREFIX: Final[str] = "RELAY"

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A verb whose help names the default and the environment variable of each option."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for parameter in self.params:
            if isinstance(parameter, click.Option):
                parameter.show_envvar = True


class Group(click.Group):
    """A verb with actions, such as `relay dlq list`."""

    command_class = Command


def command(name: str, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Declares a verb."""
    return click.command(name, cls=Command, **more)


def json_option(function: F) -> F:
    """Adds `--json`."""
    option = click.option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="RELAY_JSON",
        help="Print JSON: data alone on standard output, errors as JSON on standard error.",
    )
    return option(function)


def stack_options(function: F) -> F:
    """Adds the options that say which stack is meant; the function receives them as `target`."""
    from functools import wraps

    from relay_cli.stacks import Target

    @wraps(function)
    def with_target(
        *arguments: Any,
        stack: str,
        region: str | None,
        profile: str | None,
        local: bool,
        local_folder: str | None,
        **more: Any,
    ) -> Any:
        return function(*arguments, target=Target(stack, region, profile, local, local_folder), **more)

    for option in (
        click.option(
            "--local-folder",
            envvar="RELAY_LOCAL_FOLDER",
            help="Folder of stack.json of the local stack, where that is not `.local` here or above.",
        ),
        click.option(
            "--local", is_flag=True, envvar="RELAY_LOCAL", help="The stack that `make up` left running."
        ),
        click.option("--profile", envvar="RELAY_PROFILE", help="Profile of your AWS configuration."),
        click.option(
            "--region", envvar="RELAY_REGION", help="AWS region; your AWS configuration's where left out."
        ),
        click.option(
            "--stack",
            envvar="RELAY_STACK",
            default=STACK_NAME,
            show_default=True,
            help="Name of the CloudFormation stack.",
        ),
    ):
        with_target = option(with_target)
    return with_target  # type: ignore[return-value]  # click returns the decorated function


def filter_options(function: F) -> F:
    """Adds the options that select dead letters; the function receives them as `filters`."""
    from functools import wraps

    from relay_cli.dead_letters import REASONS, Filters

    @wraps(function)
    def with_filters(
        *arguments: Any,
        reason: tuple[str, ...],
        code: tuple[int, ...],
        destination: tuple[str, ...],
        older_than: float | None,
        newer_than: float | None,
        **more: Any,
    ) -> Any:
        filters = Filters(reason, tuple(map(str, code)), destination, older_than, newer_than)
        return function(*arguments, filters=filters, **more)

    for option in (
        click.option("--newer-than", type=AGE, help="Received less long ago than 90m, 12h, 3d."),
        click.option("--older-than", type=AGE, help="Received longer ago than 90m, 12h, 3d."),
        click.option(
            "--destination",
            multiple=True,
            help="Where it was to go: a pixel's id, or web/<pixel's id>. Several are allowed.",
        ),
        click.option("--code", type=int, multiple=True, help="TikTok's code (40002). Several are allowed."),
        click.option(
            "--reason",
            type=click.Choice(REASONS),
            multiple=True,
            help="Why it is there. Several are allowed.",
        ),
    ):
        with_filters = option(with_filters)
    return with_filters  # type: ignore[return-value]  # click returns the decorated function
