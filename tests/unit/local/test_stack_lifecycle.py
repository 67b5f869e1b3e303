"""Bringing the stack up and down: what is written and cleaned up, and the user's own AWS never seen."""

import json
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.stack import (
    StackError,
    StackInfo,
    aws_session,
    deployment,
    down,
    emulator,
    lifecycle,
    processes,
    running,
    up,
)
from local.stack.__main__ import main
from local.stack.info import Home
from tests.support.template import TEMPLATE

DEADLINE_SECONDS = 20.0

INFO = StackInfo(
    api_url="http://127.0.0.1:1/_aws/execute-api/abc",
    server_key="k" * 48,
    endpoint_url="http://127.0.0.1:1",
    region="eu-central-1",
    queue_url="http://localhost:1/000000000000/queue",
    dead_letter_queue_url="http://localhost:1/000000000000/dead",
    simulator_url="http://127.0.0.1:2",
    webhook_secrets={"shopify": "secret-1"},
    shop_url="http://127.0.0.1:3",
    public_write_key="w" * 32,
    tiktok_token="t" * 40,
)


def started(name: str, home: Home, script: str = "import time; time.sleep(600)") -> None:
    command = [sys.executable, "-c", script]
    home.path.mkdir(parents=True, exist_ok=True)
    processes.start(
        name, command, env=os.environ, cwd=home.path, folder=home.processes, log=home.logs / f"{name}.log"
    )


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


# ── stack.json ─────────────────────────────────────────────────────────────────────────────────────────


def test_stack_json_has_the_names_that_scripts_rely_on(tmp_path: Path) -> None:
    Home(tmp_path).write(INFO)
    assert set(json.loads((tmp_path / "stack.json").read_text(encoding="utf-8"))) == {
        "api_url",
        "server_key",
        "endpoint_url",
        "region",
        "queue_url",
        "dead_letter_queue_url",
        "simulator_url",
        "webhook_secrets",
        "shop_url",
        "public_write_key",
        "tiktok_token",
        "console_url",
    }
    assert Home(tmp_path).read() == INFO


def test_stack_json_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{}", encoding="utf-8")
    (tmp_path / "stack.json").chmod(0o644)
    Home(tmp_path).write(INFO)
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"api_url": "x"}'])
def test_a_stack_json_that_is_not_ours_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text, encoding="utf-8")
    assert Home(tmp_path).read() is None


# ── up and down ────────────────────────────────────────────────────────────────────────────────────────


def test_a_stack_json_left_by_a_crash_does_not_count_as_a_running_stack(tmp_path: Path) -> None:
    Home(tmp_path).write(INFO)
    assert running(home=tmp_path) is None
    assert down(home=tmp_path) is False
    assert not (tmp_path / "stack.json").exists()


def test_a_second_stack_in_the_same_place_is_rejected_and_the_first_goes_on(tmp_path: Path) -> None:
    home = Home(tmp_path)
    started(emulator.NAME, home)
    home.write(INFO)
    try:
        with pytest.raises(StackError, match="runs already"):
            up(home=tmp_path, say=lambda _text: None)
        assert running(home=tmp_path) == INFO
    finally:
        assert down(home=tmp_path) is True
    assert running(home=tmp_path) is None
    assert processes.alive(home.processes) == []


def test_a_stack_that_lost_a_process_does_not_count_as_running_and_is_stopped_whole(tmp_path: Path) -> None:
    home = Home(tmp_path)
    started(emulator.NAME, home)
    started("simulator", home, "")
    home.write(INFO)
    try:
        until(lambda: processes.alive(home.processes) == [emulator.NAME])
        assert running(home=tmp_path) is None
    finally:
        down(home=tmp_path)
    assert processes.alive(home.processes) == []


def test_a_failing_build_stops_what_was_started_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def start(home: Home, _port: int) -> Path:
        started(emulator.NAME, home)
        return home.logs / f"{emulator.NAME}.log"

    def build(home: Home) -> tuple[Path, bool]:
        seen.extend(processes.alive(home.processes))
        raise processes.ProcessError("sam build failed (exit code 1)")

    monkeypatch.setenv("TIKTOK_API_URL", "http://127.0.0.1:9")  # no simulator
    monkeypatch.setattr(emulator, "start", start)
    monkeypatch.setattr(deployment, "build", build)
    with pytest.raises(StackError, match="sam build failed"):
        up(home=tmp_path, say=lambda _text: None)
    assert seen == [emulator.NAME]
    assert processes.alive(Home(tmp_path).processes) == []
    assert not (tmp_path / "stack.json").exists()


def test_an_interrupt_stops_what_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []

    def start(home: Home, _port: int) -> Path:
        started(emulator.NAME, home)
        pids.append(json.loads((home.processes / f"{emulator.NAME}.json").read_text(encoding="utf-8"))["pid"])
        return home.logs / f"{emulator.NAME}.log"

    def build(_home: Home) -> tuple[Path, bool]:
        raise KeyboardInterrupt

    monkeypatch.setenv("TIKTOK_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(emulator, "start", start)
    monkeypatch.setattr(deployment, "build", build)
    with pytest.raises(KeyboardInterrupt):
        up(home=tmp_path, say=lambda _text: None)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_an_emulator_that_does_not_start_is_reported_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(home: Home, _port: int) -> Path:
        started(emulator.NAME, home, "raise SystemExit('ERROR: the port is already in use')")
        return home.logs / f"{emulator.NAME}.log"

    monkeypatch.setenv("TIKTOK_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(emulator, "start", start)
    monkeypatch.setattr(deployment, "build", lambda _home: (tmp_path / "template.yaml", True))
    with pytest.raises(StackError, match=r"emulator stopped by itself[\s\S]*already in use"):
        up(home=tmp_path, say=lambda _text: None)


class FakeAws:
    """An SDK session of a stack with one table; `calls` has the operations that were called."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def client(self, service: str, *, endpoint_url: str) -> Any:
        assert endpoint_url.startswith("http://127.0.0.1:")
        return SimpleNamespace(
            list_tables=lambda: {"TableNames": ["visits"]},
            get_item=lambda TableName, **_: self.calls.append(f"{service} {TableName}"),  # noqa: N803
            get_queue_attributes=lambda QueueUrl, **_: self.calls.append(f"{service} {QueueUrl}"),  # noqa: N803
        )


def test_stack_is_ready_once_the_table_and_the_queue_have_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The emulator's first answer of a service takes longer than a function waits for its table.
    steps: list[str] = []
    outputs = dict.fromkeys(("QueueUrl", "DeadLetterQueueUrl", "IngestSecretArn", "TikTokSecretArn"), "q") | {
        "ApiUrl": "http://abc.execute-api.localhost"
    }
    monkeypatch.setenv("TIKTOK_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(emulator, "start", lambda home, _port: home.logs / "emulator.log")
    monkeypatch.setattr(deployment, "build", lambda _home: (tmp_path / "template.yaml", True))
    monkeypatch.setattr(deployment, "deploy", lambda *_: outputs)
    monkeypatch.setattr(deployment, "fill_secrets", lambda *_: "k" * 48)
    monkeypatch.setattr(deployment, "aws_session", lambda: FakeAws(steps))
    monkeypatch.setattr(lifecycle, "_start_shop", lambda *_: None)
    monkeypatch.setattr(lifecycle, "_until_answers", lambda *_: None)
    up(home=tmp_path, say=lambda text: steps.append(text.rpartition("] ")[2]))
    assert steps[-1] == "ready"
    assert {"dynamodb visits", "sqs q"} < set(steps)


# ── the emulator's surroundings ────────────────────────────────────────────────────────────────────────


def test_nothing_of_the_users_own_aws_account_reaches_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        "AWS_PROFILE": "mine",
        "AWS_ACCESS_KEY_ID": "AKIAMINE",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_SESSION_TOKEN": "mine",
        "AWS_CONFIG_FILE": "/home/me/.aws/config",
        "HOME": "/home/me",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    environment = emulator.aws_environment(Home(tmp_path), 4566)
    assert not set(own.values()) & set(environment.values())
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


def test_the_session_works_whatever_the_user_has_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile mine]\nregion = us-west-1\nendpoint_url = https://mine.example\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    session = aws_session()
    credentials = session.get_credentials()
    assert session.region_name == emulator.REGION
    assert credentials is not None
    assert credentials.access_key == emulator.CREDENTIAL


# ── the deployment ─────────────────────────────────────────────────────────────────────────────────────


def a_source_tree(root: Path) -> Path:
    for name in (
        "template.yaml",
        "Makefile",
        "tools/build_artifact.py",
        "layers/relay/code.py",
        "functions/f/h.py",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return root


@pytest.fixture
def own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python in the place of the emulator's, which unit tests do without."""
    monkeypatch.setattr(emulator, "PYTHON", Path(sys.executable))


@pytest.mark.usefixtures("own_python")
def test_a_build_is_kept_until_a_source_changes(tmp_path: Path) -> None:
    tree = a_source_tree(tmp_path)
    before = deployment.fingerprint(tree)
    (tree / "layers/relay/__pycache__").mkdir()
    (tree / "layers/relay/__pycache__/code.pyc").write_bytes(b"compiled")
    assert deployment.fingerprint(tree) == before
    (tree / "layers/relay/code.py").write_text("changed", encoding="utf-8")
    assert deployment.fingerprint(tree) != before


@pytest.mark.usefixtures("own_python")
def test_a_renamed_source_makes_a_new_build(tmp_path: Path) -> None:
    tree = a_source_tree(tmp_path)
    before = deployment.fingerprint(tree)
    (tree / "functions/f/h.py").rename(tree / "functions/f/i.py")
    assert deployment.fingerprint(tree) != before


def test_parameters_are_read_as_they_are_written() -> None:
    assert deployment.parse_parameters(
        ["BatchSize=10", "TestEventCode=", "AllowedOrigins=https://a.example"]
    ) == {
        "BatchSize": "10",
        "TestEventCode": "",
        "AllowedOrigins": "https://a.example",
    }


@pytest.mark.parametrize("word", ["BatchSize", "=10", ""])
def test_a_word_that_is_no_parameter_is_rejected(word: str) -> None:
    with pytest.raises(ValueError, match="written Key=Value"):
        deployment.parse_parameters([word])


# ── parameters ─────────────────────────────────────────────────────────────────────────────────────────


def test_parameter_names_are_those_of_the_template() -> None:
    assert set(deployment.parameter_names()) == set(TEMPLATE["Parameters"])


@pytest.mark.parametrize(
    ("name", "hint"), [("PixelID", "PixelId"), ("AllowedOrigin", "AllowedOrigins"), ("x", "PixelId, ")]
)
def test_unknown_parameter_is_rejected_with_the_one_that_was_meant(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is not a parameter.*{hint}"):
        deployment.check_parameters({"PixelId": "P1", name: "x"})


def test_up_with_an_unknown_parameter_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="PixelID is not a parameter; did you mean PixelId"):
        up(parameters={"PixelID": "P1"}, home=tmp_path, say=lambda _: None)
    assert processes.alive(Home(tmp_path).processes) == []


def test_every_configured_destination_gets_a_token() -> None:
    parameters = {"PixelId": "P1", "Destinations": "web:P2, offline:123,crm:123"}
    assert deployment.destination_ids(parameters) == ["P1", "P2", "123"]
    assert deployment.destination_ids({"PixelId": "P1"}) == ["P1"]


def test_running_stack_says_that_new_parameters_are_ignored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lifecycle, "running", lambda: INFO)
    monkeypatch.setattr(lifecycle, "end_on_signals", lambda: None)
    assert main(["up", "TestEventCode=T1"]) == 1
    assert "does not get TestEventCode" in capsys.readouterr().err
    assert main(["up"]) == 0
    assert main(["up", "TestEventcode=T1"]) == 1
