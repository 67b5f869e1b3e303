"""A DynamoDB table with one key, `k`, and items of texts, numbers and flags."""

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

Item = dict[str, str | int | bool]

KEY: Final[str] = "k"
EXPIRY: Final[str] = "expires_at"
"""Attribute with the time to live, in Unix seconds; the template names it too."""

REPEAT_SECONDS: Final[float] = 5.0
"""One call in so many seconds is made again: the delays of a slow table must not add up in a request."""

_REJECTED: Final[str] = "ConditionalCheckFailedException"


class TableError(Exception):
    """A call that failed or took too long. The text is the kind of the error, never an item."""


class Table:
    """The calls that the relay makes. `make_client` is called once, before the first call; `clock` gives
    seconds."""

    def __init__(
        self, make_client: Callable[[], Any], name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make_client = make_client
        self._client: Any = None
        self._name = name
        self._clock = clock
        self._may_repeat_at = float("-inf")

    def get(self, keys: Sequence[str]) -> dict[str, Item]:
        """Return the items that exist, by key: up to 100, in one consistent read. Raises TableError."""
        unique_keys = [{KEY: {"S": key}} for key in dict.fromkeys(keys)]
        if not unique_keys:
            return {}
        request = {self._name: {"Keys": unique_keys, "ConsistentRead": True}}
        found = self._call("batch_get_item", RequestItems=request)
        if found.get("UnprocessedKeys"):
            raise TableError("UnprocessedKeys")
        items = [_decode(item) for item in found["Responses"].get(self._name, [])]
        return {str(item.pop(KEY)): item for item in items}

    def put(self, key: str, item: Item) -> None:
        """Write an item in place of another. Raises TableError."""
        self._call("put_item", TableName=self._name, Item=_encode({KEY: key, **item}))

    def put_unless_other(self, key: str, item: Item, field: str) -> bool:
        """Write an item unless one exists with another value of `field`. Returns whether it was written.

        Raises TableError.
        """
        return self._conditional(
            "put_item",
            Item=_encode({KEY: key, **item}),
            ConditionExpression="attribute_not_exists(#k) OR #f = :f",
            ExpressionAttributeNames={"#k": KEY, "#f": field},
            ExpressionAttributeValues={":f": _encode_value(item[field])},
        )

    def merge(self, key: str, item: Item, counter: str, limit: int, unless: tuple[str, str]) -> bool:
        """Set attributes of an item and count the write in `counter`; make the item where there is none.

        Nothing is written after `limit` writes, nor where the attribute `unless[0]` has the value
        `unless[1]`. Returns whether it was written. Raises TableError.
        """
        names = {f"#n{index}": name for index, name in enumerate(item)}
        values = {f":v{index}": _encode_value(value) for index, value in enumerate(item.values())}
        assignments = ", ".join(f"#n{index} = :v{index}" for index in range(len(item)))
        return self._conditional(
            "update_item",
            Key={KEY: {"S": key}},
            UpdateExpression=f"SET {assignments} ADD #counter :one",
            ConditionExpression=(
                "attribute_not_exists(#k) OR ((attribute_not_exists(#counter) OR #counter < :limit) "
                "AND #unless <> :unless)"
            ),
            ExpressionAttributeNames=names | {"#k": KEY, "#counter": counter, "#unless": unless[0]},
            ExpressionAttributeValues=values
            | {":one": {"N": "1"}, ":limit": {"N": str(limit)}, ":unless": {"S": unless[1]}},
        )

    def _conditional(self, operation: str, **request: Any) -> bool:
        try:
            self._call(operation, TableName=self._name, **request)
        except TableError as error:
            if str(error) == _REJECTED:
                return False
            raise
        return True

    def _call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        # Imported late: this module is also used where there is no AWS SDK.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = self._make_client()
            call: Callable[..., Mapping[str, Any]] = getattr(self._client, operation)
            try:
                return call(**request)
            except (BotoCoreError, ClientError) as error:
                now = self._clock()
                if now < self._may_repeat_at or not _is_transient(error):
                    raise
                self._may_repeat_at = now + REPEAT_SECONDS
                return call(**request)
        except ClientError as error:
            raise TableError(str(error.response["Error"]["Code"])) from error
        except BotoCoreError as error:
            raise TableError(type(error).__name__) from error


def _is_transient(error: Exception) -> bool:
    """Whether the same call may succeed at once: there was no response, or DynamoDB failed (HTTP 5xx).

    The first call after a while may go over a connection that was closed, or be answered late. A call that is
    made twice does no harm: the items are the same, and `merge` counts one write more. DynamoDB developer
    guide, "Error messages and codes".
    """
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

    if isinstance(error, ClientError):
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"]) >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, ConnectionError | HTTPClientError)


def _encode(item: Item) -> dict[str, dict[str, Any]]:
    return {name: _encode_value(value) for name, value in item.items()}


def _encode_value(value: str | int | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _decode(item: Mapping[str, Mapping[str, Any]]) -> Item:
    decoded: Item = {}
    for name, typed in item.items():
        ((kind, value),) = typed.items()
        decoded[name] = int(value) if kind == "N" else value
    return decoded
