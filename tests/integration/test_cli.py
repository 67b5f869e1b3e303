"""`relay dlq` and `relay replay`, from their command line, on a stack that moto plays."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_sqs import SQSClient

from relay import message
from relay.aws import sqs
from relay.delivery.dead_letters import Reason, make_dead_letter
from relay.delivery.outcomes import Record, Undelivered
from relay.destination import Destination
from relay.message import Message, decode
from relay.tiktok.responses import Response
from relay_cli import dead_letters, replaying
from relay_cli.commands.replay import HIDDEN_SECONDS
from relay_cli.main import main
from relay_cli.stacks import Queues
from tests.support.events import DESTINATION, PIXEL

pytestmark = pytest.mark.integration

HOUR = 3600
REJECTED = Response("rejected", 200, 40002, "Batch.0.event_id: Not a valid string", "request-1")


class CloudFormation:
    """An account with one stack, named shop. (moto's own needs packages that nothing else here does.)"""

    def __init__(self, outputs: dict[str, str]) -> None:
        self._outputs = outputs

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        """Describes it, as AWS does."""
        if StackName != "shop":
            text = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, "DescribeStacks")
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self._outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}


class Account:
    """A session for it."""

    region_name = "us-east-1"

    def __init__(self, aws: boto3.Session, outputs: dict[str, str]) -> None:
        self._aws, self._cloudformation = aws, CloudFormation(outputs)

    def client(self, name: str) -> Any:
        """A client of a service."""
        services: Any = self._aws
        return self._cloudformation if name == "cloudformation" else services.client(name)


@dataclass
class Stack:
    """A stack's two queues, and what the command line printed."""

    sqs: SQSClient
    queue_url: str
    dead_letter_queue_url: str

    def add_dead_letter(
        self,
        event_id: str,
        *,
        reason: Reason = "rejected",
        answer: Response | None = REJECTED,
        hours: float = 1,
        destination: Destination = DESTINATION,
        body: str | None = None,
    ) -> None:
        """Puts an event on the dead-letter queue, as dispatch does."""
        now = time.time()
        item = json.dumps({"event": "Purchase", "event_id": event_id})
        message = Message(destination, now - hours * HOUR, "server", "trace", item)
        attributes = {"ApproximateReceiveCount": "3", "SentTimestamp": str(int((now - hours * HOUR) * 1000))}
        record = Record(messageId="m", body=body or message.encode(), attributes=attributes)
        assessment = Undelivered(record, "rejected", answer, None if body else message, "cut" if body else "")
        made = make_dead_letter(assessment, reason, now)
        assert sqs.send(self.sqs, self.dead_letter_queue_url, [made.body], [made.attributes]) == []

    def waiting(self) -> list[str]:
        """Takes everything off the queue: event ids, or the body of what is no message."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            found += [_event_id(entry["Body"]) for entry in messages]
        return sorted(found)

    def dead(self) -> list[str]:
        """Looks at the dead-letter queue as the next one would."""
        with dead_letters.reading(self.sqs, self.dead_letter_queue_url, 60) as letters:
            return sorted(_event_id(letter.body) for letter in letters.values())


def _event_id(body: str) -> str:
    try:
        return str(json.loads(decode(body).item)["event_id"])
    except message.MessageError:
        return body


@pytest.fixture
def stack(aws: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack with empty queues."""
    sqs = aws.client("sqs")
    made = Stack(
        sqs,
        sqs.create_queue(QueueName="events")["QueueUrl"],
        sqs.create_queue(QueueName="dead-letters")["QueueUrl"],
    )
    outputs = {
        "QueueUrl": made.queue_url,
        "RetryQueueUrl": sqs.create_queue(QueueName="retries")["QueueUrl"],
        "DeadLetterQueueUrl": made.dead_letter_queue_url,
    }
    account = Account(aws, outputs)
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    # moto's queues are not safe to read from several threads; the end-to-end tests read with all of them.
    monkeypatch.setattr(dead_letters, "READERS", 1)
    monkeypatch.setattr(boto3, "Session", lambda **_: account)
    return made


Relay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def relay(capsys: pytest.CaptureFixture[str]) -> Relay:
    """Runs a command line; gives exit code, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--stack", "shop"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def a_mixture(stack: Stack) -> None:
    stack.add_dead_letter("rejected-1", hours=1)
    stack.add_dead_letter("rejected-2", hours=50)
    stack.add_dead_letter("other-code", answer=Response("rejected", 200, 40062, "PII", "r"))
    stack.add_dead_letter("other-pixel", destination=Destination("offline", "SET", "T1"))
    stack.add_dead_letter("expired", reason="expired", answer=Response("transient", 502), hours=13 * 24)
    stack.add_dead_letter("cut", reason="unreadable", answer=None, body="rubbish")
    stack.sqs.send_message(QueueUrl=stack.dead_letter_queue_url, MessageBody="moved by SQS")


ALL = ["expired", "moved by SQS", "other-code", "other-pixel", "rejected-1", "rejected-2", "rubbish"]


def test_list_groups_by_reason_code_and_destination_and_takes_nothing_away(
    stack: Stack, relay: Relay
) -> None:
    a_mixture(stack)
    code, out, _ = relay("dlq", "list", "--json")
    listed = json.loads(out)
    assert (code, listed["events"]) == (0, 7)
    groups = {
        (entry["reason"], entry["tiktok_code"], entry["destination"]): entry for entry in listed["groups"]
    }
    rejected = groups["rejected", "40002", f"web/{PIXEL}"]
    assert (rejected["events"], rejected["older_than_48_hours"]) == (2, 1)
    assert groups.keys() >= {
        ("not_processed", "", ""),
        ("unreadable", "", ""),
        ("expired", "", f"web/{PIXEL}"),
        ("rejected", "40002", "offline/SET/T1"),
    }
    assert stack.dead() == ALL


def test_list_of_each_as_json_has_every_dead_letter(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    _, out, _ = relay("dlq", "list", "--each", "--json")
    listed = json.loads(out)["dead_letters"]
    assert sorted(entry["reason"] for entry in listed) == [
        "expired",
        "not_processed",
        *["rejected"] * 4,
        "unreadable",
    ]
    assert len({entry["message_id"] for entry in listed}) == 7


def test_item_that_is_nested_too_deep_is_listed_and_shown(stack: Stack, relay: Relay) -> None:
    item = '{"event": "Purchase", "properties": ' + "[" * 3000 + "]" * 3000 + "}"
    body = Message(Destination("web", PIXEL, ""), 1.0, "events", "trace-1", item).encode()
    stack.sqs.send_message(QueueUrl=stack.dead_letter_queue_url, MessageBody=body)
    _, out, _ = relay("dlq", "list", "--each", "--json")
    (listed,) = json.loads(out)["dead_letters"]
    assert (listed["item"], listed["body"]) == (None, body)
    code, out, _ = relay("dlq", "show", listed["message_id"])
    assert code == 0
    assert "Purchase" in out


def test_list_is_a_table_for_people(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    _, out, _ = relay("dlq", "list")
    assert "7 on the dead-letter queue of shop in us-east-1" in out
    assert "Batch.0.event_id: Not a valid string" in out
    _, out, _ = relay("dlq", "list", "--each", "--reason", "rejected")
    assert "Purchase rejected-1" in out
    assert "expired" not in out


@pytest.mark.parametrize("expected", ["rejected-1", ""])
def test_show_tells_everything_about_one(stack: Stack, relay: Relay, expected: str) -> None:
    stack.add_dead_letter("rejected-1")
    with dead_letters.reading(stack.sqs, stack.dead_letter_queue_url, 60) as letters:
        (message_id,) = letters
    code, out, _ = relay("dlq", "show", expected or message_id[:8], "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["item"] == {"event": "Purchase", "event_id": "rejected-1"}
    assert shown["attributes"]["tiktok_request_id"] == "request-1"
    assert stack.dead() == ["rejected-1"]
    _, out, _ = relay("dlq", "show", "rejected-1")
    assert "40002" in out
    assert '"event_id": "rejected-1"' in out


def test_show_of_what_is_not_there_says_so(stack: Stack, relay: Relay) -> None:
    stack.add_dead_letter("rejected-1")
    code, _, errors = relay("dlq", "show", "nothing")
    assert code == 1
    assert "No dead letter has the id nothing" in errors


def test_replay_sends_all_again_as_they_were(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    code, out, _ = relay("replay", "--yes", "--json")
    printed = json.loads(out)
    assert (code, printed["sent"], printed["not_sent"], printed["interrupted"]) == (0, 7, 0, False)
    assert stack.waiting() == ALL
    assert stack.dead() == []


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        (["--code", "40062"], ["other-code"]),
        (["--code", "40062", "--code", "40002"], ["other-code", "other-pixel", "rejected-1", "rejected-2"]),
        (["--reason", "expired"], ["expired"]),
        (["--reason", "not_processed"], ["moved by SQS"]),
        (["--reason", "unreadable", "--reason", "not_processed"], ["moved by SQS", "rubbish"]),
        (["--destination", "SET"], ["other-pixel"]),
        (["--destination", "offline/SET"], ["other-pixel"]),
        (["--destination", "offline/SET/T1"], ["other-pixel"]),
        (["--destination", "web/SET"], []),
        (["--older-than", "2d"], ["expired", "rejected-2"]),
        (["--older-than", "2d", "--newer-than", "3d"], ["rejected-2"]),
        (["--newer-than", "90m", "--code", "40002"], ["other-pixel", "rejected-1"]),
    ],
)
def test_replay_sends_what_is_picked_and_lets_go_of_the_rest(
    stack: Stack, relay: Relay, filters: list[str], sent: list[str]
) -> None:
    a_mixture(stack)
    code, _, _ = relay("replay", "--yes", *filters)
    assert code == 0
    assert stack.waiting() == sent
    assert stack.dead() == sorted(set(ALL) - set(sent))


def test_replay_takes_the_events_of_a_queue_that_a_removed_stack_left(stack: Stack, relay: Relay) -> None:
    old = stack.sqs.create_queue(QueueName="old-events")["QueueUrl"]
    item = json.dumps({"event": "Purchase", "event_id": "waiting"})
    waiting = Message(DESTINATION, time.time() - 12 * 24 * HOUR, "server", "trace", item, attempts=40)
    sqs.send(stack.sqs, old, [waiting.encode()])
    stack.add_dead_letter("stays")
    code, out, _ = relay("replay", "--queue-url", old, "--yes")
    assert (code, out) == (0, "1 of 1 sent again\n")
    (taken,) = stack.sqs.receive_message(QueueUrl=stack.queue_url)["Messages"]
    moved = decode(taken["Body"])
    # As many days as a new event, so that the new stack does not dead-letter it as expired.
    assert (moved.item, moved.attempts) == (item, 0)
    assert time.time() - moved.replayed_at < 60
    assert stack.dead() == ["stays"]
    assert relay("replay", "--queue-url", old)[1] == f"No dead letters found in {old}\n"


def test_replay_does_not_send_the_stacks_own_events_again(stack: Stack, relay: Relay) -> None:
    code, _, errors = relay("replay", "--queue-url", stack.queue_url)
    assert code == 2
    assert "--queue-url is this stack's own event queue" in errors


def test_dry_run_sends_nothing(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    code, out, _ = relay("replay", "--dry-run")
    assert code == 0
    assert "7 would be sent again; 2 are older than 48 hours" in out
    assert "unreadable" in out
    assert stack.waiting() == []
    assert stack.dead() == ALL


def test_events_older_than_48_hours_need_a_yes(stack: Stack, relay: Relay) -> None:
    stack.add_dead_letter("old", hours=50)
    code, _, errors = relay("replay")
    assert code == 2
    assert "more than 48 hours ago" in errors
    assert "--yes" in errors
    assert (stack.waiting(), stack.dead()) == ([], ["old"])
    assert relay("replay", "--newer-than", "48h")[0] == 0
    assert stack.waiting() == []
    assert relay("replay", "--yes")[0] == 0
    assert stack.waiting() == ["old"]


@pytest.mark.usefixtures("stack")
def test_nothing_to_do_is_no_error(relay: Relay) -> None:
    assert relay("replay")[:2] == (
        0,
        "No dead letters found in shop in us-east-1\n",
    )
    assert relay("dlq", "list")[0] == 0


def test_many_are_read_and_sent(stack: Stack, relay: Relay) -> None:
    for number in range(130):
        stack.add_dead_letter(f"order-{number}")
    code, out, _ = relay("replay", "--json", "--rate", "100000")
    assert (code, json.loads(out)["sent"]) == (0, 130)
    assert len(stack.waiting()) == 130


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--older-than", "soon"], ["--reason", "bad"]])
def test_wrong_option_is_a_usage_error(relay: Relay, arguments: list[str]) -> None:
    code, out, errors = relay("replay", *arguments)
    assert (code, out) == (2, "")
    assert arguments[0] in errors


@pytest.mark.usefixtures("stack")
def test_stack_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--stack", "none"]) == 1
    assert "There is no stack none in us-east-1" in capsys.readouterr().err


@pytest.mark.usefixtures("stack")
def test_json_errors_are_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--stack", "none", "--json"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert json.loads(printed.err)["code"] == "no_stack"


# ── what a stranger writes into an event ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "hostile", ["[/red]", "[link=https://evil.example]x", "\x1b]0;owned\x07", "a\x9b2Jb", "\u202eabc"]
)
@pytest.mark.parametrize("arguments", [["list"], ["list", "--each"], ["show"], ["list", "--each", "--json"]])
def test_hostile_event_id_is_shown_escaped(
    stack: Stack, relay: Relay, hostile: str, arguments: list[str]
) -> None:
    stack.add_dead_letter(hostile)
    extra = [hostile] if arguments == ["show"] else []
    code, out, errors = relay("dlq", *arguments, *extra)
    assert code == 0
    assert not [character for character in out + errors if ord(character) < 32 and character != "\n"]
    assert not {"\x9b", "\x7f", "\u202e"} & {*out, *errors}
    if hostile == "[/red]" and arguments != ["list"]:
        assert hostile in out


def test_hostile_words_of_tiktok_are_shown_escaped(stack: Stack, relay: Relay) -> None:
    stack.add_dead_letter("order-1", answer=Response("rejected", 200, 40002, "[/bold] \u202e bad", "r[/]"))
    for arguments in (["list"], ["show", "order-1"]):
        code, out, _ = relay("dlq", *arguments)
        assert code == 0
        assert "[/bold] \\u202e bad" in out


# ── export and drop ────────────────────────────────────────────────────────────────────────────────────────


def test_export_writes_every_letter_and_takes_nothing_away(
    stack: Stack, relay: Relay, tmp_path: Path
) -> None:
    a_mixture(stack)
    file = tmp_path / "letters.jsonl"
    code, out, _ = relay("dlq", "export", str(file), "--json")
    assert (code, json.loads(out)["exported"]) == (0, 7)
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert {entry["reason"] for entry in exported} == {"rejected", "expired", "unreadable", "not_processed"}
    assert file.stat().st_mode & 0o077 == 0
    assert stack.dead() == ALL
    assert relay("dlq", "export", str(file))[0] == 2
    assert relay("dlq", "export", str(file), "--overwrite", "--reason", "not_processed")[0] == 0
    assert len(file.read_text().splitlines()) == 1


def test_drop_deletes_what_is_selected_and_nothing_else(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    code, out, _ = relay("dlq", "drop", "--reason", "unreadable", "--yes", "--json")
    assert (code, json.loads(out)["dropped"]) == (0, 1)
    assert stack.dead() == sorted(set(ALL) - {"rubbish"})
    code, out, _ = relay("dlq", "drop", "--id", "rejected-1", "--yes", "--json")
    assert (code, json.loads(out)["dropped"]) == (0, 1)
    assert stack.dead() == sorted(set(ALL) - {"rubbish", "rejected-1"})
    assert stack.waiting() == []


@pytest.mark.parametrize(
    "arguments",
    [["--yes"], [], ["--all"], ["--reason", "not_processed"], ["--all", "--dry-run"], ["--all", "--json"]],
)
def test_nothing_is_dropped_by_accident(stack: Stack, relay: Relay, arguments: list[str]) -> None:
    a_mixture(stack)
    code, _, _ = relay("dlq", "drop", *arguments)
    assert code == (0 if "--dry-run" in arguments else 2)
    assert stack.dead() == ALL


# ── interrupted, and run again ─────────────────────────────────────────────────────────────────────────────


class Stumbling:
    """SQS, until it stumbles: the call of this name raises, once, at this point."""

    def __init__(self, sqs: SQSClient, call: str, after: int, error: BaseException | None = None) -> None:
        self._sqs, self._call, self._after = sqs, call, after
        self._error = error or KeyboardInterrupt()

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            self._after -= 1
            if self._after == -1:
                raise self._error
        return getattr(self._sqs, name)


@pytest.mark.parametrize("call", ["send_message_batch", "delete_message_batch"])
@pytest.mark.parametrize("after", [0, 1])
def test_interrupted_replay_loses_nothing_and_the_next_one_ends_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    # Killed in the middle: whatever was to come after the call does not.
    monkeypatch.setattr(replaying, "BLOCK", 10)
    for number in range(30):
        stack.add_dead_letter(f"order-{number:02}")
    broken: Any = Stumbling(stack.sqs, call, after)
    queues = Queues(broken, stack.queue_url, stack.dead_letter_queue_url, "shop")
    with (
        pytest.raises(KeyboardInterrupt),
        dead_letters.reading(stack.sqs, stack.dead_letter_queue_url, 60) as letters,
    ):
        replaying.replay(queues, list(letters.values()), 1e6, replaying.Replay(), letters)
    sent, left = stack.waiting(), stack.dead()
    everything = [f"order-{number:02}" for number in range(30)]
    assert sorted({*sent, *left}) == everything
    # What was sent and not deleted is hidden until its time is over.
    assert main(["replay", "--stack", "shop"]) == (3 if call == "delete_message_batch" else 0)
    again = stack.waiting()
    assert again == left
    # At most the ten that were under way went twice, with the same event_id.
    assert len(sent) + len(again) - 30 in (0, 10)


class HalfTaking:
    """SQS, whose queue takes every second message of a batch, and says so under an HTTP 200."""

    def __init__(self, sqs: SQSClient) -> None:
        self._sqs = sqs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        taken = [entry for entry in Entries if int(entry["Id"]) % 2 == 0]
        if taken:
            self._sqs.send_message_batch(QueueUrl=QueueUrl, Entries=taken)
        return {"Successful": [{"Id": entry["Id"]} for entry in taken]}


def test_replay_never_deletes_a_dead_letter_that_the_queue_did_not_take(stack: Stack) -> None:
    for number in range(10):
        stack.add_dead_letter(f"order-{number}")
    half: Any = HalfTaking(stack.sqs)
    queues = Queues(half, stack.queue_url, stack.dead_letter_queue_url, "shop")
    result = replaying.Replay()
    with dead_letters.reading(stack.sqs, stack.dead_letter_queue_url, 60) as letters:
        replaying.replay(queues, list(letters.values()), 1e6, result, letters)
    sent, left = stack.waiting(), stack.dead()
    assert (result.sent, result.not_sent, result.not_deleted) == (5, 5, 0)
    assert len(left) == 5
    assert sorted(sent + left) == [f"order-{number}" for number in range(10)]


def test_ctrl_c_while_reading_hides_no_dead_letter(stack: Stack) -> None:
    for number in range(30):
        stack.add_dead_letter(f"order-{number:02}")

    def seen(number: int) -> None:
        if number >= 10:
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        dead_letters.reading(stack.sqs, stack.dead_letter_queue_url, HIDDEN_SECONDS, seen),
    ):
        pytest.fail("reading was interrupted before this")
    assert len(stack.dead()) == 30


def test_error_while_reading_hides_no_dead_letter(stack: Stack) -> None:
    for number in range(30):
        stack.add_dead_letter(f"order-{number:02}")
    broken: Any = Stumbling(stack.sqs, "receive_message", 2, RuntimeError("connection lost"))
    with (
        pytest.raises(RuntimeError),
        dead_letters.reading(broken, stack.dead_letter_queue_url, HIDDEN_SECONDS),
    ):
        pytest.fail("reading was interrupted before this")
    assert len(stack.dead()) == 30


def test_rate_is_kept() -> None:
    class Taking:
        def __getattr__(self, _name: str) -> Any:
            return lambda **more: {"Successful": more["Entries"]}

    slept: list[float] = []
    taking: Any = Taking()
    letters = dead_letters.DeadLetters(
        (str(number), dead_letters.DeadLetter(str(number), "h", "b", {}, 0.0)) for number in range(1000)
    )
    result = replaying.Replay()
    replaying.replay(
        Queues(taking, "q", "d", "shop"),
        list(letters.values()),
        50,
        result,
        letters,
        clock=lambda: sum(slept),
        sleep=slept.append,
    )
    assert result.sent == 1000
    assert letters == {}
    # The last hundred are sent when 18 s are over, and none waits after them.
    assert sum(slept) == pytest.approx(18.0)
