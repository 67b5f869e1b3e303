"""Calls of the visit table: which failures are tried a second time, and what is raised."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)

from relay.aws.dynamodb import Table, TableError

URL = "https://dynamodb.eu-central-1.amazonaws.com"


def client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutItem",
    )


class FakeClient:
    """A client whose calls fail with `failures`, one after the other, and then succeed."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def put_item(self, **_request: Any) -> dict[str, Any]:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return {}


PASSING = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    client_error("InternalServerError", 500),
    client_error("ServiceUnavailable", 503),
]


@pytest.mark.parametrize("failure", PASSING, ids=lambda failure: type(failure).__name__)
def test_call_that_failed_on_its_way_or_in_dynamodb_is_made_once_more(failure: Exception) -> None:
    client = FakeClient(failure)
    Table(lambda: client, "visits").put("a", {"x": 1})
    assert client.calls == 2


@pytest.mark.parametrize("failure", PASSING, ids=lambda failure: type(failure).__name__)
def test_call_that_fails_twice_is_not_made_again(failure: Exception) -> None:
    client = FakeClient(failure, failure)
    with pytest.raises(TableError):
        Table(lambda: client, "visits").put("a", {"x": 1})
    assert client.calls == 2


def test_one_call_in_five_seconds_is_made_again_so_that_delays_do_not_add_up() -> None:
    slow, now = ReadTimeoutError(endpoint_url=URL), 100.0
    client = FakeClient(slow)
    table = Table(lambda: client, "visits", lambda: now)
    table.put("a", {"x": 1})
    assert client.calls == 2
    # Every second call of a bad network may be answered at once.
    table.put("b", {"x": 1})
    client.failures, now = [slow], 104.0
    with pytest.raises(TableError):
        table.put("c", {"x": 1})
    assert client.calls == 4
    client.failures, now = [slow], 105.0
    table.put("d", {"x": 1})
    assert client.calls == 6


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (client_error("AccessDeniedException", 400), "AccessDeniedException"),
        (client_error("ThrottlingException", 400), "ThrottlingException"),
        (NoCredentialsError(), "NoCredentialsError"),
    ],
)
def test_call_that_dynamodb_rejects_is_not_made_again(failure: Exception, text: str) -> None:
    client = FakeClient(failure)
    with pytest.raises(TableError, match=text):
        Table(lambda: client, "visits").put("a", {"x": 1})
    assert client.calls == 1


def test_condition_that_does_not_hold_is_an_answer() -> None:
    client = FakeClient(client_error("ConditionalCheckFailedException", 400))
    assert not Table(lambda: client, "visits").put_unless_other("a", {"visit": "v"}, "visit")
    assert client.calls == 1


def test_client_is_made_once_with_the_first_call() -> None:
    made: list[FakeClient] = []

    def make_client() -> FakeClient:
        made.append(FakeClient(ReadTimeoutError(endpoint_url=URL)))
        return made[-1]

    table = Table(make_client, "visits")
    assert not made
    table.put("a", {"x": 1})
    table.put("b", {"x": 1})
    assert len(made) == 1
