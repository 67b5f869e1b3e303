"""Senders: who may send events, and how a request proves it."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from relay.aws.secrets import SecretError


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request: a server that knows a key, or a browser on a page of an allowed origin."""

    kind: Literal["server", "browser"]


class SenderError(Exception):
    """A request that did not prove who sent it. The text is for the sender and names no secret."""


def prove(
    authorization: str | None, origin: str | None, keys: Sequence[str], origins: Sequence[str]
) -> Sender:
    """The sender of a request with these `Authorization` and `Origin` headers.

    A key counts before an origin: who sends a wrong key is refused wherever it comes from. Raises
    SenderError.
    """
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and is_key(key.strip(), keys):
            return Sender("server")
        raise SenderError("The server key is wrong. Send Authorization: Bearer <server key>.")
    if origin is not None:
        if allowed(origin, origins):
            return Sender("browser")
        raise SenderError("Pages of this origin may not send events here, and there is no server key.")
    raise SenderError("There is no server key. Send Authorization: Bearer <server key>.")


def is_key(given: str, keys: Sequence[str]) -> bool:
    """Whether `given` is one of `keys`, in a time that does not tell how much of it was right, or which."""
    offered = given.encode()
    matches = [hmac.compare_digest(offered, key.encode()) for key in keys if key]
    return any(matches)


def allowed(origin: str, origins: Sequence[str]) -> bool:
    """Whether a browser's `Origin` is on the allow-list: scheme, host and port, compared as browsers write
    them."""
    return origin.lower().rstrip("/") in origins


def server_keys(secret: dict[str, object]) -> tuple[str, ...]:
    """The server keys in force: `server_key`, and those in the list `server_keys`, so that old and new
    overlap.

    Raises SecretError where there is none.
    """
    listed = secret.get("server_keys", [])
    found = [secret.get("server_key"), *(listed if isinstance(listed, list) else [])]
    keys = tuple(key for key in found if isinstance(key, str) and key)
    if not keys:
        raise SecretError("the ingest secret holds no server_key")
    return keys
