"""Who may send to which pixel: access tokens and the event sources that each is good for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypedDict

MISSING = "missing"
UNKNOWN = "unknown"


class TokenView(TypedDict):
    """A token as it may be shown."""

    label: str
    pixels: list[str]


def label(token: str) -> str:
    """Give the name by which the simulator shows a token: never the token, always the same."""
    return f"token:{hashlib.sha256(token.encode()).hexdigest()[:8]}"


class Access:
    """The token map. Replaced as a whole and never changed in place, so reading needs no lock."""

    def __init__(self, tokens: Mapping[str, Iterable[str]]) -> None:
        self._pixels: dict[str, frozenset[str]] = {}
        self.replace(tokens)

    def replace(self, tokens: Mapping[str, Iterable[str]]) -> None:
        """Take a new map of token to event source ids; what is not in it is revoked."""
        self._pixels = {token: frozenset(pixels) for token, pixels in tokens.items()}

    def knows(self, token: str) -> bool:
        """Whether the token is any token."""
        return token in self._pixels

    def allows(self, token: str, event_source_id: str) -> bool:
        """Whether the token may send to this event source."""
        return event_source_id in self._pixels.get(token, frozenset())

    def shown(self, token: str | None) -> str:
        """Give the token's label, `missing` or `unknown`."""
        if not token:
            return MISSING
        return label(token) if self.knows(token) else UNKNOWN

    def view(self) -> list[TokenView]:
        """List labels and pixels."""
        return [{"label": label(token), "pixels": sorted(pixels)} for token, pixels in self._pixels.items()]
