"""Environment variables: one for each option, named after it; `relay help environment` lists all."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import relay_cli
from relay_cli.main import COMMANDS, main, root
from tests.support.rows import every_row

CLI = Path(relay_cli.__file__).parent
SHARED = {"--stack", "--region", "--profile", "--local", "--local-folder", "--json"}


def contexts() -> Iterator[click.Context]:
    """A context of each command that has options, named and with variables as for a person."""
    top = click.Context(root, info_name="relay", **root.context_settings)
    for verb in COMMANDS:
        command = root.get_command(top, verb)
        assert command is not None
        context = click.Context(command, top, info_name=verb)
        if isinstance(command, click.Group):
            for name, action in command.commands.items():
                yield click.Context(action, context, info_name=name)
        else:
            yield context


OPTIONS = {
    f"{context.command_path} {max(parameter.opts, key=len)}": (context, parameter)
    for context in contexts()
    for parameter in context.command.get_params(context)
    if isinstance(parameter, click.Option) and "--help" not in parameter.opts
}

MULTIPLE = {path: found for path, found in OPTIONS.items() if found[1].multiple}


def expected_variable(path: str) -> str:
    words = path.split()
    named = words[-1:] if words[-1] in SHARED else words[1:]
    return "_".join(["RELAY", *(word.removeprefix("--").replace("-", "_").upper() for word in named)])


def test_variable_has_the_name_of_its_flag() -> None:
    assert len(OPTIONS) > 100
    assert {path: option.envvar for path, (_, option) in OPTIONS.items()} == {
        path: expected_variable(path) for path in OPTIONS
    }
    # The name of click's keyword is no second variable.
    assert not [path for path, (_, option) in OPTIONS.items() if option.allow_from_autoenv]


@every_row("command", sorted({context.command_path for context, _ in OPTIONS.values()}))
def test_help_names_the_variable_of_each_option(command: str) -> None:
    own = [path for path, (context, _) in OPTIONS.items() if context.command_path == command]
    text = re.sub(r"\s+", "", OPTIONS[own[0]][0].get_help())
    assert [path for path in own if expected_variable(path) not in text] == []


def test_options_that_take_several_values_are_known() -> None:
    assert {path.split()[-1] for path in MULTIPLE} == {
        "--code",
        "--destination",
        "--event",
        "--header",
        "--id",
        "--only",
        "--outcome",
        "--reason",
        "--set",
        "--state",
        "--unset",
    }


VALUES = {
    "--code": ("40002", "40100"),
    "--only": ("tokens", "queue-age"),
    "--reason": ("rejected", "expired"),
    "--state": ("waiting", "dead_lettered"),
}
TEXTS = ("properties.description= a b ", "properties.description=a\u2028b", "X-Shopify-Hmac-Sha256: abc")


@pytest.mark.parametrize("path", MULTIPLE)
def test_several_values_stand_on_a_line_each(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context, option = MULTIPLE[path]
    values = VALUES.get(path.rsplit(maxsplit=1)[-1], TEXTS)
    monkeypatch.setenv(expected_variable(path), "\n".join(values) + "\n\n")
    value, _ = option.handle_parse_result(context, {}, [])
    assert tuple(map(str, value)) == values


def test_variable_with_a_space_reaches_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    event = {
        "event": "ViewContent",
        "event_id": "1",
        "email": "a@shop.example",
        "url": "https://shop.example/",
    }
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    monkeypatch.setenv("RELAY_SEND_SET", "properties.description=a b")
    assert main(["send", str(file), "--dry-run", "--url", "https://api.example"]) == 0
    assert "a b" in capsys.readouterr().out


def test_every_variable_of_the_code_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in CLI.rglob("*.py"))
    used = set(re.findall(r"_?RELAY_[A-Z_]+", sources))
    assert main(["help", "environment", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert used >= {"RELAY_SERVER_KEY", "RELAY_TIKTOK_TOKEN", "RELAY_CONSOLE_TOKEN", "RELAY_SIGN_SECRET"}
    assert used <= listed.keys()
    assert "_RELAY_COMPLETE" in listed
    assert {expected_variable(path) for path in OPTIONS} <= listed.keys()
