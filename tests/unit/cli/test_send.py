"""`relay send` and `relay verify`: what is sent, to where, and what is rejected before anything is sent."""

import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.simulator import Simulator
from relay_cli import changes
from relay_cli.errors import UsageError
from relay_cli.main import main
from relay_senders import signing
from tests.support.http_server import Answer, Posted, serving
from tests.unit.cli.test_check import event, write
from tests.unit.cli.test_main import loaded_by

EVENTS = Path(__file__).parents[3] / "events"
PIXEL = "D179S7RC77UA68QT5U1G"
TOKEN = "a-token-of-the-pixel-0123"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[Posted]]]:
    """The relay's API, which accepts everything with the key."""
    received: list[Posted] = []

    def answer_to(posted: Posted) -> Answer:
        received.append(posted)
        if posted.headers.get("authorization") == "Bearer key-1" or "webhooks" in posted.path:
            body: object = {"accepted": [{"index": 0, "event": "Purchase", "event_id": "1"}]}
            return Answer(202, json.dumps(body).encode())
        return Answer(401, json.dumps({"detail": "The server key is wrong."}).encode())

    monkeypatch.setenv("RELAY_SERVER_KEY", "key-1")
    monkeypatch.setenv("RELAY_SIGN_SECRET", "a-signing-secret-0123")
    with serving(answer_to) as url:
        yield url, received


def test_event_is_sent_with_fields_set_and_removed(
    tmp_path: Path, api: tuple[str, list[Posted]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, received = api
    file = write(tmp_path / "a.json", event())
    words = ["--set", "value=12", "--set", "contents[0].price=3", "--set", "note=hello", "--unset", "email"]
    assert main(["send", str(file), "--url", url, "--json", "--test-code", "T1", *words]) == 0
    (printed,) = json.loads(capsys.readouterr().out)
    assert (printed["status"], received[0].path) == (202, "/v1/events")
    sent = json.loads(received[0].body)
    assert (sent["value"], sent["contents"], sent["note"], sent["test_event_code"]) == (
        12,
        [{"price": 3}],
        "hello",
        "T1",
    )
    assert "email" not in sent


@pytest.mark.parametrize("key", ["canary-key-\n0123456789", "canary-key-0123456789\u2019"])
def test_key_that_no_header_can_hold_is_not_quoted(
    tmp_path: Path,
    api: tuple[str, list[Posted]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str,
) -> None:
    monkeypatch.setenv("RELAY_SERVER_KEY", key)
    assert main(["send", str(write(tmp_path / "a.json", event())), "--url", api[0]]) == 1
    printed = capsys.readouterr()
    assert "a header (a key?) holds a character" in printed.err
    assert "canary" not in printed.out + printed.err


def test_webhook_is_signed_as_its_sender_signs(api: tuple[str, list[Posted]]) -> None:
    url, received = api
    assert main(["send", str(EVENTS / "shopify/orders_paid.json"), "--url", url, "--now"]) == 0
    assert received[0].path == "/v1/webhooks/shopify"
    assert received[0].headers["x-shopify-topic"] == "orders/paid"
    assert "x-shopify-hmac-sha256" in received[0].headers


def test_rejected_request_exits_with_1(
    tmp_path: Path, api: tuple[str, list[Posted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_SERVER_KEY", "wrong")
    assert main(["send", str(write(tmp_path / "a.json", event())), "--url", api[0]]) == 1


def test_file_that_cannot_be_read_keeps_every_file_from_being_sent(
    tmp_path: Path, api: tuple[str, list[Posted]], capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "a.json", event())
    (tmp_path / "b.json").write_text("{")
    assert main(["send", str(good), str(tmp_path / "b.json"), "--url", api[0], "--json"]) == 1
    assert "Nothing was sent" in json.loads(capsys.readouterr().err)["error"]
    assert api[1] == []


def test_dry_run_asks_no_account_for_the_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", str(write(tmp_path / "a.json", event())), "--dry-run", "--stack", "relay"]) == 0
    printed = capsys.readouterr()
    assert "https://API-URL/v1/events" in printed.out
    assert "ApiUrl" in printed.err


def test_dry_run_prints_a_command_without_the_key_and_sends_nothing(
    tmp_path: Path, api: tuple[str, list[Posted]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["send", str(write(tmp_path / "a.json", event())), "--url", api[0], "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert '"Authorization: Bearer $RELAY_SERVER_KEY"' in out
    assert "key-1" not in out
    assert json.loads(shlex.split(out)[-1])["event"] == "Purchase"
    assert api[1] == []


def test_dry_run_loads_no_aws_sdk(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", event())
    script = f"main(['send', {str(file)!r}, '--url', 'http://x', '--dry-run'])"
    assert not loaded_by(f"from relay_cli.main import main; {script}") & {"boto3", "botocore", "requests"}


# ── to TikTok directly ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """TikTok, which knows one token."""
    monkeypatch.setenv("RELAY_TIKTOK_TOKEN", TOKEN)
    with Simulator(tokens={TOKEN: [PIXEL]}) as running:
        yield running


def test_tiktok_gets_hashed_test_events(
    tmp_path: Path, simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.json", event())
    words = ["--tiktok", "--pixel", PIXEL, "--tiktok-url", simulator.url, "--json"]
    assert main(["send", str(file), *words, "--test-code", "TEST1"]) == 0
    (printed,) = json.loads(capsys.readouterr().out)
    assert (printed["outcome"], printed["tiktok_code"]) == ("delivered", 0)
    assert TOKEN not in json.dumps(printed)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--pixel", PIXEL], 2, "--test-code"),
        (["--test-code", "T"], 2, "--pixel"),
        (["--pixel", PIXEL, "--test-code", "T", "--set", "currency=EURO"], 1, "currency_unknown"),
    ],
)
def test_nothing_goes_to_tiktok_by_accident(
    tmp_path: Path,
    simulator: Simulator,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    says: str,
) -> None:
    file = write(tmp_path / "a.json", event())
    assert main(["send", str(file), "--tiktok", "--tiktok-url", simulator.url, *words]) == code
    assert says in capsys.readouterr().err


def test_live_events_need_to_be_asked_for_and_a_rejected_token_is_1(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.json", event())
    words = ["send", str(file), "--tiktok", "--pixel", PIXEL, "--tiktok-url", simulator.url, "--live"]
    assert main(words) == 0
    monkeypatch.setenv("RELAY_TIKTOK_TOKEN", "another-token-0123456789")
    assert main(words) == 1


# ── changes ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("a=1", {"a": 1, "b": {"c": [1, 2]}}),
        ("a=text", {"a": "text", "b": {"c": [1, 2]}}),
        ('a="1"', {"a": "1", "b": {"c": [1, 2]}}),
        ("b.c[0]=9", {"b": {"c": [9, 2]}}),
        ("b.c[2]=9", {"b": {"c": [1, 2, 9]}}),
        ("x.y=null", {"b": {"c": [1, 2]}, "x": {"y": None}}),
        ("a=b=c", {"a": "b=c", "b": {"c": [1, 2]}}),
    ],
)
def test_set_changes_one_place(assignment: str, expected: object) -> None:
    assert changes.apply({"b": {"c": [1, 2]}}, [assignment], []) == expected


@pytest.mark.parametrize("assignment", ["a", "=1", "b.c[9]=1", "b[0]=1", "a..b=1", "[x]=1"])
def test_path_that_does_not_fit_is_rejected(assignment: str) -> None:
    with pytest.raises(UsageError):
        changes.apply({"b": {"c": [1, 2]}}, [assignment], [])


@pytest.mark.parametrize(
    ("removal", "expected"), [("b.c[0]", {"b": {"c": [2]}}), ("b", {}), ("x.y", {"b": {"c": [1, 2]}})]
)
def test_unset_removes_what_is_there(removal: str, expected: object) -> None:
    assert changes.apply({"b": {"c": [1, 2]}}, [], [removal]) == expected


# ── verify ─────────────────────────────────────────────────────────────────────────────────────────────────

BODY = b'{"id": 1}'
SECRETS = ["the-first-secret-0123", "the-second-secret-0123"]


@pytest.fixture
def verify(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command over a body and headers, with the secrets on standard input."""
    import io

    monkeypatch.delenv("RELAY_SIGN_SECRET", raising=False)

    def run(sender: str, headers: dict[str, str], body: bytes = BODY) -> tuple[int, Any]:
        (tmp_path / "body").write_bytes(body)
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(SECRETS) + "\n"))
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        code = main(["verify", sender, str(tmp_path / "body"), "--json", *words])
        printed = capsys.readouterr()
        assert not [secret for secret in SECRETS if secret in printed.out + printed.err]
        return code, json.loads(printed.out or printed.err)

    return run


@pytest.mark.parametrize("sender", ["shopify", "woocommerce", "stripe"])
@pytest.mark.parametrize("number", [0, 1])
def test_valid_signature_names_the_secret_that_made_it(verify: Any, sender: str, number: int) -> None:
    headers = signing.headers(sender, BODY, SECRETS[number], topic="orders/paid", now=time.time() - 7)
    code, printed = verify(sender, headers)
    assert (code, printed["valid"], printed["secret_number"], printed["secrets"]) == (0, True, number, 2)
    if sender == "stripe":
        assert printed["clock_skew_seconds"] == pytest.approx(7, abs=3)


def test_changed_body_is_invalid(verify: Any) -> None:
    headers = signing.headers("shopify", BODY, SECRETS[0], topic="orders/paid", now=time.time())
    code, printed = verify("shopify", headers, BODY + b" ")
    assert (code, printed["valid"], printed["code"]) == (1, False, "signature_wrong")


@pytest.mark.parametrize(("age", "code"), [(4000, "signature_too_old"), (-4000, "signature_too_new")])
def test_old_signature_is_distinguished_from_a_wrong_one(verify: Any, age: int, code: str) -> None:
    headers = signing.headers("stripe", BODY, SECRETS[1], topic="", now=time.time() - age)
    status, printed = verify("stripe", headers)
    assert (status, printed["code"], printed["secret_number"]) == (1, code, 1)
    assert printed["clock_skew_seconds"] == pytest.approx(age, abs=5)


@pytest.mark.parametrize("headers", [{}, {"x-other": "1"}])
def test_missing_headers_are_said(verify: Any, headers: dict[str, str]) -> None:
    status, printed = verify("stripe", headers)
    assert (status, printed["code"]) == ((1, "signature_missing") if headers else (2, "usage"))


def test_sign_and_verify_load_no_aws_sdk() -> None:
    sample = str(EVENTS / "stripe/thin.json")
    script = (
        "import os; os.environ['RELAY_SIGN_SECRET'] = 's' * 16; from relay_cli.main import main; "
        f"main(['sign', 'stripe', {sample!r}, '--url', 'http://x']); "
        f"main(['verify', 'stripe', {sample!r}, '-H', 'stripe-signature: t=1,v1=00'])"
    )
    assert not loaded_by(script) & {"boto3", "botocore", "requests"}
