"""`relay sign`: what it signs, Stripe's and Standard Webhooks' own code and Shopify's vector accept."""

import base64
import io
import json
import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import standardwebhooks
import stripe

from relay_cli.main import main
from relay_senders import signing
from tests.support.http_server import Answer, Posted, serving

BODY = '{"id": 1, "name": "Zoë"}'.encode()
STANDARD = "whsec_" + base64.b64encode(b"a made-up key").decode()


def run(*words: str, secret: str = "") -> int:
    with mock.patch.dict(os.environ, {"RELAY_SIGN_SECRET": secret}):
        return main(["sign", *words])


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "orders_paid.json"
    path.write_bytes(BODY)
    return path


@pytest.fixture
def shop() -> Iterator[tuple[str, list[Posted]]]:
    """A server that takes what it is sent, and rejects what has no Shopify signature."""
    received: list[Posted] = []

    def answer_to(posted: Posted) -> Answer:
        received.append(posted)
        signed = "x-shopify-hmac-sha256" in posted.headers
        return Answer(200, b'{"status": "accepted"}') if signed else Answer(401, b"no", "text/plain")

    with serving(answer_to) as url:
        yield url, received


def test_shopifys_published_vector_comes_out() -> None:
    made = signing.headers("shopify", b'{"foo": "bar"}', "test_secret_key", topic="orders/paid", now=0)
    assert made["x-shopify-hmac-sha256"] == "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="
    assert made["x-shopify-topic"] == "orders/paid"


def test_stripes_sdk_accepts_what_is_signed() -> None:
    made = signing.headers("stripe", BODY, "whsec_x", topic="", now=time.time())
    assert stripe.WebhookSignature.verify_header(BODY.decode(), made["stripe-signature"], "whsec_x", 300)


def test_standard_library_accepts_what_is_signed() -> None:
    made = signing.headers("standard", BODY, STANDARD, topic="", now=time.time())
    assert standardwebhooks.Webhook(STANDARD).verify(BODY, made) == json.loads(BODY)


def test_same_body_is_the_same_message_each_time() -> None:
    one, two = (signing.headers("standard", BODY, STANDARD, topic="", now=now) for now in (1, 2))
    assert one["webhook-id"] == two["webhook-id"]
    assert one["webhook-signature"] != two["webhook-signature"]


def test_prints_a_curl_command_that_sends_the_file_as_it_is(
    body: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("shopify", str(body), "--url", "https://api.example/", secret="s") == 0
    words = shlex.split(capsys.readouterr().out)
    assert words[:3] == ["curl", "-sS", "https://api.example/v1/webhooks/shopify"]
    expected = signing.headers("shopify", BODY, "s", topic="orders/paid", now=time.time())
    assert f"x-shopify-hmac-sha256: {expected['x-shopify-hmac-sha256']}" in words
    assert "x-shopify-topic: orders/paid" in words
    assert words[-2:] == ["--data-binary", f"@{body}"]


def test_moves_dates_on_request_and_signs_what_it_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "order.created.json"
    path.write_text('{"date_paid_gmt": "2020-01-01T00:00:00"}')
    assert run("woocommerce", str(path), "--now", "--url", "https://api.example", secret="s") == 0
    words = shlex.split(capsys.readouterr().out)
    assert "2020" not in words[-1]
    made = signing.headers("woocommerce", words[-1].encode(), "s", topic="order.created", now=0)
    assert f"x-wc-webhook-signature: {made['x-wc-webhook-signature']}" in words


def test_sends_on_request_and_says_what_was_answered(
    body: Path, shop: tuple[str, list[Posted]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, received = shop
    assert run("shopify", str(body), "--url", url, "--topic", "orders/create", "--send", secret="s") == 0
    assert (received[0].path, received[0].body) == ("/v1/webhooks/shopify", BODY)
    assert received[0].headers["x-shopify-topic"] == "orders/create"
    assert capsys.readouterr().out.splitlines()[0] == "200 OK"
    assert run("stripe", str(body), "--url", url, "--send", secret="s") == 1
    assert "401 Unauthorized" in capsys.readouterr().out


def test_secret_that_is_not_given_is_asked_for(
    body: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_cli.output.interactive", lambda: True)
    monkeypatch.setattr("relay_cli.secrets_input.getpass", lambda _prompt: " asked\n")
    assert run("stripe", str(body), "--url", "https://api.example") == 0
    header = next(
        word for word in shlex.split(capsys.readouterr().out) if word.startswith("stripe-signature")
    )
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header.partition(": ")[2], "asked", 300)


def test_secret_is_read_from_standard_input_where_there_is_no_terminal(
    body: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\n"))
    assert run("stripe", str(body), "--url", "https://api.example", "--json") == 0
    header = json.loads(capsys.readouterr().out)["headers"]["stripe-signature"]
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "piped", 300)


@pytest.mark.parametrize(
    ("words", "secret", "code", "says"),
    [
        ([], "s", 2, "--url"),
        (["--url", "https://api.example"], "", 2, "signing secret is empty"),
        (["--url", "https://api.example"], "!!", 1, "can't be signed"),
        (["--url", "ftp://api.example", "--send"], STANDARD, 1, "not an http"),
        (["--url", "https://api.example", "--secret", "s"], "", 2, "No such option"),
    ],
)
def test_what_cannot_be_signed_or_sent_says_why(
    body: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    secret: str,
    code: int,
    says: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("standard", str(body), *words, secret=secret) == code
    assert says in capsys.readouterr().err


def test_file_whose_name_is_no_topic_needs_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    for sender, topic in (("shopify", "orders/paid"), ("woocommerce", "order.created")):
        assert run(sender, str(file), "--url", "https://api.example", secret="s") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "--topic" in printed.err
        assert topic in printed.err
        assert run(sender, str(file), "--url", "https://api.example", "--topic", topic, secret="s") == 0
        assert topic in capsys.readouterr().out


def test_body_that_names_its_topic_needs_none(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    assert run("stripe", str(file), "--url", "https://api.example", secret="s") == 0


@pytest.mark.parametrize("raw", [b"", b"{", b"id=1", b"\xff{}"])
def test_body_that_is_not_json_is_not_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bytes
) -> None:
    file = tmp_path / "orders_paid.json"
    file.write_bytes(raw)
    assert run("shopify", str(file), "--url", "https://api.example", secret="s") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "orders_paid.json" in printed.err


def test_file_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shopify", "nowhere.json", "--url", "https://api.example", secret="s") == 1
    assert "nowhere.json can't be read" in capsys.readouterr().err


def test_other_address_is_signed_for_by_the_given_secret_and_not_by_the_local_stacks(
    body: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = dict.fromkeys(("api_url", "server_key", "endpoint_url", "region", "simulator_url"), "local")
    (tmp_path / "stack.json").write_text(json.dumps({**stack, "webhook_secrets": {"shopify": "local"}}))
    monkeypatch.setenv("RELAY_LOCAL", "1")
    monkeypatch.setenv("RELAY_LOCAL_FOLDER", str(tmp_path))

    def signature(*words: str) -> str:
        assert run("shopify", str(body), "--json", *words, secret="given") == 0
        signed: dict[str, Any] = json.loads(capsys.readouterr().out)
        return str(signed["headers"]["x-shopify-hmac-sha256"])

    def by(secret: str) -> str:
        return signing.headers("shopify", BODY, secret, topic="orders/paid", now=0)["x-shopify-hmac-sha256"]

    assert signature() == by("local")
    assert signature("--url", "https://abc.execute-api.eu-central-1.amazonaws.com") == by("given")


def test_stack_of_another_user_in_a_folder_above_is_used_only_by_name(
    body: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = dict.fromkeys(
        ("api_url", "server_key", "endpoint_url", "region", "simulator_url"), "http://127.0.0.1"
    )
    folder = tmp_path / ".local"
    folder.mkdir()
    (folder / "stack.json").write_text(json.dumps({**stack, "webhook_secrets": {"shopify": "s"}}))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run("shopify", str(body), "--local") == 0

    monkeypatch.setattr(os, "getuid", lambda: (folder / "stack.json").stat().st_uid + 1)
    assert run("shopify", str(body), "--local") == 1
    assert f"belongs to another user. If it is the stack that you mean, say --local-folder {folder}" in (
        capsys.readouterr().err
    )
    assert run("shopify", str(body), "--local", "--local-folder", str(folder)) == 0


def test_without_a_local_stack_the_error_names_make_up(
    body: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("shopify", str(body), "--local", "--local-folder", str(tmp_path)) == 1
    assert "make up" in capsys.readouterr().err
