"""Proof: a request's headers held against the keys in force, which are read again before anybody is
refused."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ingest.dependencies import Runtime
from relay.auth.api_keys import SenderError, server_keys

T = TypeVar("T")


def with_keys(run: Runtime, prove: Callable[[Sequence[str]], T]) -> T:
    """What `prove` makes of the server keys in force. Raises SenderError where it does, with fresh keys
    too."""
    try:
        return prove(server_keys(run.secret.read()))
    except SenderError:
        if not run.secret.may_be_stale():
            raise
        # The key may have been rotated since the secret was read.
        return prove(server_keys(run.secret.read(again=True)))
