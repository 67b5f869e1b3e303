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

import json
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import orjson

from relay.destination import Destination

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


# orjson writes JSON in a fraction of the time of the standard library. It has no ASCII form and no form for
# whole numbers of more than 64 bits, and it writes null for a number that is not finite: these are left to
# the standard library.
_IN_ASCII: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_AS_IT_IS: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False)

Problem = Literal["number_out_of_range", "unreadable_text", "too_deep"]


class NoJsonFormError(ValueError):
    """A value that JSON has no form for. `code` is that of a finding (`relay.findings`)."""

    def __init__(self, code: Problem) -> None:
        super().__init__(code)
        self.code: Problem = code


def to_ascii(value: object, *, finite: bool = False) -> str:
    r"""Write `value` as JSON in ASCII, in one line: SQS rejects some of the characters that JSON may contain.

    `finite` says that its numbers are known to be finite, which saves a look for others. Raises
    NoJsonFormError for one that is not, half of a surrogate pair, and nesting of hundreds of levels.

    >>> to_ascii({"content_name": "Caf\u00e9"})
    '{"content_name":"Caf\\u00e9"}'
    """
    try:
        try:
            raw = orjson.dumps(value)
        except orjson.JSONEncodeError:
            # Raises for half of a surrogate pair, of which the ASCII form would be an escape.
            _AS_IT_IS.encode(value).encode()
        else:
            # Of a number that is not finite orjson makes null.
            if raw.isascii() and (finite or b"null" not in raw):
                return raw.decode("ascii")
        return _IN_ASCII.encode(value)
    except UnicodeEncodeError:
        raise NoJsonFormError("unreadable_text") from None
    except RecursionError:
        raise NoJsonFormError("too_deep") from None
    except ValueError:
        raise NoJsonFormError("number_out_of_range") from None


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
