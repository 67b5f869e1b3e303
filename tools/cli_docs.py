"""Write the help texts and tables of docs/cli.md from the commands themselves.

A block between `<!-- help: relay VERB -->` and `<!-- end -->` is replaced by what `relay VERB --help` prints,
one between `<!-- table: NAME -->` and `<!-- end -->` by a table of `TABLES`.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from relay_cli.errors import EXIT_CODES
from relay_cli.findings import CODES
from relay_cli.main import COMMANDS, root

PAGE: Final[Path] = Path(__file__).resolve().parents[1] / "docs/cli.md"
WIDTH: Final[int] = 100

_BLOCK: Final[re.Pattern[str]] = re.compile(r"<!-- help: (relay[^>]*?) -->\n.*?<!-- end -->", re.DOTALL)
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


def helps() -> dict[str, str]:
    """The help text of every command: `relay`, `relay VERB`, `relay VERB ACTION`."""
    settings = {"terminal_width": WIDTH, "auto_envvar_prefix": "RELAY", "help_option_names": ["-h", "--help"]}
    top = click.Context(root, info_name="relay", **settings)  # type: ignore[arg-type]  # by name
    found = {"relay": root.get_help(top)}
    for verb in COMMANDS:
        command = root.get_command(top, verb)
        if command is None:
            raise KeyError(verb)
        found |= _helps(command, click.Context(command, top, info_name=verb, terminal_width=WIDTH))
    return found


def _helps(command: click.Command, context: click.Context) -> dict[str, str]:
    found = {context.command_path: command.get_help(context)}
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            found |= _helps(inner, click.Context(inner, context, info_name=name, terminal_width=WIDTH))
    return found


def rendered(page: str) -> str:
    """The page with every help block and table as the code has it. Raises KeyError for an unknown one."""
    texts = helps()

    def block(match: re.Match[str]) -> str:
        path = match[1]
        lines = [line.rstrip() for line in texts[path].splitlines()]
        return f"<!-- help: {path} -->\n```text\n" + "\n".join(lines) + "\n```\n<!-- end -->"

    def table(match: re.Match[str]) -> str:
        return "\n".join([f"<!-- table: {match[1]} -->", *TABLES[match[1]](), "<!-- end -->"])

    return _TABLE.sub(table, _BLOCK.sub(block, page))


def tables(page: str) -> set[str]:
    """The tables that the page has."""
    return {match[1] for match in _TABLE.finditer(page)}


def documented(page: str) -> set[str]:
    """The commands that have a help block."""
    return {match[1] for match in _BLOCK.finditer(page)}


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rendered(text), encoding="utf-8")
    missing = (helps().keys() - documented(text)) | (TABLES.keys() - tables(text))
    sys.exit(f"docs/cli.md has no block for {', '.join(sorted(missing))}" if missing else 0)
