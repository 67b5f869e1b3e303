"""Secrets: what the two secrets hold, read from Secrets Manager, kept for minutes, read again when
refused."""

import json
from collections.abc import Callable
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
