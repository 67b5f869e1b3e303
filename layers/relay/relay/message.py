"""The queue message: one line of header and one line of item.

A message is one line of header and one line of item. The item is the JSON that TikTok will be sent, to the
letter, so that dispatch joins items and never has to understand one; the header says where it goes and where
it comes from. It is a JSON array, because that reads in half the time of an object and dispatch reads a
header for every event:

    [1,"web","<pixel>","<test code>",1795000000.5,"server","<trace id>",245]
    {"event":"Purchase",…}

that is version, event source, its id, test event code, when received (Unix seconds), kind of sender, trace
id, and the item's length.
"""

import json
from functools import lru_cache
from typing import Final, NamedTuple

from relay.destination import Destination

VERSION: Final[int] = 1

_destination: Final = lru_cache(maxsize=256)(Destination)
"""There are few, and every message has one."""

_LATEST_SECONDS: Final[float] = 1e11
"""A Unix time in seconds beyond this one is no time (or in milliseconds)."""


class MessageError(ValueError):
    """A message that can't be read: cut, of an unknown version, or not ours at all."""


class Message(NamedTuple):
    """One event on its way. `received_at` is in Unix seconds; `source` says which sender it came from."""

    destination: Destination
    received_at: float
    source: str
    trace_id: str
    item: str

    def encode(self) -> str:
        """The message's body, in ASCII: SQS refuses some of the characters that JSON may hold."""
        # The length shows a cut item without parsing it, and a cut item would spoil a whole request.
        head = _head(self.destination, self.received_at, self.source, self.trace_id)
        return f"{head},{len(self.item)}]\n{self.item}"


# The events of one request have all of it in common.
@lru_cache(maxsize=256)
def _head(destination: Destination, received_at: float, source: str, trace_id: str) -> str:
    header = [VERSION, *destination, received_at, source, trace_id]
    return json.dumps(header, separators=(",", ":")).removesuffix("]")


_read_json: Final = json.JSONDecoder().raw_decode
"""Reads the header and stops there, which takes half the time of cutting it out first."""


def decode(body: str) -> Message:
    """The message that `encode` made. Raises MessageError with what is wrong with it."""
    try:
        header, end = _read_json(body)
    except (ValueError, RecursionError):
        raise MessageError("the header is not JSON") from None
    if type(header) is not list or not header or header[0] != VERSION:
        raise MessageError(f"the header is not of version {VERSION}")
    try:
        _, source, source_id, code, received_at, sender, trace_id, length = header
    except ValueError:
        raise MessageError(f"the header has {len(header)} fields") from None
    if not type(source) is type(source_id) is type(code) is type(sender) is type(trace_id) is str:
        raise MessageError("the header holds something that is no text where text is wanted")
    if type(received_at) not in (int, float) or not 0 <= received_at < _LATEST_SECONDS:
        raise MessageError("the header's received_at is no time")
    item = body[end + 1 :]
    if length != len(item) or not body.startswith("\n{", end) or not body.endswith("}"):
        raise MessageError("the item is cut or has been changed")
    if not body.isascii():
        raise MessageError("the message is not ASCII")
    return Message(_destination(source, source_id, code), received_at, sender, trace_id, item)
