"""docs/cli.md documents every command, with the help that the command prints."""

import ast
import inspect
import re
from types import ModuleType

import pytest

from relay.webhooks.provider import LOST
from relay_cli import diagnostics, doctor
from relay_cli.doctor import CHECKS
from relay_cli.errors import EXIT_CODES
from relay_cli.findings import CODES, FUNNEL, funnel_code, lost_code
from relay_cli.main import COMMANDS, module_of
from tools import cli_docs

PAGE = cli_docs.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    return cli_docs.helps()


def test_every_command_is_documented(helps: dict[str, str]) -> None:
    assert helps.keys() - cli_docs.documented(PAGE) == set()


def test_help_texts_are_what_the_commands_print() -> None:
    assert cli_docs.rendered(PAGE) == PAGE, "run make openapi"


def test_every_table_and_the_options_that_verbs_share_are_on_the_page() -> None:
    assert cli_docs.tables(PAGE) == cli_docs.TABLES.keys()
    assert cli_docs.shared(PAGE) == cli_docs.SHARED.keys()


def test_every_option_is_in_its_verbs_block_or_in_one_that_it_names(helps: dict[str, str]) -> None:
    blocks = dict(re.findall(r"<!-- (?:help|options): (.+?) -->\n(.*?)<!-- end -->", PAGE, re.DOTALL))
    for path, text in helps.items():
        names = re.findall(r"Also the options of: (.+)\.", blocks[path])
        documented = blocks[path] + "".join(blocks[name] for name in ", ".join(names).split(", ") if name)
        options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)) - {"--help"}
        assert {option for option in options if option not in documented} == set(), path


@pytest.mark.parametrize(("code", "meaning"), EXIT_CODES.items())
def test_every_exit_code_is_documented(code: int, meaning: str) -> None:
    assert f"| {code} | {meaning} |" in PAGE


def test_every_finding_is_documented() -> None:
    assert [name for name, code in CODES.items() if f"| `{name}` | {code.severity} |" not in PAGE] == []


def test_every_check_has_findings_and_every_finding_a_check_that_exists() -> None:
    assert {name for code in CODES.values() for name in code.checks} == CHECKS.keys()


def made_codes(module: ModuleType) -> set[str]:
    """The codes in a module's source: its texts that are codes of findings."""
    tree = ast.parse(inspect.getsource(module))
    texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return texts & CODES.keys()


def test_every_finding_is_made_somewhere() -> None:
    # A code that is made and not in the table raises KeyError; this is the opposite.
    families = {lost_code(reason) for reason in LOST} | {funnel_code(*pair) for pair in FUNNEL}
    assert made_codes(doctor) | made_codes(diagnostics) | families == CODES.keys()


def test_every_command_has_json(helps: dict[str, str]) -> None:
    commands = {path for path, text in helps.items() if path != "relay" and "COMMAND [ARGS]" not in text}
    assert len(commands) > 20
    assert [
        path for path in commands if not all(part in helps[path] for part in ("--json", "RELAY_JSON"))
    ] == []


def test_every_verb_has_a_module_of_its_name() -> None:
    assert [verb for verb in COMMANDS if not module_of(verb).startswith("relay_cli.commands.")] == []
