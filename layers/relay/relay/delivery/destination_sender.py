"""The sender: one destination's rows, sent until each has a verdict, TikTok is to be left alone, or time is
up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from relay.aws.secrets import SecretError
from relay.delivery.batching import cut
from relay.delivery.bisection import Isolation
from relay.delivery.circuit_breaker import Breaker
from relay.delivery.dead_letters import Parked
from relay.delivery.outcomes import OUT_OF_TIME, Attempt, Row, Verdict
from relay.destination import Destination
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.responses import NO_TOKEN, Answer

Track = Callable[[Destination, Sequence[str], str], Answer]
"""Sends items to a destination with an access token."""


REQUEST_SECONDS: Final[float] = 14.0
"""The longest that one request takes: the client's time-outs, and a second for the rest."""

REPORT_SECONDS: Final[float] = 20.0
"""What is kept of a run's time for parking, putting off and answering. A thousand messages are a hundred
calls of SQS, eight at a time: a second or two, where SQS is well."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What delivery needs of the world.

    `tokens` are TikTok's; `now` gives Unix seconds, `time_left` the seconds until the run is cut off,
    `chance` a number from 0 to 1. `park` puts messages on the dead-letter queue, `put_off` hides messages
    (receipt handle, seconds); both give the indices of those that failed.
    """

    track: Track
    tokens: AccessTokens
    now: Callable[[], float]
    time_left: Callable[[], float]
    chance: Callable[[], float]
    park: Callable[[Sequence[Parked]], list[int]]
    put_off: Callable[[Sequence[tuple[str, int]]], list[int]]

    def may_ask(self) -> bool:
        """Whether a request that begins now ends in time, however slow TikTok is."""
        return self.time_left() > REQUEST_SECONDS + REPORT_SECONDS


class DestinationSender:
    """Sends one destination's rows.

    `delivered` are the rows that TikTok took, `verdicts` are on the others. They and `attempts` grow while
    `run` runs, so that another thread can read them when time is up.
    """

    def __init__(
        self, destination: Destination, rows: Sequence[Row], breaker: Breaker, outside: Ports
    ) -> None:
        self.destination = destination
        self.rows = rows
        self.delivered: list[Row] = []
        self.verdicts: list[Verdict] = []
        self.attempts: list[Attempt] = []
        self.breaker = breaker
        self._outside = outside

    def run(self) -> None:
        """Sends everything, a request at a time."""
        for batch in cut(self.rows):
            isolation = Isolation(batch, self.delivered)
            while (rows := isolation.next()) is not None:
                reason = self._reason_to_stop()
                if reason is not None:
                    self.verdicts += isolation.give_up(reason)
                    break
                if not self._is_known():
                    self.verdicts += [
                        Verdict(row.record, "unknown_destination", None, row.message) for row in rows
                    ]
                    break
                self.verdicts += isolation.tell(self._ask(rows))

    def so_far(self) -> list[Verdict]:
        """The verdicts, and for every row that has none yet that there was no time for it."""
        verdicts, delivered = list(self.verdicts), list(self.delivered)
        if len(verdicts) + len(delivered) < len(self.rows):
            done = {row.record.message_id for row in delivered}
            done |= {verdict.record.message_id for verdict in verdicts}
            verdicts += [
                Verdict(row.record, "again", OUT_OF_TIME, row.message)
                for row in self.rows
                if row.record.message_id not in done
            ]
        return verdicts

    def _reason_to_stop(self) -> Answer | None:
        refusal = self.breaker.refusal(self._outside.now())
        return refusal or (None if self._outside.may_ask() else OUT_OF_TIME)

    def _is_known(self) -> bool:
        try:
            return self._outside.tokens.knows(self.destination.event_source_id)
        except SecretError:
            return True

    def _ask(self, rows: Sequence[Row]) -> Answer:
        """One request, and one more with a token that is new since the first was refused."""
        token = self._token(again=False)
        answer = self._track(rows, token) if token else NO_TOKEN
        if answer.outcome == "credentials":
            renewed = self._token(again=True)
            if renewed and renewed != token and self._outside.may_ask():
                answer = self._track(rows, renewed)
        self.breaker.note(answer, self._outside.now())
        return answer

    def _token(self, *, again: bool) -> str | None:
        try:
            return self._outside.tokens.of(self.destination.event_source_id, again=again)
        except SecretError:
            return None

    def _track(self, rows: Sequence[Row], token: str) -> Answer:
        items = [row.message.item for row in rows]
        answer = self._outside.track(self.destination, items, token)
        oldest = min(row.message.received_at for row in rows)
        self.attempts.append(
            Attempt(
                self.destination.event_source,
                self.destination.event_source_id,
                len(rows),
                answer,
                self._outside.now() - oldest,
            )
        )
        return answer
