"""Secrets: what the two secrets hold, read from Secrets Manager, kept for minutes, read again when
refused."""

import json
from collections.abc import Callable, Collection
from threading import Lock
from typing import Any, Final, Protocol

from relay import telemetry

KEPT_SECONDS: Final[int] = 300
"""How long a secret is believed: a rotated one is in force everywhere within five minutes, for one call in
that time."""

FRESH_SECONDS: Final[int] = 10
"""How long a copy is too fresh to be read again for a wrong key."""


class SecretError(Exception):
    """A secret that can't be read or does not hold what it should. Never says what it holds."""


class Secret:
    """One secret, a JSON object. `fetch` reads it anew from wherever it lies, or raises SecretError; `clock`
    counts seconds."""

    def __init__(self, fetch: Callable[[], str], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: dict[str, object] | None = None
        self._read_at = self._renew_at = float("-inf")

    def may_be_stale(self) -> bool:
        """Whether it was read long enough ago to be worth reading again because somebody was refused.

        Without this floor, whoever guesses keys would make us read the secret for each guess.
        """
        return self._clock() >= self._read_at + FRESH_SECONDS

    def read(self, *, again: bool = False) -> dict[str, object]:
        """What it holds; `again` reads it anew however fresh the copy is. Raises SecretError.

        A copy that has grown old stays in force while it can't be read anew: no event is lost over that.
        """
        if again or self._held is None:
            return self._renewed()
        if self._clock() >= self._renew_at:
            try:
                return self._renewed()
            except SecretError as error:
                telemetry.unexpected("secret_not_renewed", error)
                self._renew_at = self._clock() + FRESH_SECONDS
        return self._held

    def _renewed(self) -> dict[str, object]:
        self._held = _object(self._fetch())
        self._read_at = self._clock()
        self._renew_at = self._read_at + KEPT_SECONDS
        return self._held


class SecretsManager(Protocol):
    """What is used of boto3's Secrets Manager client."""

    def get_secret_value(self, *, SecretId: str) -> Any: ...  # noqa: N803


def fetch(client: SecretsManager, arn: str) -> str:
    """The text of a secret. Raises SecretError, which says what went wrong and nothing of the secret."""
    # Imported late: this module is also read by people and tests that have no AWS SDK.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        text: str = client.get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise SecretError(f"the secret can't be read ({type(error).__name__})") from error
    return text


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        raise SecretError("the secret is not JSON") from None
    if not isinstance(value, dict):
        raise SecretError("the secret is not a JSON object")
    return value


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


def webhook_secrets(secret: dict[str, object], sender: str) -> tuple[str, ...]:
    """The signing secrets of one sender of webhooks that are in force, numbered as the owner wrote them: a
    text, or a list where old and new overlap or a sender has several. Empty where the owner has none."""
    held = secret.get(sender)
    listed = held if isinstance(held, list) else [held]
    return tuple(each if isinstance(each, str) else "" for each in listed) if held else ()


def access_token(secret: dict[str, object], event_source_id: str) -> str | None:
    """The access token of a pixel (or event set), or None where its owner has not put one in yet.

    White space around it comes from pasting; what can't be in a header at all is no token.
    """
    token = secret.get(event_source_id)
    text = token.strip() if isinstance(token, str) else ""
    return text if text and text.isascii() and text.isprintable() else None


class Tokens:
    """TikTok's access tokens by event source id, for several threads at a time.

    `known` are the destinations that the template names: their tokens may still be missing.
    """

    def __init__(self, secret: Secret, known: Collection[str]) -> None:
        self._secret = secret
        self._known = known
        self._lock = Lock()

    def of(self, event_source_id: str, *, again: bool = False) -> str | None:
        """The token in force, or None where there is none yet; `again` reads the secret anew.

        Raises SecretError where the secret can't be read.
        """
        with self._lock:
            return access_token(self._secret.read(again=again), event_source_id)

    def knows(self, event_source_id: str) -> bool:
        """Whether events may go there at all: the template or the secret names it, with a token or without.

        Raises SecretError where the secret can't be read.
        """
        if event_source_id in self._known:
            return True
        with self._lock:
            if event_source_id in self._secret.read():
                return True
            return self._secret.may_be_stale() and event_source_id in self._secret.read(again=True)
