"""The root command: suggestions, topics, exit codes, environment variables, errors as JSON."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from relay_cli.main import COMMANDS, main

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dqq"], "Did you mean 'dlq'?"),
        (["replay", "--dry-rnu"], "--dry-run"),
        (["dlq", "lst"], "Did you mean 'list'?"),
    ],
)
def test_near_miss_is_suggested(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err


def test_without_a_verb_the_help_is_shown_and_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().err
    assert all(verb in shown for verb in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", ""],
        ["tail", "--until-delivered", ""],
        ["dlq", "show", " "],
        ["dlq", "drop", "--yes", "--id", ""],
    ],
)
def test_empty_id_is_a_usage_error(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main([*arguments, "--local"]) == 2
    assert "an id can't be empty" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["check", "x.json"], ["backfill", "x.csv", "--dry-run"]])
@pytest.mark.parametrize("country", ["Germany", "XX", "D"])
def test_country_that_is_none_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str], country: str
) -> None:
    assert main([*arguments, "--country", country]) == 2
    assert "is not an ISO 3166 alpha-2 code" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("relay ")


@pytest.mark.parametrize("topic", ["environment", "exit-codes", "states"])
def test_every_topic_is_also_json(capsys: pytest.CaptureFixture[str], topic: str) -> None:
    assert main(["help", topic, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_usage_error_is_json_where_json_was_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["replay", "--rate", "0", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["exit_code"] == 2
    monkeypatch.setenv("RELAY_JSON", "1")
    assert main(["replay", "--rate", "0"]) == 2
    assert json.loads(capsys.readouterr().err)["code"] == "usage"


def test_every_option_has_an_environment_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_REPLAY_RATE", "0")
    assert main(["replay"]) == 2
    assert "'0' is not a number above 0" in capsys.readouterr().err


def test_aws_setup_errors_are_one_line_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["dlq", "list", "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["code"] == "no_region"
    assert main(["dlq", "list", "--region", "eu-central-1", "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["code"] == "no_credentials"
    assert main(["dlq", "list", "--profile", "nix", "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["code"] == "no_profile"


@pytest.mark.parametrize(
    "arguments", [["help", "environment"], ["help", "environment", "--json"], ["--version"]]
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_can_not_be_written_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run_from_shell(arguments, stdout=full)
    assert done.returncode == 1
    assert "The output can't be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_what_the_streams_encoding_lacks_is_escaped() -> None:
    done = run_from_shell(["help", "environment"], encoding="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "AWS_REGION, \\u2026" in done.stdout


def run_from_shell(
    arguments: list[str], *, encoding: str = "utf-8", stdout: Any = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Runs the command in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'cli'}:{ROOT / 'layers/relay'}",
        "PYTHONIOENCODING": encoding,
    }
    return subprocess.run(
        [sys.executable, "-m", "relay_cli", *arguments],
        env=environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


LATE = {"boto3", "botocore", "rich", "requests", "pydantic", "phonenumbers"}


def loaded_by(script: str) -> set[str]:
    """The modules of a fresh interpreter after this script."""
    paths = [str(ROOT / "cli"), str(ROOT / "layers/relay")]
    code = f"import sys; sys.path[:0] = {paths!r}; {script}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.split())


def test_help_imports_no_verb() -> None:
    loaded = loaded_by("from relay_cli.main import main; main(['--help'])")
    assert not loaded & LATE
    assert not [name for name in loaded if name.startswith("relay_cli.commands.")]


# ── packaging ──────────────────────────────────────────────────────────────────────────────────────────────


def test_both_names_of_the_command_are_installed() -> None:
    assert PROJECT["project"]["scripts"].keys() == {"relay", "tiktok-events-relay"}


def test_layer_ships_nothing_of_the_command_line() -> None:
    layer = set(PROJECT["dependency-groups"]["layer"])
    assert layer < set(PROJECT["project"]["dependencies"])
    locked = (ROOT / "layers/relay/requirements.txt").read_text(encoding="utf-8")
    names = {line.partition("==")[0] for line in locked.splitlines() if "==" in line}
    assert names.isdisjoint({"click", "rich", "boto3", "botocore", "duckdb"})
    assert {pin.partition("==")[0] for pin in layer} <= names
