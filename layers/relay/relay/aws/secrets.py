"""A secret of AWS Secrets Manager: entries that are validated when they are read, cached, and read again
within limits."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

from relay import telemetry
from relay.aws.secret_texts import Fault, entry_texts, find_fault, shown_name, texts_in_force

CACHE_TTL_SECONDS: Final[int] = 300
"""A changed secret is in force everywhere within five minutes, for one call of AWS in that time."""

MIN_READ_INTERVAL_SECONDS: Final[int] = 30
"""At most one call of AWS in half a minute, whatever the reason: a wrong key, a broken secret, an outage."""

MAX_LOGGED_ENTRIES: Final[int] = 20

Entries = Mapping[str, tuple[str, ...]]
"""Entry → its texts in the order in which the owner wrote them. A text that is not in force is empty, so that
the others keep their numbers."""

Reason = Literal[
    "not_found", "access_denied", "unavailable", "not_text", "not_json", "not_an_object", "server_key_missing"
]


class SecretError(Exception):
    """A secret that can't be read, or lacks what is needed. `reason` is the cause, without its content."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Secret:
    """One secret, a JSON object whose entries are texts or lists of texts.

    `fetch` returns its text or raises SecretError, `clock` counts seconds.
    """

    def __init__(self, fetch: Callable[[], str], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._entries: Entries | None = None
        self._error: SecretError | None = None
        self._expires_at = self._next_read_at = float("-inf")

    def read(self, *, again: bool = False) -> Entries:
        """Return the entries, from the cache unless it has expired.

        With `again`, for a credential that was rejected, the secret is read again if the last attempt was at
        least MIN_READ_INTERVAL_SECONDS ago. The cached entries stay in force while it can't be read. Raises
        SecretError where there are none, and with `again` also where the last attempt failed.
        """
        now = self._clock()
        is_due = again or self._entries is None or now >= self._expires_at
        if is_due and now >= self._next_read_at:
            self._renew(now)
        if self._entries is None or (again and self._error is not None):
            raise SecretError(self._error.reason if self._error else "unavailable")
        return self._entries

    def may_refresh(self) -> bool:
        """Whether the last attempt to read it is long enough ago for another one."""
        return self._clock() >= self._next_read_at

    def _renew(self, now: float) -> None:
        self._next_read_at = now + MIN_READ_INTERVAL_SECONDS
        try:
            self._entries = parse_entries(self._fetch())
        except SecretError as error:
            self._error = error
            telemetry.error("secret_unreadable", reason=error.reason)
            telemetry.count("SecretFaults")
            return
        self._error = None
        self._expires_at = now + CACHE_TTL_SECONDS


class SecretsManager(Protocol):
    """The part of boto3's Secrets Manager client that is used."""

    def get_secret_value(self, *, SecretId: str) -> Any: ...  # noqa: N803


_REASONS: Final[Mapping[str, Reason]] = {
    "ResourceNotFoundException": "not_found",
    # A secret that is marked for deletion.
    "InvalidRequestException": "not_found",
    "AccessDeniedException": "access_denied",
    "DecryptionFailure": "access_denied",
}
"""Secrets Manager API reference, GetSecretValue, errors."""


def fetch(client: SecretsManager, arn: str) -> str:
    """Return the text of a secret. Raises SecretError."""
    # Imported late: this module is also used where there is no AWS SDK.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        text = client.get_secret_value(SecretId=arn).get("SecretString")
    except ClientError as error:
        raise SecretError(_REASONS.get(error.response["Error"]["Code"], "unavailable")) from error
    except BotoCoreError as error:
        raise SecretError("unavailable") from error
    if not isinstance(text, str):
        raise SecretError("not_text")
    return text


def parse_entries(text: str) -> Entries:
    """Return the entries of a secret's JSON text, and report those that are not in force.

    >>> parse_entries('{"stripe": ["whsec_0123456789abcdef", "short"]}')
    {'stripe': ('whsec_0123456789abcdef', '')}

    Raises SecretError.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise SecretError("not_json") from None
    if not isinstance(value, dict):
        raise SecretError("not_an_object")
    faults: list[tuple[str, Fault]] = []
    entries: dict[str, tuple[str, ...]] = {}
    for number, (name, held) in enumerate(value.items(), start=1):
        found = map(find_fault, entry_texts(held))
        faults += [(shown_name(name, number), fault) for fault in found if fault]
        entries[name] = texts_in_force(held)
    _report(faults)
    return entries


def _report(faults: list[tuple[str, Fault]]) -> None:
    for entry, fault in faults[:MAX_LOGGED_ENTRIES]:
        telemetry.error("secret_entry_invalid", entry=entry, reason=fault)
    if faults:
        telemetry.count("SecretFaults", len(faults))
