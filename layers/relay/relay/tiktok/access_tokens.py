"""TikTok's access tokens by event source id."""

from collections.abc import Collection
from threading import Lock

from relay.aws.secrets import Entries, Secret


def access_token(secret: Entries, event_source_id: str) -> str | None:
    """The access token of a pixel (or event set), or None where its owner has not put one in yet.

    What can't be in a header at all is no token.
    """
    return next((text for text in secret.get(event_source_id, ()) if text and text.isascii()), None)


class AccessTokens:
    """TikTok's access tokens by event source id, for several threads at a time.

    `known` are the destinations that the template names: their tokens may still be missing.
    """

    def __init__(self, secret: Secret, known: Collection[str]) -> None:
        self._secret = secret
        self._known = known
        self._lock = Lock()

    def get(self, event_source_id: str, *, refresh: bool = False) -> str | None:
        """The token in force, or None where there is none yet; `refresh` reads the secret again first.

        Raises SecretError where the secret can't be read.
        """
        with self._lock:
            return access_token(self._secret.read(again=refresh), event_source_id)

    def knows(self, event_source_id: str) -> bool:
        """Whether a destination is configured: the template or the secret names it, with a token or without.

        Raises SecretError where the secret can't be read.
        """
        if event_source_id in self._known:
            return True
        with self._lock:
            if event_source_id in self._secret.read():
                return True
            return self._secret.may_refresh() and event_source_id in self._secret.read(again=True)
