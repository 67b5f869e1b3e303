"""Dead letters of a queue that SQS does not hand out whole: never a part as the whole, never without end."""

import json
import random
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relay_cli import dead_letters
from relay_cli.doctor import Patient, check_dead_letters
from relay_cli.main import main
from relay_cli.stacks import Stack, Target
from tests.faults.queues import Queue
from tests.support.delivery import record

MAX_CALLS = 2_000
"""Of a reader that does not end."""


class Clock:
    """Unix seconds, which calls let pass."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


class Sqs:
    """SQS with one queue, in whose calls to receive so many seconds pass."""

    def __init__(self, queue: Queue, clock: Clock, seconds_per_call: float = 0.0) -> None:
        self._queue, self._clock, self._seconds = queue, clock, seconds_per_call
        self._calls = 0

    def receive_message(self, *, MaxNumberOfMessages: int, VisibilityTimeout: int, **_: Any) -> Any:  # noqa: N803
        self._calls += 1
        assert self._calls < MAX_CALLS, "reads for ever"
        self._clock.advance(self._seconds)
        return {
            "Messages": [
                {
                    "MessageId": message.message_id,
                    "ReceiptHandle": handle,
                    "Body": message.body,
                    "Attributes": {"SentTimestamp": str(int(message.sent_at * 1000))},
                }
                for handle, message in self._queue.receive(MaxNumberOfMessages, VisibilityTimeout)
            ]
        }

    def get_queue_attributes(self, **_: Any) -> Any:
        in_flight, delayed = self._queue.in_flight, self._queue.delayed
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self._queue) - in_flight - delayed),
                "ApproximateNumberOfMessagesNotVisible": str(in_flight),
                "ApproximateNumberOfMessagesDelayed": str(delayed),
            }
        }

    def change_message_visibility_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        for entry in Entries:
            self._queue.change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {"Successful": Entries}

    def delete_message_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        for entry in Entries:
            self._queue.delete_by_handle(entry["ReceiptHandle"])
        return {"Successful": Entries}

    def send_message_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        return {"Successful": Entries}


@dataclass
class Session:
    """A session with this SQS."""

    sqs: Sqs
    region_name: str = "eu-central-1"

    def client(self, _service: str) -> Sqs:
        return self.sqs


def make_stack(monkeypatch: pytest.MonkeyPatch, sqs: Sqs) -> Stack:
    stack = Stack("shop", "shop in eu-central-1", Session(sqs))
    stack.__dict__["outputs"] = {
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/events",
        "RetryQueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/retries",
        "DeadLetterQueueUrl": "dead-letters",
    }
    monkeypatch.setattr(Target, "open", lambda _: stack)
    return stack


LIMIT = 120
"""Messages in flight: SQS's 120,000, scaled."""


@pytest.fixture
def queue() -> Queue:
    queue = Queue(Clock(), 600, random.Random(1), max_in_flight=LIMIT)  # noqa: S311
    for number in range(500):
        queue.send(str(record(number)["body"]))
    return queue


@pytest.fixture
def stack(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack with more dead letters than SQS allows in flight."""
    return make_stack(monkeypatch, Sqs(queue, Clock()))


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    "arguments",
    [
        ["dlq", "list"],
        ["dlq", "export", "letters.jsonl"],
        ["dlq", "drop", "--all", "--dry-run"],
        ["dlq", "drop", "--all", "--yes"],
        ["replay", "--dry-run"],
        ["replay", "--yes", "--rate", "100000"],
    ],
)
def test_part_of_the_dead_letters_is_reported_as_a_part(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 3
    assert "120 of about 500 messages on the queue were read" in capsys.readouterr().out


@pytest.mark.usefixtures("stack")
def test_number_that_was_not_read_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["dlq", "list"], ["dlq", "drop", "--all", "--dry-run"], ["replay", "--dry-run"]):
        assert main([*arguments, "--json"]) == 3
        assert json.loads(capsys.readouterr().out)["not_read"] == 380


@pytest.mark.usefixtures("stack")
def test_drop_goes_on_when_it_is_run_again(queue: Queue) -> None:
    runs = 0
    while main(["dlq", "drop", "--all", "--yes"]) == 3:
        runs += 1
    assert (runs, len(queue)) == (4, 0)


@pytest.mark.usefixtures("stack")
def test_id_that_was_not_among_those_read_may_be_among_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dlq", "show", "nothing"]) == 1
    assert "No dead letter that was read has the id nothing; 120 of about 500" in capsys.readouterr().err


def test_doctor_counts_those_that_were_not_read(stack: Stack) -> None:
    (finding,) = check_dead_letters(Patient(stack, 0.0))
    assert (finding.code, finding.events) == ("dead_letters", 500)
    assert finding.what.startswith("500 events are dead letters: 120 not_processed; ")
    assert "120 of about 500 messages on the queue were read" in finding.what


def test_dead_letters_that_another_command_reads_are_not_passed_over(
    stack: Stack, queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    with dead_letters.reading(stack.queues().sqs, "dead-letters", 60) as held:
        assert len(held) == LIMIT
        assert main(["dlq", "list"]) == 3
        assert "0 of about 500 messages on the queue were read" in capsys.readouterr().out
        assert "500 events are dead letters (" in next(iter(check_dead_letters(Patient(stack, 0.0)))).what
    assert queue.in_flight == 0


@pytest.mark.parametrize(
    "arguments", [["dlq", "list", "--json"], ["dlq", "drop", "--all", "--dry-run", "--json"]]
)
def test_reading_over_a_slow_connection_ends(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What was read first is visible again before all are read.
    clock = Clock()
    queue = Queue(clock, 600, random.Random(1))  # noqa: S311
    for number in range(1000):
        queue.send(str(record(number)["body"]))
    make_stack(monkeypatch, Sqs(queue, clock, seconds_per_call=2.0))
    code = main(arguments)
    printed = json.loads(capsys.readouterr().out)
    read = printed["events"] if "events" in printed else printed["selected"]
    assert read > 900
    assert (code, printed["not_read"]) == (3 if read < 1000 else 0, 1000 - read)


def test_retries_that_are_delayed_are_said_to_be_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The retry queue of a removed stack, which is deleted once it is empty.
    clock = Clock()
    queue = Queue(clock, 600, random.Random(1))  # noqa: S311
    for number in range(8):
        queue.send(str(record(number)["body"]), delay=300 if number >= 3 else 0)
    make_stack(monkeypatch, Sqs(queue, clock))
    words = ["replay", "--queue-url", "old-retries", "--yes", "--json"]
    assert main(words) == 3
    printed = json.loads(capsys.readouterr().out)
    assert (printed["sent"], printed["not_read"]) == (3, 5)
    assert main(words[:-1]) == 3
    assert capsys.readouterr().out == (
        "0 of about 5 messages on the queue were read: 5 are delayed, for 15 minutes at most\n"
        "No dead letters found in old-retries\n"
    )
    clock.advance(300)
    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["sent"], printed["not_read"], len(queue)) == (5, 0, 0)


@pytest.mark.usefixtures("stack")
def test_delayed_messages_are_counted_beside_those_that_sqs_does_not_hand_out(
    queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        queue.send(str(record(number)["body"]), delay=300)
    assert main(["dlq", "list"]) == 3
    assert capsys.readouterr().out.endswith(
        "120 of about 505 messages on the queue were read: 5 are delayed, for 15 minutes at most; "
        "SQS hands out 120,000 at a time, and none that another command holds\n"
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/1/events", "event queue"),
        ("https://sqs.eu-central-1.amazonaws.com/1/retries", "retry queue"),
        # The address that SQS had before, which still works.
        ("https://eu-central-1.queue.amazonaws.com/1/retries/", "retry queue"),
    ],
)
@pytest.mark.usefixtures("stack")
def test_replay_does_not_take_what_dispatch_reads(
    queue: Queue, capsys: pytest.CaptureFixture[str], url: str, name: str
) -> None:
    assert main(["replay", "--queue-url", url, "--yes"]) == 2
    assert f"--queue-url is this stack's own {name}: dispatch reads it" in capsys.readouterr().err
    assert (len(queue), queue.in_flight) == (500, 0)
