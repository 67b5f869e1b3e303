"""docs/cli.md documents every command, with the help that the command prints."""

import pytest

from relay_cli.errors import EXIT_CODES
from relay_cli.main import COMMANDS, module_of
from tools import cli_docs

PAGE = cli_docs.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(cli_docs.helps()))
def test_every_command_is_documented(path: str) -> None:
    assert path in cli_docs.documented(PAGE)


def test_help_texts_are_what_the_commands_print() -> None:
    assert cli_docs.rendered(PAGE) == PAGE, "run make openapi"


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_documented(code: int) -> None:
    assert f"| {code} |" in PAGE


@pytest.mark.parametrize("path", sorted(cli_docs.helps().keys() - {"relay"}))
def test_every_command_says_what_it_does_and_has_json(path: str) -> None:
    text = cli_docs.helps()[path]
    assert "--json" in text or "COMMAND [ARGS]" in text
    assert "RELAY_JSON" in text or "COMMAND [ARGS]" in text


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_has_a_module_of_its_name(verb: str) -> None:
    assert module_of(verb).startswith("relay_cli.commands.")
