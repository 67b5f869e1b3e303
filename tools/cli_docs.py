"""Write the help texts and tables of docs/cli.md from the commands themselves.

A block between `<!-- help: relay VERB -->` and `<!-- end -->` is replaced by what `relay VERB --help` prints,
but for environment variables and for the options of `SHARED`, of which the page has one block each,
`<!-- options: NAME -->`; one between `<!-- table: NAME -->` and `<!-- end -->` by a table of `TABLES`.
"""

import copy
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import click

from relay_cli.errors import EXIT_CODES
from relay_cli.findings import CODES
from relay_cli.main import COMMANDS, root
from relay_cli.options import command, filter_options, json_option, stack_options

PAGE: Final[Path] = Path(__file__).resolve().parents[1] / "docs/cli.md"
WIDTH: Final[int] = 100

_BLOCK: Final[re.Pattern[str]] = re.compile(r"<!-- help: (relay[^>]*?) -->\n.*?<!-- end -->", re.DOTALL)
_OPTIONS: Final[re.Pattern[str]] = re.compile(r"<!-- options: ([a-z ]+?) -->\n.*?<!-- end -->", re.DOTALL)
_TABLE: Final[re.Pattern[str]] = re.compile(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def exit_codes() -> list[str]:
    """Return the table of exit codes."""
    rows = (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return ["| exit code | meaning |", "|---|---|", *rows]


def findings() -> list[str]:
    """Return the table of what `relay doctor` finds, in the order of its checks."""
    rows = (
        f"| {', '.join(f'`{check}`' for check in code.checks) or 'any'} | `{name}` | {code.severity} "
        f"| {code.meaning} |"
        for name, code in CODES.items()
    )
    return ["| check | finding | severity | meaning |", "|---|---|---|---|", *rows]


TABLES: Final[dict[str, Callable[[], list[str]]]] = {"exit-codes": exit_codes, "findings": findings}


@command("relay")
@filter_options
def _dead_letters(**_: object) -> None: ...


@command("relay")
@stack_options
def _stack(**_: object) -> None: ...


@command("relay")
@json_option
def _json(**_: object) -> None: ...


SHARED: Final[Mapping[str, click.Command]] = {"dead letters": _dead_letters, "stack": _stack, "json": _json}
"""Name of a block → a command with the options that several verbs share, and no others."""


def helps(*, whole: bool = True) -> dict[str, str]:
    """Help texts of all commands, by `relay`, `relay VERB`, `relay VERB ACTION`: whole, or as on the page."""
    settings = {"terminal_width": WIDTH, "auto_envvar_prefix": "RELAY", "help_option_names": ["-h", "--help"]}
    top = click.Context(root, info_name="relay", **settings)  # type: ignore[arg-type]  # by name
    found = {"relay": root.get_help(top)}
    for verb in COMMANDS:
        known = root.get_command(top, verb)
        if known is None:
            raise KeyError(verb)
        found |= _helps(known, top, verb, whole=whole)
    return found


def _helps(known: click.Command, parent: click.Context, name: str, *, whole: bool) -> dict[str, str]:
    context = click.Context(known, parent, info_name=name, terminal_width=WIDTH)
    found = {context.command_path: known.get_help(context) if whole else _trim(known).get_help(context)}
    if isinstance(known, click.Group):
        for action, inner in known.commands.items():
            found |= _helps(inner, context, action, whole=whole)
    return found


def _trim(known: click.Command) -> click.Command:
    """Copy a command without the options that it shares; the last line of its help names their blocks."""
    shared = {name: _keys(options) for name, options in SHARED.items()}
    own = _keys(known)
    names = [name for name, keys in shared.items() if keys <= own]
    hidden = set().union(*(shared[name] for name in names))
    trimmed = copy.copy(known)
    trimmed.add_help_option = isinstance(known, click.Group)
    trimmed.params = [copy.copy(parameter) for parameter in known.params]
    for parameter in trimmed.params:
        if isinstance(parameter, click.Option):
            parameter.show_envvar = False
            parameter.hidden = _key(parameter) in hidden
    if names:
        trimmed.epilog = f"Also the options of: {', '.join(names)}."
    return trimmed


def _key(parameter: click.Parameter) -> tuple[str, ...]:
    return (*parameter.opts, str(getattr(parameter, "help", None)))


def _keys(known: click.Command) -> set[tuple[str, ...]]:
    return {_key(parameter) for parameter in known.params}


def _options(name: str) -> str:
    """The options of one block, without a command around them."""
    shared = copy.copy(SHARED[name])
    shared.add_help_option = False
    return shared.get_help(click.Context(shared, terminal_width=WIDTH)).partition("Options:\n")[2]


def rendered(page: str) -> str:
    """The page with every block and table as the code has it. Raises KeyError for an unknown one."""
    texts = helps(whole=False)

    def fenced(mark: str, text: str) -> str:
        lines = [line.rstrip() for line in text.splitlines()]
        return f"<!-- {mark} -->\n```text\n" + "\n".join(lines) + "\n```\n<!-- end -->"

    def block(match: re.Match[str]) -> str:
        return fenced(f"help: {match[1]}", texts[match[1]])

    def options(match: re.Match[str]) -> str:
        return fenced(f"options: {match[1]}", _options(match[1]))

    def table(match: re.Match[str]) -> str:
        return "\n".join([f"<!-- table: {match[1]} -->", *TABLES[match[1]](), "<!-- end -->"])

    return _TABLE.sub(table, _OPTIONS.sub(options, _BLOCK.sub(block, page)))


def shared(page: str) -> set[str]:
    """The blocks of shared options that the page has."""
    return {match[1] for match in _OPTIONS.finditer(page)}


def tables(page: str) -> set[str]:
    """The tables that the page has."""
    return {match[1] for match in _TABLE.finditer(page)}


def documented(page: str) -> set[str]:
    """The commands that have a help block."""
    return {match[1] for match in _BLOCK.finditer(page)}


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rendered(text), encoding="utf-8")
    missing = (
        (helps().keys() - documented(text)) | (TABLES.keys() - tables(text)) | (SHARED.keys() - shared(text))
    )
    sys.exit(f"docs/cli.md has no block for {', '.join(sorted(missing))}" if missing else 0)
