"""Suggestions: the known name that an unknown one was probably meant to be.

The work for one name grows with its length only, so that an event full of unknown names costs little.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_MAX_NAME: Final[int] = 40
"""Characters of the longest name that is looked up; the longest known one has 24."""

_MIN_NAME: Final[int] = 4
"""Shorter names are one letter away from too many others."""


def _fold(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _with_one_left_out(name: str) -> Iterator[str]:
    yield name
    for place in range(len(name)):
        yield name[:place] + name[place + 1 :]


class Suggestions:
    """Looks names up among `known` ones, ignoring case, punctuation, and one wrong, missing, extra or swapped
    letter; `synonyms` maps what other tools call the same thing.

    >>> suggestions = Suggestions(["email", "event_time"])
    >>> suggestions.find("emial"), suggestions.find("eventTime"), suggestions.find("colour")
    ('email', 'event_time', None)
    """

    def __init__(self, known: Iterable[str], synonyms: dict[str, str] | None = None) -> None:
        self._exact = {_fold(name): name for name in sorted(known)}
        self._exact |= {_fold(name): meant for name, meant in (synonyms or {}).items()}
        self._near: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """The known name that `name` was probably meant to be, or None."""
        if len(name) > _MAX_NAME:
            return None
        folded = _fold(name)
        if folded in self._exact or len(folded) < _MIN_NAME:
            return self._exact.get(folded)
        if not self._near:
            # Built at the first unknown name: most events have none.
            for known, meant in self._exact.items():
                if len(known) >= _MIN_NAME:
                    for variant in _with_one_left_out(known):
                        self._near.setdefault(variant, meant)
        return next(
            (self._near[variant] for variant in _with_one_left_out(folded) if variant in self._near), None
        )

    def sentence(self, name: str) -> str:
        """A sentence to append to a message, or nothing."""
        meant = self.find(name)
        return f" Did you mean `{meant}`?" if meant is not None and meant != name else ""
