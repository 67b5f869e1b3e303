"""The two secrets of a stack, changed so that nobody's change is lost.

A change is merged into what is current, written as a version of its own, and made current only if the version
that it was merged into still is (UpdateSecretVersionStage, AWS Secrets Manager API reference: the move fails
where `RemoveFromVersionId` is not the version that has the label). Else it is merged again.
No message of this module holds a value.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from relay.aws.secret_texts import MIN_SECRET_LENGTH, secret_length
from relay_cli.errors import CliError, UsageError
from relay_cli.stacks import Stack

MAX_ATTEMPTS: Final[int] = 5

_CONFLICTS: Final[frozenset[str]] = frozenset({"InvalidParameterException", "InvalidRequestException"})

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""From what a secret holds to what it shall hold. Called again where the secret changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a secret holds, and which version that is."""

    value: dict[str, Any] = field(repr=False)
    version_id: str


class SecretDocument:
    """One secret of a stack: `what` names it for people; `on_change` receives its value after a change."""

    def __init__(
        self,
        client: Any,
        arn: str,
        what: str,
        on_change: Callable[[dict[str, Any]], object] = lambda _: None,
    ) -> None:
        self._client, self._arn, self._what, self._on_change = client, arn, what, on_change

    def read(self) -> Document:
        """What is current. Raises CliError where that is not a JSON object."""
        held = self._client.get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")
        try:
            value = json.loads(held["SecretString"])
        except (ValueError, KeyError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CliError(
                f"The {self._what} is not a JSON object. Restore its previous version in Secrets Manager: "
                "move the label AWSCURRENT back to it.",
                "broken_secret",
            )
        return Document(value, held["VersionId"])

    def change(self, change: Change) -> bool:
        """Merge a change into what is current. Returns whether there was anything to change.

        Raises CliError where others keep changing it at the same time.
        """
        for _ in range(MAX_ATTEMPTS):
            held = self.read()
            value = change(json.loads(json.dumps(held.value)))
            if value == held.value:
                return False
            if self._replace(held, value):
                self._on_change(value)
                return True
        raise CliError(f"Others keep changing the {self._what}. Nothing was changed.", "conflict")

    def _replace(self, held: Document, value: dict[str, Any]) -> bool:
        """Make `value` current if `held` still is."""
        from botocore.exceptions import ClientError

        # The token makes a retry of the same call the same version.
        token = str(uuid.uuid4())
        label = f"relay-cli-{token[:8]}"
        self._client.put_secret_value(
            SecretId=self._arn,
            ClientRequestToken=token,
            SecretString=json.dumps(value),
            VersionStages=[label],
        )
        try:
            self._client.update_secret_version_stage(
                SecretId=self._arn,
                VersionStage="AWSCURRENT",
                MoveToVersionId=token,
                RemoveFromVersionId=held.version_id,
            )
        except ClientError as error:
            self._forget(label, token)
            if error.response["Error"]["Code"] in _CONFLICTS:
                return False
            raise
        self._forget(label, token)
        return True

    def _forget(self, label: str, version_id: str) -> None:
        # A version without a label is deleted by Secrets Manager.
        self._client.update_secret_version_stage(
            SecretId=self._arn, VersionStage=label, RemoveFromVersionId=version_id
        )


def tiktok_secret(stack: Stack) -> SecretDocument:
    """TikTok's access tokens: pixel or event set → token."""
    return SecretDocument(stack.client("secretsmanager"), stack.output("TikTokSecretArn"), "TikTok secret")


def ingest_secret(stack: Stack) -> SecretDocument:
    """The server keys, and the signing secrets of each provider.

    A local stack's `stack.json` holds the newest of each too: a change goes there as well.
    """
    local = stack.local
    return SecretDocument(
        stack.client("secretsmanager"),
        stack.output("IngestSecretArn"),
        "ingest secret",
        (lambda value: local.rewrite(**_newest(value))) if local else lambda _: None,
    )


def _newest(document: dict[str, Any]) -> dict[str, Any]:
    """What `stack.json` holds of the ingest secret, under its names there."""
    newest = {name: listed[0] for name, entry in document.items() if (listed := as_list(entry))}
    newest.pop("server_keys", None)
    key, write_key = newest.pop("server_key", ""), newest.pop("public_write_key", "")
    return {"server_key": key, "public_write_key": write_key, "webhook_secrets": newest}


# ── what is in them ────────────────────────────────────────────────────────────────────────────────────────


def as_list(held: object) -> list[str]:
    """An entry as a list: a text is a list of one. Without the white space around each, as the functions read
    them, and without blank ones."""
    listed = held if isinstance(held, list) else [held]
    return [stripped for text in listed if isinstance(text, str) and (stripped := text.strip())]


def set_token(document: dict[str, Any], source_id: str, token: str) -> dict[str, Any]:
    """Put the token of one pixel in; every other entry stays as it is."""
    return {**document, source_id: token}


def add_secret(document: dict[str, Any], sender: str, secret: str) -> dict[str, Any]:
    """Put a signing secret in front of those in force; one that is there already moves to the front."""
    others = [other for other in as_list(document.get(sender)) if other != secret]
    return {**document, sender: [secret, *others]}


def retire_secret(document: dict[str, Any], sender: str, index: int) -> dict[str, Any]:
    """Take a signing secret out. Raises UsageError where there is none of that number."""
    held = as_list(document.get(sender))
    if not 0 <= index < len(held):
        raise UsageError(f"{sender} has {len(held)} secrets, counted from 0; there is no number {index}.")
    rest = held[:index] + held[index + 1 :]
    changed = {**document, sender: rest}
    return changed if rest else {name: value for name, value in changed.items() if name != sender}


def rotate_key(document: dict[str, Any], key: str) -> dict[str, Any]:
    """Put a new server key in; the old ones stay in force beside it until they are retired."""
    old = server_keys(document)
    return {**document, "server_key": key, "server_keys": [other for other in old if other != key]}


def retire_keys(document: dict[str, Any]) -> dict[str, Any]:
    """Take the old server keys out."""
    return {name: value for name, value in document.items() if name != "server_keys"}


def server_keys(document: dict[str, Any]) -> list[str]:
    """The server keys in force, the newest first."""
    return list(dict.fromkeys([*as_list(document.get("server_key")), *as_list(document.get("server_keys"))]))


def check_shape(secret: str, what: str) -> None:
    """Raises UsageError for what can't be a secret or a token."""
    if (length := secret_length(secret)) < MIN_SECRET_LENGTH:
        raise UsageError(
            f"The {what} has {length} characters; at least {MIN_SECRET_LENGTH} are expected. Is all there?"
        )
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise UsageError(f"The {what} holds a space or a character that is not ASCII. Copy it again.")
