"""`relay dlq` and `relay replay`, from their command line, on a stack that moto plays."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_sqs import SQSClient

from relay import message
from relay.aws import sqs
from relay.delivery.dead_letters import Reason, parked
from relay.delivery.outcomes import Record, Verdict
from relay.destination import Destination
from relay.message import Message, decode
from relay.tiktok.responses import Answer
from relay_cli import dead_letters, replay
from relay_cli.main import COMMANDS, main
from relay_cli.stack_queues import Queues
from tests.support.events import DESTINATION, PIXEL

pytestmark = pytest.mark.integration

HOUR = 3600
REFUSED = Answer("payload", 200, 40002, "Batch.0.event_id: Not a valid string", "request-1")


class CloudFormation:
    """An account with one stack, named shop. (moto's own wants packages that nothing else here needs.)"""

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
    """A stack's two queues, and what the command line said."""

    sqs: SQSClient
    queue_url: str
    dead_letter_queue_url: str

    def park(
        self,
        event_id: str,
        *,
        reason: Reason = "rejected",
        answer: Answer | None = REFUSED,
        hours: float = 1,
        destination: Destination = DESTINATION,
        body: str | None = None,
    ) -> None:
        """Puts an event on the dead-letter queue, as dispatch does."""
        now = time.time()
        item = json.dumps({"event": "Purchase", "event_id": event_id})
        message = Message(destination, now - hours * HOUR, "server", "trace", item)
        attributes = {"ApproximateReceiveCount": "3", "SentTimestamp": str(int((now - hours * HOUR) * 1000))}
        record = Record("m", body or message.encode(), "h", attributes)
        verdict = Verdict(record, "rejected", answer, None if body else message, "cut" if body else "")
        made = parked(verdict, reason, now)
        assert sqs.send(self.sqs, self.dead_letter_queue_url, [made.body], [made.attributes]) == []

    def waiting(self) -> list[str]:
        """Takes everything off the queue: event ids, or the body of what is no message."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            found += [_event_id(each["Body"]) for each in messages]
        return sorted(found)

    def dead(self) -> list[str]:
        """Looks at the dead-letter queue as the next one would."""
        letters = dead_letters.read_all(self.sqs, self.dead_letter_queue_url, 60)
        dead_letters.release(self.sqs, self.dead_letter_queue_url, letters)
        return sorted(_event_id(letter.body) for letter in letters)


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
    account = Account(aws, {"QueueUrl": made.queue_url, "DeadLetterQueueUrl": made.dead_letter_queue_url})
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    monkeypatch.setattr(boto3, "Session", lambda **_: account)
    return made


Relay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def relay(capsys: pytest.CaptureFixture[str]) -> Relay:
    """Runs a command line; gives exit code, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--stack", "shop"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def a_mixture(stack: Stack) -> None:
    stack.park("refused-1", hours=1)
    stack.park("refused-2", hours=50)
    stack.park("other-code", answer=Answer("payload", 200, 40062, "PII", "r"))
    stack.park("other-pixel", destination=Destination("offline", "SET", "T1"))
    stack.park("expired", reason="expiring", answer=Answer("transient", 502), hours=13 * 24)
    stack.park("cut", reason="unreadable", answer=None, body="rubbish")
    stack.sqs.send_message(QueueUrl=stack.dead_letter_queue_url, MessageBody="from the net")


ALL = ["expired", "from the net", "other-code", "other-pixel", "refused-1", "refused-2", "rubbish"]


def test_list_groups_by_reason_code_and_destination_and_takes_nothing_away(
    stack: Stack, relay: Relay
) -> None:
    a_mixture(stack)
    code, out, _ = relay("dlq", "list", "--json")
    listed = json.loads(out)
    assert (code, listed["events"]) == (0, 7)
    groups = {(each["reason"], each["tiktok_code"], each["destination"]): each for each in listed["groups"]}
    refused = groups["rejected", "40002", f"web/{PIXEL}"]
    assert (refused["events"], refused["older_than_48_hours"]) == (2, 1)
    assert groups.keys() >= {
        ("net", "", ""),
        ("unreadable", "", ""),
        ("expiring", "", f"web/{PIXEL}"),
        ("rejected", "40002", "offline/SET/T1"),
    }
    assert stack.dead() == ALL


def test_list_is_a_table_for_people(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    _, out, _ = relay("dlq", "list")
    assert "7 on the dead-letter queue of shop in us-east-1" in out
    assert "Batch.0.event_id: Not a valid string" in out
    _, out, _ = relay("dlq", "list", "--each", "--reason", "rejected")
    assert "Purchase refused-1" in out
    assert "expired" not in out


@pytest.mark.parametrize("wanted", ["refused-1", ""])
def test_show_tells_everything_about_one(stack: Stack, relay: Relay, wanted: str) -> None:
    stack.park("refused-1")
    (letter,) = dead_letters.read_all(stack.sqs, stack.dead_letter_queue_url, 60)
    dead_letters.release(stack.sqs, stack.dead_letter_queue_url, [letter])
    code, out, _ = relay("dlq", "show", wanted or letter.message_id[:8], "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["item"] == {"event": "Purchase", "event_id": "refused-1"}
    assert shown["attributes"]["tiktok_request_id"] == "request-1"
    assert stack.dead() == ["refused-1"]
    _, out, _ = relay("dlq", "show", "refused-1")
    assert "40002" in out
    assert '"event_id": "refused-1"' in out


def test_show_of_what_is_not_there_says_so(stack: Stack, relay: Relay) -> None:
    stack.park("refused-1")
    code, _, errors = relay("dlq", "show", "nothing")
    assert code == 1
    assert "no letter has the id nothing" in errors


def test_replay_sends_all_again_as_they_were(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    code, out, _ = relay("replay", "--yes", "--json")
    said = json.loads(out)
    assert (code, said["sent"], said["not_sent"], said["interrupted"]) == (0, 7, 0, False)
    assert stack.waiting() == ALL
    assert stack.dead() == []


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        (["--code", "40062"], ["other-code"]),
        (["--code", "40062", "--code", "40002"], ["other-code", "other-pixel", "refused-1", "refused-2"]),
        (["--reason", "expiring"], ["expired"]),
        (["--reason", "net"], ["from the net"]),
        (["--reason", "unreadable", "--reason", "net"], ["from the net", "rubbish"]),
        (["--destination", "SET"], ["other-pixel"]),
        (["--destination", "offline/SET"], ["other-pixel"]),
        (["--destination", "offline/SET/T1"], ["other-pixel"]),
        (["--destination", "web/SET"], []),
        (["--older-than", "2d"], ["expired", "refused-2"]),
        (["--older-than", "2d", "--newer-than", "3d"], ["refused-2"]),
        (["--newer-than", "90m", "--code", "40002"], ["other-pixel", "refused-1"]),
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


def test_dry_run_sends_nothing(stack: Stack, relay: Relay) -> None:
    a_mixture(stack)
    code, out, _ = relay("replay", "--dry-run")
    assert code == 0
    assert "7 would be sent again; 2 are older than 48 hours" in out
    assert "unreadable" in out
    assert stack.waiting() == []
    assert stack.dead() == ALL


def test_events_older_than_48_hours_need_a_yes(stack: Stack, relay: Relay) -> None:
    stack.park("old", hours=50)
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
        "nothing of that kind lies on the dead-letter queue of shop in us-east-1\n",
    )
    assert relay("dlq", "list")[0] == 0


def test_many_are_read_and_sent(stack: Stack, relay: Relay) -> None:
    for number in range(130):
        stack.park(f"order-{number}")
    code, out, _ = relay("replay", "--json", "--rate", "100000")
    assert (code, json.loads(out)["sent"]) == (0, 130)
    assert len(stack.waiting()) == 130


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--older-than", "soon"], ["--reason", "bad"]])
def test_wrong_option_is_told(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["replay", *arguments])
    assert stopped.value.code == 2


@pytest.mark.usefixtures("stack")
def test_stack_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--stack", "none"]) == 1
    assert "there is no stack none in us-east-1" in capsys.readouterr().err


def test_each_command_has_a_module_and_a_help() -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stopped:
            main([name, "--help"])
        assert stopped.value.code == 0


# ── interrupted, and run again ─────────────────────────────────────────────────────────────────────────────


class Stumbling:
    """SQS, until it stumbles: the call of this name raises, once, at this point."""

    def __init__(self, sqs: SQSClient, call: str, after: int) -> None:
        self._sqs, self._call, self._after = sqs, call, after

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            self._after -= 1
            if self._after == -1:
                raise KeyboardInterrupt
        return getattr(self._sqs, name)


@pytest.mark.parametrize("call", ["send_message_batch", "delete_message_batch"])
@pytest.mark.parametrize("after", [0, 1])
def test_interrupted_replay_loses_nothing_and_the_next_one_ends_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    # Killed in the middle: whatever was to come after the call does not.
    monkeypatch.setattr(replay, "AT_ONCE", 10)
    for number in range(30):
        stack.park(f"order-{number:02}")
    letters = dead_letters.read_all(stack.sqs, stack.dead_letter_queue_url, 60)
    broken: Any = Stumbling(stack.sqs, call, after)
    with pytest.raises(KeyboardInterrupt):
        replay.send_again(
            Queues(broken, stack.queue_url, stack.dead_letter_queue_url, "shop"),
            letters,
            1e6,
            replay.Replay(),
            set(),
        )
    dead_letters.release(stack.sqs, stack.dead_letter_queue_url, letters)
    sent, left = stack.waiting(), stack.dead()
    everything = [f"order-{number:02}" for number in range(30)]
    assert sorted({*sent, *left}) == everything
    assert main(["replay", "--stack", "shop"]) == 0
    again = stack.waiting()
    assert again == left
    # At most the ten that were under way went twice, with the same event_id.
    assert len(sent) + len(again) - 30 in (0, 10)


def test_rate_is_kept() -> None:
    class Taking:
        def __getattr__(self, _name: str) -> Any:
            return lambda **more: {"Successful": more["Entries"]}

    slept: list[float] = []
    taking: Any = Taking()
    letters = [dead_letters.DeadLetter(str(number), "h", "b", {}, 0.0) for number in range(1000)]
    result = replay.Replay()
    replay.send_again(
        Queues(taking, "q", "d", "shop"),
        letters,
        50,
        result,
        set(),
        clock=lambda: sum(slept),
        sleep=slept.append,
    )
    assert result.sent == 1000
    assert sum(slept) == pytest.approx(
        18.0
    )  # the last hundred are sent when 18 s are over, and none waits after
