"""JSON text: how the relay writes it.

orjson writes it in a fraction of the time of the standard library. It has no ASCII form and no form for whole
numbers of more than 64 bits, and it writes null for a number that is not finite: these are left to the
standard library.
"""

import json
from typing import Final, Literal

import orjson

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


def to_line(value: object) -> str:
    """Write `value` as JSON in one line, for log lines, metrics and responses.

    A whole number of more than 64 bits and half of a surrogate pair, which a sender's field name may hold,
    are written as the standard library writes them; a number that is not finite is null. Raises TypeError for
    what is of none of JSON's types, and ValueError for a number that is not finite beside the two.
    """
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return _IN_ASCII.encode(value)
