"""Options that several verbs share, and the click classes that give every option an environment variable."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import click

from relay_cli.times import AGE

STACK_NAME: Final[str] = "tiktok-events-relay"
"""The name that samconfig.toml gives it."""

ENVIRONMENT_PREFIX: Final[str] = "RELAY"

F = TypeVar("F", bound=Callable[..., Any])


class Option(click.Option):
    """An option with an environment variable, which its help shows. `Command` names the variable."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.show_envvar = True
        # click's own variable would have the name of the function's argument.
        self.allow_from_autoenv = False

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The variable's value; one value a line where several are allowed, since values may hold spaces."""
        text = self.resolve_envvar_value(ctx)
        if text is not None and self.multiple:
            return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
        return super().value_from_envvar(ctx)

    def variable(self, prefix: str) -> str:
        """The variable's name: the prefix and the long option.

        >>> Option(["--test-code", "code"]).variable("SEND")
        'SEND_TEST_CODE'
        """
        long = max(self.opts, key=len)
        return f"{prefix}_{long.removeprefix('--').replace('-', '_').upper()}"


option = partial(click.option, cls=Option)
"""Declares an option of a verb."""


class _Identifier(click.ParamType[str]):
    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        # A script whose variable is not set: everything begins with an empty text.
        return value if value.strip() else self.fail("an id can't be empty", param, ctx)


IDENTIFIER: Final[click.ParamType[str]] = _Identifier()
"""The type of an id of an event, an order, a request or a dead letter."""


class _Country(click.ParamType[str]):
    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from relay.identity.countries import countries

        # The table has names as well; the parameter DefaultCountry takes codes alone.
        known = countries().get(value.lower()) if len(value) == 2 else None
        if known is None:
            self.fail(f"{value!r} is not an ISO 3166 alpha-2 code, such as DE", param, ctx)
        return known.upper()


COUNTRY: Final[click.ParamType[str]] = _Country()
"""The type of a country of phone numbers."""


class Command(click.Command):
    """A verb whose help names the default and the environment variable of each option."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters; each option has its variable, such as RELAY_DLQ_DROP_ID of `relay dlq drop --id`.

        Options that several verbs share have theirs already.
        """
        for parameter in self.params:
            if isinstance(parameter, Option) and not parameter.envvar and ctx.auto_envvar_prefix:
                parameter.envvar = parameter.variable(ctx.auto_envvar_prefix)
        return super().get_params(ctx)


class Group(click.Group):
    """A verb with actions, such as `relay dlq list`."""

    command_class = Command


def command(name: str, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Declares a verb."""
    return click.command(name, cls=Command, **more)


def json_option(function: F) -> F:
    """Adds `--json`."""
    add = option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="RELAY_JSON",
        help="Print JSON: data alone on standard output, errors as JSON on standard error.",
    )
    return add(function)


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

    for add in (
        option(
            "--local-folder",
            envvar="RELAY_LOCAL_FOLDER",
            help="Folder of stack.json of the local stack, where that is not `.local` here or above.",
        ),
        option("--local", is_flag=True, envvar="RELAY_LOCAL", help="The stack that `make up` left running."),
        option("--profile", envvar="RELAY_PROFILE", help="Profile of your AWS configuration."),
        option("--region", envvar="RELAY_REGION", help="AWS region; your AWS configuration's by default."),
        option(
            "--stack",
            envvar="RELAY_STACK",
            default=STACK_NAME,
            show_default=True,
            help="Name of the CloudFormation stack.",
        ),
    ):
        with_target = add(with_target)
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

    for add in (
        option("--newer-than", type=AGE, help="Received less long ago than 90m, 12h, 3d."),
        option("--older-than", type=AGE, help="Received longer ago than 90m, 12h, 3d."),
        option(
            "--destination",
            multiple=True,
            help="Where it was to go: a pixel's id, or web/<pixel's id>. Several are allowed.",
        ),
        option("--code", type=int, multiple=True, help="TikTok's code (40002). Several are allowed."),
        option(
            "--reason",
            type=click.Choice(REASONS),
            multiple=True,
            help="Why it is there. Several are allowed.",
        ),
    ):
        with_filters = add(with_filters)
    return with_filters  # type: ignore[return-value]  # click returns the decorated function
