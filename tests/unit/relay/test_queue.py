"""The queue: what a message holds, and what is said of those that SQS did not take."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from relay.queue import MOST_BYTES, Message, MessageError, decode, send
from tests.support.events import DESTINATION, NOW, accepted, event


def message(item: str = '{"event":"Purchase"}') -> Message:
    return Message(DESTINATION, NOW, "server", "trace-1", item)


@dataclass
class FakeSqs:
    """Takes messages like SQS, entry by entry; refuses the bodies it is told to, a number of times."""

    refuse: dict[str, int] = field(default_factory=dict)
    break_calls: int = 0
    calls: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        assert QueueUrl == "url"
        assert len(Entries) <= 10
        assert sum(len(each["MessageBody"]) for each in Entries) <= MOST_BYTES
        self.calls.append([each["MessageBody"] for each in Entries])
        if self.break_calls:
            self.break_calls -= 1
            raise EndpointConnectionError(endpoint_url="https://sqs.invalid")
        answer: dict[str, list[dict[str, str]]] = {"Successful": [], "Failed": []}
        for entry in Entries:
            body = entry["MessageBody"]
            if self.refuse.get(body):
                self.refuse[body] -= 1
                answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError"})
            else:
                self.taken.append(body)
                answer["Successful"].append({"Id": entry["Id"]})
        return answer


def test_message_comes_back_as_it_went_in() -> None:
    assert decode(message().encode()) == message()


def test_message_is_ascii_whatever_the_event_holds() -> None:
    item = accepted(event(content_name="Tasse 😀 \u0000 \uffff")).item
    assert message(item).encode().isascii()


@given(st.text())
def test_nothing_but_a_message_is_read_as_one(text: str) -> None:
    with pytest.raises(MessageError):
        decode(text)


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_cut_message_is_seen(cut: int) -> None:
    with pytest.raises(MessageError):
        decode(message().encode()[:-cut])


def test_message_of_another_version_is_seen() -> None:
    with pytest.raises(MessageError, match="version 1"):
        decode(message().encode().replace('"version":1', '"version":2'))


def test_messages_go_in_tens() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", [str(number) for number in range(25)]) == []
    assert [len(call) for call in sqs.calls] == [10, 10, 5]


def test_call_is_cut_by_bytes_too() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", ["x" * 400_000] * 5) == []
    assert [len(call) for call in sqs.calls] == [2, 2, 1]


def test_entry_that_failed_under_an_http_200_is_sent_again_alone() -> None:
    sqs = FakeSqs(refuse={"b": 1})
    assert send(sqs, "url", ["a", "b", "c"]) == []
    assert sqs.calls == [["a", "b", "c"], ["b"]]


def test_entry_that_keeps_failing_is_named() -> None:
    sqs = FakeSqs(refuse={"b": 99})
    assert send(sqs, "url", ["a", "b", "c"]) == [1]
    assert sqs.taken == ["a", "c"]


def test_call_that_breaks_for_good_fails_only_its_own_entries() -> None:
    sqs = FakeSqs(break_calls=3)
    assert send(sqs, "url", [str(number) for number in range(15)]) == list(range(10))
    assert sqs.taken == [str(number) for number in range(10, 15)]
