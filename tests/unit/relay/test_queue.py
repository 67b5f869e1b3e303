"""The queue: what a message holds, and which messages SQS did not take."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import botocore.validate
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from relay.aws.sqs import MAX_BYTES, change_visibility, delete, send, send_within
from relay.destination import Destination
from relay.message import Message, MessageError, decode
from tests.support.events import DESTINATION, NOW, accepted, event
from tests.support.rows import every_row


def message(item: str = '{"event":"Purchase"}') -> Message:
    return Message(DESTINATION, NOW, "server", "trace-1", item)


@dataclass
class FakeSqs:
    """Takes messages like SQS, entry by entry.

    Rejects the bodies (or receipt handles) in `reject` a number of times; a call that holds one of `breaks`
    or `garbles` raises, as does one of `rejects_call` with that error code.
    """

    reject: dict[str, int] = field(default_factory=dict)
    breaks: set[str] = field(default_factory=set)
    rejects_call: dict[str, str] = field(default_factory=dict)
    garbles: set[str] = field(default_factory=set)
    calls: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)

    def send_message(self, **message: Any) -> Any:
        _validate_call("SendMessage", message)
        assert len(message["MessageBody"]) + _attributes(message) <= MAX_BYTES
        entry = {**message, "Id": "of one"}
        if self._take(entry.pop("QueueUrl"), [entry], "MessageBody", "SendMessage")["Failed"]:
            raise ClientError({"Error": {"Code": "InternalFailure"}}, "SendMessage")
        return {"MessageId": "m"}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        assert len(Entries) > 1
        sizes = [len(entry["MessageBody"]) + _attributes(entry) for entry in Entries]
        assert sum(sizes) <= MAX_BYTES
        _validate("SendMessageBatch", QueueUrl, Entries)
        return self._take(QueueUrl, Entries, "MessageBody", "SendMessageBatch")

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        _validate("ChangeMessageVisibilityBatch", QueueUrl, Entries)
        return self._take(QueueUrl, Entries, "ReceiptHandle", "ChangeMessageVisibilityBatch")

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        _validate("DeleteMessageBatch", QueueUrl, Entries)
        return self._take(QueueUrl, Entries, "ReceiptHandle", "DeleteMessageBatch")

    def _take(self, queue_url: str, entries: list[Any], key: str, operation: str) -> Any:
        assert queue_url == "url"
        assert 1 <= len(entries) <= 10
        assert len({item["Id"] for item in entries}) == len(entries)
        self.calls.append([item[key] for item in entries])
        if self.breaks & {item[key] for item in entries}:
            raise EndpointConnectionError(endpoint_url="https://sqs.invalid")
        if self.garbles & {item[key] for item in entries}:
            raise ResponseParserError("<html>")
        for code in (self.rejects_call.get(item[key]) for item in entries):
            if code is not None:
                raise ClientError({"Error": {"Code": code}}, operation)
        answer: dict[str, list[dict[str, str]]] = {"Successful": [], "Failed": []}
        for entry in entries:
            if self.reject.get(entry[key]):
                self.reject[entry[key]] -= 1
                answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError"})
            else:
                self.taken.append(entry[key])
                self.entries.append(entry)
                answer["Successful"].append({"Id": entry["Id"]})
        return answer


def _validate(operation: str, queue_url: str, entries: list[Any]) -> None:
    _validate_call(operation, {"QueueUrl": queue_url, "Entries": entries})


def _validate_call(operation: str, parameters: dict[str, Any]) -> None:
    """The SDK's own check of a call's parameters, which the relay's client of SQS does not make."""
    shape = _sqs().operation_model(operation).input_shape
    assert shape is not None
    botocore.validate.validate_parameters(parameters, shape)


@cache
def _sqs() -> ServiceModel:
    return botocore.session.get_session().get_service_model("sqs")


def _attributes(entry: Any) -> int:
    found = entry.get("MessageAttributes", {})
    return sum(len(name) + 6 + len(item["StringValue"].encode()) for name, item in found.items())


def test_message_comes_back_as_it_went_in() -> None:
    assert decode(message().encode()) == message()


def test_fresh_message_is_of_version_1_which_every_release_reads() -> None:
    assert json.loads(message().encode().partition("\n")[0])[0] == 1


@pytest.mark.parametrize(("attempts", "replayed_at"), [(1, 0.0), (1700, 0.0), (0, NOW), (3, NOW)])
def test_message_of_a_retry_carries_attempts_and_first_receipt(attempts: int, replayed_at: float) -> None:
    made = message()._replace(attempts=attempts, replayed_at=replayed_at)
    assert json.loads(made.encode().partition("\n")[0])[0] == 2
    assert decode(made.encode()) == made
    assert decode(made.encode()).received_at == message().received_at


def test_message_is_ascii_whatever_the_event_holds() -> None:
    item = accepted(event(content_name="Tasse 😀 \u0000 \uffff")).item
    assert message(item).encode().isascii()


@given(st.text())
def test_nothing_but_a_message_is_read_as_one(text: str) -> None:
    with pytest.raises(MessageError):
        decode(text)


@pytest.mark.parametrize("text", ["[" * 5000, '[1,"\ud800"]\n{}', '[1,"\\ud800"]\n{}', "[1],[1]\n{}", "\n{}"])
def test_header_that_no_parser_reads_is_not_json(text: str) -> None:
    with pytest.raises(MessageError, match="not JSON"):
        decode(text)


@every_row("cut", range(1, 200, 7))
def test_cut_message_is_seen(cut: int) -> None:
    with pytest.raises(MessageError):
        decode(message().encode()[:-cut])


HEADER = [1, "web", "P", "", 1.5, "server", "t", 2]
RETRY = [2, "web", "P", "", 1.5, "server", "t", 7, 0, 2]


def body(header: object, item: str = "{}") -> str:
    return json.dumps(header) + "\n" + item


def test_header_that_is_right_is_read() -> None:
    assert decode(body(HEADER)).destination == Destination("web", "P")


def test_header_of_a_retry_is_read() -> None:
    assert decode(body(RETRY)).attempts == 7


@every_row(
    ("header", "item", "words"),
    [
        ([*RETRY[:7], "7", 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], 7.5, 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], True, 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], None, 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], -1, 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], 10**30, 0, 2], "{}", "attempt count"),
        ([*RETRY[:7], 10**400, 0, 2], "{}", "not JSON"),
        ([*RETRY[:8], "yesterday", 2], "{}", "not a Unix time"),
        ([*RETRY[:8], -1, 2], "{}", "not a Unix time"),
        ([2, *HEADER[1:]], "{}", "8 fields"),
        ([1, *RETRY[1:]], "{}", "10 fields"),
        (RETRY, "{} ", "cut"),
        ([3, *HEADER[1:]], "{}", "version 1 or 2"),
        ([], "{}", "version 1 or 2"),
        ({"version": 1}, "{}", "version 1"),
        (HEADER[:-1], "{}", "7 fields"),
        ([*HEADER, 1], "{}", "9 fields"),
        ([1, 5, *HEADER[2:]], "{}", "not text"),
        ([1, ["web"], *HEADER[2:]], "{}", "not text"),
        ([*HEADER[:4], "1.5", *HEADER[5:]], "{}", "not a Unix time"),
        ([*HEADER[:4], True, *HEADER[5:]], "{}", "not a Unix time"),
        ([*HEADER[:4], float("nan"), *HEADER[5:]], "{}", "not JSON"),
        ([*HEADER[:4], -1, *HEADER[5:]], "{}", "not a Unix time"),
        ([*HEADER[:4], 1e300, *HEADER[5:]], "{}", "not a Unix time"),
        (HEADER, "{} ", "cut"),
        (HEADER, "[]", "cut"),
        (HEADER, "", "cut"),
        ([*HEADER[:7], 5], '{"\u00e9"}', "ASCII"),
    ],
)
def test_message_that_is_not_ours_says_what_is_wrong(header: object, item: str, words: str) -> None:
    with pytest.raises(MessageError, match=words):
        decode(body(header, item))


@pytest.mark.parametrize("number", [1, 10, 11, 25, 1000])
def test_messages_go_in_tens(number: int) -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", [str(entry) for entry in range(number)]) == []
    assert len(sqs.calls) == -(-number // 10)
    assert sorted(sqs.taken) == sorted(str(entry) for entry in range(number))


def test_call_is_cut_by_bytes_too() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", ["x" * 400_000] * 5) == []
    assert sorted(len(call) for call in sqs.calls) == [1, 2, 2]


def test_attributes_count_towards_the_bytes_and_go_as_text() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", ["x" * 500_000] * 2, [{"why": "\u20ac" * 20_000}] * 2) == []
    assert [len(call) for call in sqs.calls] == [1, 1]
    assert sqs.entries[0]["MessageAttributes"]["why"]["DataType"] == "String"


def test_entry_that_failed_under_an_http_200_is_sent_again_alone() -> None:
    sqs = FakeSqs(reject={"b": 1})
    assert send(sqs, "url", ["a", "b", "c"]) == []
    assert sqs.calls == [["a", "b", "c"], ["b"]]


def test_entry_that_keeps_failing_is_named() -> None:
    sqs = FakeSqs(reject={"b": 99})
    assert send(sqs, "url", ["a", "b", "c"]) == [1]
    assert sqs.taken == ["a", "c"]


def test_call_that_breaks_for_good_fails_only_its_own_entries() -> None:
    sqs = FakeSqs(breaks={"3"})
    assert send(sqs, "url", [str(number) for number in range(25)]) == list(range(10))
    assert sorted(sqs.taken) == sorted(str(number) for number in range(10, 25))


def test_nothing_is_sent_once_there_is_no_time() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", ["a", "b"], has_time=lambda: False) == [0, 1]
    assert change_visibility(sqs, "url", [("h", 1)], has_time=lambda: False) == [0]
    assert sqs.calls == []


def test_messages_are_delayed_each_by_its_own_time_in_its_own_group() -> None:
    sqs = FakeSqs()
    delays = [0, 5, 900, 901, 99_999, -3]
    groups = [f"web/P{number}" for number in range(6)]
    assert send(sqs, "url", list("abcdef"), delays=delays, groups=groups) == []
    assert [entry["DelaySeconds"] for entry in sqs.entries] == [0, 5, 900, 900, 900, 0]
    assert [entry["MessageGroupId"] for entry in sqs.entries] == groups


def test_message_without_delay_and_group_has_neither_member() -> None:
    sqs = FakeSqs()
    send(sqs, "url", ["a"])
    send(sqs, "url", ["b", "c"])
    assert [set(entry) for entry in sqs.entries] == [{"Id", "MessageBody"}] * 3


def test_single_message_goes_by_send_message_with_the_members_of_an_entry() -> None:
    sqs = FakeSqs()
    assert send(sqs, "url", ["a"], [{"why": "x"}], delays=[901], groups=["web/P"]) == []
    assert sqs.entries == [
        {
            "Id": "of one",
            "MessageBody": "a",
            "MessageAttributes": {"why": {"DataType": "String", "StringValue": "x"}},
            "DelaySeconds": 900,
            "MessageGroupId": "web/P",
        }
    ]


@pytest.mark.parametrize(("failures", "failed", "calls"), [(0, [], 1), (2, [], 3), (99, [0], 3)])
def test_single_message_that_sqs_fails_on_is_sent_again(failures: int, failed: list[int], calls: int) -> None:
    sqs = FakeSqs(reject={"a": failures})
    assert send(sqs, "url", ["a"]) == failed
    assert len(sqs.calls) == calls


def test_single_message_without_a_response_is_named() -> None:
    assert send(FakeSqs(breaks={"a"}), "url", ["a"]) == [0]
    assert send(FakeSqs(garbles={"a"}), "url", ["a"]) == [0]
    assert send(FakeSqs(rejects_call={"a": "InvalidMessageContents"}), "url", ["a"]) == [0]


@pytest.mark.parametrize("code", ["InvalidParameterValue", "InvalidMessageContents"])
def test_entry_for_which_sqs_rejects_the_whole_call_takes_no_other_with_it(code: str) -> None:
    sqs = FakeSqs(rejects_call={"3": code})
    assert send(sqs, "url", [str(number) for number in range(10)]) == [3]
    assert sorted(sqs.taken) == [str(number) for number in range(10) if number != 3]


def test_call_that_is_denied_is_not_split() -> None:
    sqs = FakeSqs(rejects_call={"3": "AccessDenied"})
    assert send(sqs, "url", [str(number) for number in range(10)]) == list(range(10))
    assert {len(call) for call in sqs.calls} == {10}


def test_response_that_the_sdk_cannot_parse_fails_its_entries() -> None:
    sqs = FakeSqs(garbles={"b"})
    assert send(sqs, "url", ["a", "b"]) == [0, 1]


def test_visibility_is_changed_in_tens_each_to_its_own_time() -> None:
    sqs = FakeSqs()
    assert change_visibility(sqs, "url", [(f"h{number}", number) for number in range(25)]) == []
    assert sorted(len(call) for call in sqs.calls) == [5, 10, 10]
    waits = {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in sqs.entries}
    assert waits == {f"h{number}": number for number in range(25)}


def test_visibility_keeps_to_what_sqs_allows() -> None:
    sqs = FakeSqs()
    assert change_visibility(sqs, "url", [("a", -5), ("b", 99_999_999)]) == []
    assert [entry["VisibilityTimeout"] for entry in sqs.entries] == [0, 43_200]


def test_message_whose_visibility_stays_is_named_and_not_tried_again() -> None:
    sqs = FakeSqs(reject={"b": 1})
    assert change_visibility(sqs, "url", [("a", 1), ("b", 1), ("c", 1)]) == [1]
    assert len(sqs.calls) == 1


def test_messages_are_deleted_in_tens_and_what_fails_is_tried_again() -> None:
    sqs = FakeSqs(reject={"h3": 1, "h17": 99})
    assert delete(sqs, "url", [f"h{number}" for number in range(25)]) == [17]
    assert len(sqs.taken) == 24


def test_no_call_begins_after_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ingest answers 503 before its own time is over: what SQS fails on again and again is not sent any more.
    clock = iter([100.0, 101.0, 106.0])
    monkeypatch.setattr("relay.aws.sqs.time.monotonic", lambda: next(clock))
    sqs = FakeSqs(reject={"a": 9})
    assert send_within(5.5, sqs, "url", ["a"]) == [0]
    assert len(sqs.calls) == 1


def test_a_send_in_time_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.aws.sqs.time.monotonic", lambda: 100.0)
    sqs = FakeSqs(reject={"a": 1})
    assert send_within(5.5, sqs, "url", ["a"]) == []
    assert len(sqs.calls) == 2


@pytest.mark.parametrize("number", [1, 2])
def test_an_http_200_that_is_no_answer_of_sqs_took_nothing(number: int) -> None:
    # botocore.parsers: a body that is no JSON becomes a response with a message.
    class Proxy(FakeSqs):
        def send_message(self, **message: Any) -> Any:
            self.calls.append([message["MessageBody"]])
            return {"message": "<html>"}

        def send_message_batch(self, **call: Any) -> Any:
            self.calls.append([entry["MessageBody"] for entry in call["Entries"]])
            return {"message": "<html>"}

    sqs = Proxy()
    assert send(sqs, "url", ["a", "b"][:number]) == list(range(number))
    assert len(sqs.calls) == 3
