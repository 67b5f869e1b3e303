"""The SQS message format: encode and decode one event on its way from ingest to dispatch.

A message is one line of header and one line of item. The item is the JSON that TikTok will be sent, to the
letter, so that dispatch joins items and never parses one. The header is a JSON array, because that reads in
half the time of an object and dispatch reads a header for every event:

    [1,"web","<pixel>","<test code>",1795000000.5,"server","<trace id>",245]
    {"event":"Purchase",…}

that is version, event source, its id, test event code, time of first receipt (Unix seconds), sender, trace id
and the item's length. Version 2 has two fields more before the length, for a message that is not fresh: the
number of attempts so far, and when it was replayed from the dead-letter queue (Unix seconds, 0 for never):

    [2,"web","<pixel>","<test code>",1795000000.5,"server","<trace id>",3,0,245]

A version is read one release before it is written where an older release may read it. Ingest's fresh messages
are therefore of version 1, which every release reads. Version 2 goes to the retry queue, which no older
release has an event source for, and to the event queue only by `relay replay`.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from relay.destination import Destination
from relay.json_text import to_ascii

FRESH_VERSION: Final[int] = 1
RETRY_VERSION: Final[int] = 2

_VERSIONS: Final = (FRESH_VERSION, RETRY_VERSION)

_NUMBERS: Final = (float, int)

MAX_ATTEMPTS: Final[int] = 1_000_000
"""Larger counts are garbage: 13 days of retries are some 1,700."""

_MAX_TIME: Final[float] = 1e11
"""Larger values are milliseconds or garbage."""


class MessageError(ValueError):
    """A message that can't be decoded: cut, of an unknown version, or not the relay's at all."""


class Message(NamedTuple):
    """One event on its way. Times are in Unix seconds; `attempts` counts earlier attempts at delivery."""

    destination: Destination
    received_at: float
    sender: str
    trace_id: str
    item: str
    attempts: int = 0
    replayed_at: float = 0.0

    def encode(self) -> str:
        """The message's body, in ASCII: SQS rejects some of the characters that JSON may hold."""
        # The length shows a cut item without parsing it, and a cut item would spoil a whole request.
        to, received_at, sender, trace_id, item, attempts, replayed_at = self
        header: tuple[object, ...]
        if attempts or replayed_at:
            header = (RETRY_VERSION, *to, received_at, sender, trace_id, attempts, replayed_at, len(item))
        else:
            header = (FRESH_VERSION, *to, received_at, sender, trace_id, len(item))
        return f"{to_ascii(header, finite=True)}\n{item}"


Fields = tuple[Destination, float, str, str, str, int, float]
"""The fields of a Message, in its order."""


@lru_cache(maxsize=256)
def _destination(source: object, source_id: object, code: object) -> Destination:
    """The destination; there are few, and every message has one. Raises TypeError where one is not text."""
    if not (isinstance(source, str) and isinstance(source_id, str) and isinstance(code, str)):
        raise TypeError
    return Destination(source, source_id, code)


def decode(body: str) -> Message:
    """The message that `encode` made. Raises MessageError, which names what is wrong."""
    return Message(*decode_fields(body))


def decode_fields(body: str) -> Fields:
    """The fields of the message that `encode` made. Raises MessageError, which names what is wrong.

    This is most of what dispatch does without the network. So it checks inline, and gives a plain tuple.
    """
    head, _, item = body.partition("\n")
    try:
        header = orjson.loads(head)
    except ValueError:
        raise MessageError("the header is not JSON") from None
    version = header[0] if type(header) is list and header else None
    if version not in _VERSIONS:
        raise MessageError("the header is not of version 1 or 2")
    try:
        if version == FRESH_VERSION:
            _, source, source_id, code, received_at, sender, trace_id, length = header
            attempts, replayed_at = 0, 0.0
        else:
            _, source, source_id, code, received_at, sender, trace_id, attempts, replayed_at, length = header
        destination = _destination(source, source_id, code)
    except ValueError:
        raise MessageError(f"the header has {len(header)} fields") from None
    except TypeError:
        raise MessageError("a text field of the header is not text") from None
    if version == RETRY_VERSION:
        _check_retry(attempts, replayed_at)
    if not type(sender) is type(trace_id) is str:
        raise MessageError("a text field of the header is not text")
    if type(received_at) not in _NUMBERS or not 0 <= received_at < _MAX_TIME:
        raise MessageError("a time in the header is not a Unix time in seconds")
    if length != len(item) or item[:1] != "{" or item[-1] != "}":
        raise MessageError("the item is cut or has been changed")
    if not body.isascii():
        raise MessageError("the message is not ASCII")
    return destination, received_at, sender, trace_id, item, attempts, replayed_at


def _check_retry(attempts: object, replayed_at: object) -> None:
    if type(replayed_at) not in _NUMBERS or not 0 <= replayed_at < _MAX_TIME:  # type: ignore[operator]
        raise MessageError("a time in the header is not a Unix time in seconds")
    if type(attempts) is not int or not 0 <= attempts < MAX_ATTEMPTS:
        raise MessageError("the header's attempt count is not a number of attempts")
