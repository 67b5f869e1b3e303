"""Each verb of the command line against the local stack, with what it prints as JSON."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay_cli.main import COMMANDS, main
from tests.e2e.conftest import HOME, Stack
from tests.support.events import PIXEL

pytestmark = pytest.mark.e2e

EVENTS = Path(__file__).parents[2] / "events"

Relay = Callable[..., Any]

TRIED: set[str] = set()
"""Verbs that a test of this module ran."""


@pytest.fixture
def relay(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Relay:
    """Runs a verb against the stack; gives what it printed, parsed."""
    assert stack.info.api_url
    monkeypatch.setenv("RELAY_LOCAL", "1")
    monkeypatch.setenv("RELAY_LOCAL_FOLDER", str(HOME))
    monkeypatch.setenv("RELAY_JSON", "1")

    def run(*words: str, code: int = 0, typed: str = "") -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        TRIED.add(words[0])
        assert main(list(words)) == code
        printed = capsys.readouterr()
        if code in (0, 1) and printed.out:
            return json.loads(printed.out)
        assert printed.out == ""
        return json.loads(printed.err)

    return run


def test_event_is_checked_sent_waited_for_and_traced(relay: Relay) -> None:
    file = str(EVENTS / "server/purchase.json")
    event_id, order_id = f"cli-{time.time_ns()}", f"cli-order-{time.time_ns()}"
    assert relay("check", file, "--now")["ok"] is True
    words = ["--set", f"event_id={event_id}", "--set", f"properties.order_id={order_id}"]
    (sent,) = relay("send", file, "--now", *words)
    assert sent["status"] == 202
    found = relay("tail", "--until-delivered", event_id, "--timeout", "60s")
    assert found["state"] == "delivered"
    trace = relay("trace", event_id)
    (event,) = trace["events"]
    states = [hop["state"] for hop in event["hops"] if hop["state"]]
    assert (states[0], states[-1]) == ("accepted", "delivered")
    assert relay("trace", order_id)["kind"] == "order_id"
    request_id = next(
        # The token may have been rejected before: a retry has no request of its own.
        hop["details"]["tiktok_request_id"]
        for hop in event["hops"]
        if hop["name"] == "tiktok_responded"
    )
    assert relay("trace", request_id)["kind"] == "tiktok_request_id"
    assert relay("trace", f"never-sent-{event_id}", code=1)["kind"] == "unknown"


def test_event_that_is_not_delivered_in_time_is_124(relay: Relay) -> None:
    printed = relay("tail", "--until-delivered", "never-sent", "--timeout", "1s", code=124)
    assert printed["code"] == "timed_out"


def test_webhook_is_signed_verified_and_sent(relay: Relay, tmp_path: Path) -> None:
    file = str(EVENTS / "shopify/orders_paid.json")
    made = relay("sign", "shopify", file, "--now")
    (tmp_path / "body").write_text(made["body"])
    words = [word for name, value in made["headers"].items() for word in ("-H", f"{name}: {value}")]
    assert relay("verify", "shopify", str(tmp_path / "body"), *words)["valid"] is True
    (sent,) = relay("send", file, "--now")
    assert sent["response"]["status"] == "accepted"


def test_token_is_set_and_the_old_one_restored(relay: Relay, stack: Stack) -> None:
    rows = relay("token", "list")
    assert rows[0] == {"event_source": "web", "event_source_id": PIXEL, "token": True, "in_template": True}
    printed = relay("token", "set", "--test-code", "TEST1", typed="a-wrong-token-0123456789", code=1)
    assert printed["code"] == "token_rejected"
    assert stack.info.api_url


def test_secrets_and_keys_overlap_while_they_are_rotated(relay: Relay, stack: Stack) -> None:
    before = relay("key", "show")["server_key"]
    new = relay("key", "rotate")["server_key"]
    assert stack.call("POST", "/v1/events", key=before, json={}).status_code != 401
    assert relay("key", "retire", "--yes")["retired"] == 1
    assert relay("key", "show")["server_key"] == new
    assert relay("secret", "add", "stripe", typed="whsec_0123456789abcdef")["secrets"] == 2
    assert relay("secret", "retire", "stripe", "0", "--yes")["secrets"] == 1
    assert len([row for row in relay("secret", "list") if row["sender"] == "stripe"]) == 1
    # The other tests use the key that the stack came up with.
    from relay_cli import secret_documents, stacks

    document = secret_documents.ingest_secret(stacks.open_local(str(HOME)))
    document.change(lambda held: held | {"server_key": before})


def test_delivery_is_paused_and_resumed(relay: Relay) -> None:
    assert {source["state"] for source in relay("pause")} == {"Disabled"}
    assert {source["state"] for source in relay("resume")} == {"Enabled"}


def test_dead_letter_is_listed_shown_exported_replayed_and_dropped(
    relay: Relay, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relay_cli import dead_letters, stacks

    # The emulator hands out all that there is at once; test_delivery.py reads by long polling.
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    queues = stacks.open_local(str(HOME)).queues()

    def send(body: str) -> None:
        queues.sqs.send_message(QueueUrl=queues.dead_letter_queue_url, MessageBody=body)

    assert relay("dlq", "list")["events"] == 0
    send("planted")
    assert relay("dlq", "list")["groups"][0]["reason"] == "not_processed"
    (letter,) = relay("dlq", "list", "--each")["dead_letters"]
    assert relay("dlq", "show", letter["message_id"])["body"] == "planted"
    assert relay("dlq", "export", str(tmp_path / "letters.jsonl"))["exported"] == 1
    assert relay("replay", "--dry-run")["selected"] == 1
    assert relay("dlq", "drop", "--all", "--yes")["dropped"] == 1
    assert relay("replay", "--yes")["sent"] == 0
    assert relay("dlq", "list")["events"] == 0
    assert stack.info.api_url


def test_backfill_delivers_every_order_and_a_second_run_sends_nothing(
    relay: Relay, stack: Stack, tmp_path: Path
) -> None:
    ids = [f"backfill-{time.time_ns()}-{number}" for number in range(30)]
    rows = [
        {
            "event": "Purchase",
            "event_id": event_id,
            "event_time": int(time.time()) - 60,
            "email": f"{event_id}@example.com",
            "value": 1,
            "currency": "EUR",
            "url": "https://shop.example/",
        }
        for event_id in ids
    ]
    file = tmp_path / "orders.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert relay("backfill", str(file), "--dry-run")["events"] == 30
    assert relay("backfill", str(file), code=2)["code"] == "usage"
    assert relay("backfill", str(file), "--yes")["accepted"] == 30
    stack.received(ids)
    before = stack.simulator("stats")
    assert relay("backfill", str(file), "--yes")["accepted"] == 30
    assert stack.simulator("stats") == before


def test_dump_of_shopify_orders_is_delivered_under_the_webhooks_ids(
    relay: Relay, stack: Stack, tmp_path: Path
) -> None:
    from relay_senders import samples

    order = json.loads(samples.fresh((EVENTS / "shopify/orders_paid.json").read_bytes(), time.time()))
    number = time.time_ns()
    file = tmp_path / "orders.jsonl"
    file.write_text("".join(json.dumps(order | {"id": number + place}) + "\n" for place in range(3)))
    printed = relay("backfill", str(file), "--yes")
    assert (printed["accepted"], printed["rejected"], printed["unusable"]) == (3, 0, 0)
    stack.received([str(number + place) for place in range(3)])


def test_rest_of_the_verbs_print_json(relay: Relay) -> None:
    assert relay("capacity", "--rate", "10")["fits"] is True
    assert relay("help", "states")["delivered"]
    assert relay("doctor", "--only", "paused")["ok"] is True


def test_every_verb_was_tried() -> None:
    # The console has tests of its own, in a real browser.
    assert COMMANDS.keys() - TRIED == {"console"}
