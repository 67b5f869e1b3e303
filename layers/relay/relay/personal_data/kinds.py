"""Kinds of personal data, and what a redaction results in."""

from typing import Final, Literal, NamedTuple

Kind = Literal[
    "an e-mail address", "a phone number", "a credential", "a user name", "text that can't be searched"
]

EMAIL: Final = "an e-mail address"
PHONE: Final = "a phone number"
CREDENTIAL: Final = "a credential"
USER_NAME: Final = "a user name"
UNSEARCHABLE: Final = "text that can't be searched"


class Redaction(NamedTuple):
    """A text without what does not belong there, and what that was; None if there was nothing."""

    text: str
    found: Kind | None


class Redacted(NamedTuple):
    """A place in an item that was redacted: the steps that lead there (keys and indexes), and what was
    found."""

    path: tuple[str | int, ...]
    found: Kind
