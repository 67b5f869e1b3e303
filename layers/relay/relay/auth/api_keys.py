"""Server keys and allowed origins: who may send events.

A request that can't be valid (no key, a key that is too short, an origin that is not allowed) is rejected
without reading the secret.
"""

import hmac
from collections.abc import Collection, Sequence
from typing import Final, Literal

from relay.aws.secret_texts import MIN_SECRET_LENGTH
from relay.aws.secrets import Entries, Secret, SecretError
from relay.request_error import RequestError

ENTRY: Final[str] = "server_key"
ENTRY_OF_MORE: Final[str] = "server_keys"
"""The ingest secret's entries. The second is for a list, in which an old and a new key overlap."""


Sender = Literal["server", "browser"]
"""The sender of a request: a server that knows a key, or a browser on a page of an allowed origin."""


def authenticate(
    authorization: str | None, origin: str | None, secret: Secret, allowed_origins: Collection[str]
) -> Sender:
    """Return the sender of a request with these `Authorization` and `Origin` headers.

    A key counts before an origin: a wrong key is rejected wherever it comes from. Browsers write an origin in
    one way (RFC 6454, section 6.2), as `settings` writes the allowed ones. Raises RequestError (401), and
    SecretError where a key can't be checked.
    """
    if authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and is_server_key(key.strip(), secret):
            return "server"
        raise _unauthenticated("The server key is wrong. Send Authorization: Bearer <server key>.")
    if origin is not None:
        if origin in allowed_origins:
            return "browser"
        raise _unauthenticated(
            "Pages of this origin may not send events here (parameter AllowedOrigins), and there is no "
            "server key."
        )
    raise _unauthenticated("There is no server key. Send Authorization: Bearer <server key>.")


def is_server_key(offered: str, secret: Secret) -> bool:
    """Whether `offered` is a server key in force. Raises SecretError where that can't be checked."""
    return is_key(offered, secret, (ENTRY, ENTRY_OF_MORE), required=True)


def is_key(offered: str, secret: Secret, entries: Sequence[str], *, required: bool = False) -> bool:
    """Whether `offered` is a key in force of one of these entries of the secret.

    Before a key is rejected the secret is read again, since the key may be newer than the cached copy. Raises
    SecretError where that can't be checked; with `required` also where there is no key in force.
    """
    if len(offered) < MIN_SECRET_LENGTH:
        return False
    return _matches(offered, _keys(secret.read(), entries)) or _matches(
        offered, _keys(secret.read(again=True), entries, required=required)
    )


def check_usable(secret: Secret) -> None:
    """Raise SecretError where the secret can't be read or holds no server key in force."""
    _keys(secret.read(), (ENTRY, ENTRY_OF_MORE), required=True)


def _keys(held: Entries, entries: Sequence[str], *, required: bool = False) -> Sequence[str]:
    keys = [key for name in entries for key in held.get(name, ()) if key]
    if required and not keys:
        raise SecretError("server_key_missing")
    return keys


def _matches(offered: str, keys: Sequence[str]) -> bool:
    """Compare with every key, in a time that depends neither on which one matches nor on where."""
    given = _encode(offered)
    found = [hmac.compare_digest(given, _encode(key)) for key in keys]
    return any(found)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unauthenticated(detail: str) -> RequestError:
    return RequestError(401, "unauthenticated", detail, headers={"www-authenticate": "Bearer"})
