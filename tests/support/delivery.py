"""A world for delivery: a TikTok that answers as told, two queues, a clock that is moved."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from relay.aws.secrets import Secret
from relay.delivery.circuit_breaker import Breakers
from relay.delivery.dead_letters import Parked
from relay.delivery.deliver import Report, deliver
from relay.delivery.destination_sender import REPORT_SECONDS, Ports
from relay.delivery.outcomes import Record, Row
from relay.destination import Destination
from relay.message import Message, decode
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.responses import Answer
from tests.support.events import DESTINATION, NOW

OTHER = Destination("web", "OTHERPIXEL")
OK = Answer("delivered", 200, 0)
REFUSED = Answer("payload", 200, 40002, "Not a valid value", "request-1")
REVOKED = Answer("credentials", 200, 40105, "Access token is incorrect or has been revoked.")
THROTTLED = Answer("throttled", 200, 40100)
BROKEN = Answer("transient", 502)

Says = Callable[[Destination, Sequence[str], str], Answer]
"""Event ids of a request and its token → TikTok's answer."""


def item(event_id: str, **more: object) -> str:
    """An item of a request, as ingest writes it."""
    return json.dumps({"event": "Purchase", "event_id": event_id, **more})


def record(
    event_id: object = 1,
    destination: Destination = DESTINATION,
    *,
    body: str | None = None,
    text: str | None = None,
    receives: int = 1,
    age: float = 5.0,
) -> Record:
    """A record as SQS gives it; `body` replaces the whole message, `text` the item."""
    message = Message(destination, NOW - age, "server", "trace-1", text or item(str(event_id)))
    attributes = {
        "ApproximateReceiveCount": str(receives),
        "SentTimestamp": str(int((NOW - age) * 1000)),
    }
    return Record(
        f"m-{event_id}", message.encode() if body is None else body, f"handle-{event_id}", attributes
    )


def row(event_id: object = 1, **more: object) -> Row:
    """A record that was read."""
    made = record(event_id, **more)  # type: ignore[arg-type]
    return Row(made, decode(made.body))


def refuses(*bad: str, named: bool = False) -> Says:
    """A TikTok that refuses every request with one of these event ids in it, naming the first or not."""

    def say(_destination: Destination, ids: Sequence[str], _token: str) -> Answer:
        found = [place for place, each in enumerate(ids) if each in bad]
        if not found:
            return OK
        if named:
            return Answer("payload", 200, 40002, f"Batch.{found[0]}: no", "r", (found[0],))
        return REFUSED

    return say


@dataclass
class World:
    """All that delivery meets. `calls` are the requests: destination, event ids, token.

    `takes` is how long a request takes on the world's clock; with `left_to_report`, the run waits no longer
    than so many real seconds for its requests.
    """

    says: Says = field(default=lambda _destination, _ids, _token: OK)
    tokens: dict[str, str] = field(
        default_factory=lambda: {DESTINATION.event_source_id: "token", OTHER.event_source_id: "token"}
    )
    known: set[str] = field(default_factory=set)
    now: float = NOW
    left: float = 90.0
    left_to_report: float | None = None
    takes: float = 0.0
    park_fails: int = 0
    put_off_fails: int = 0
    breakers: Breakers = field(default_factory=Breakers)
    calls: list[tuple[Destination, list[str], str]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    waits: dict[str, int] = field(default_factory=dict)
    secret_reads: int = 0

    def __post_init__(self) -> None:
        self._secret = Secret(self._read_secret, lambda: self.now)

    def deliver(self, *records: Record) -> Report:
        """One run of dispatch."""
        outside = Ports(
            track=self._track,
            tokens=AccessTokens(self._secret, self.known),
            now=lambda: self.now,
            time_left=self._time_left,
            chance=lambda: 0.5,
            park=self._park,
            put_off=self._put_off,
        )
        return deliver(records, self.breakers, outside)

    def requests(self) -> list[list[str]]:
        """The event ids of each request."""
        return [ids for _, ids, _ in self.calls]

    def _time_left(self) -> float:
        if self.left_to_report is not None and threading.current_thread() is threading.main_thread():
            return REPORT_SECONDS + self.left_to_report
        return self.left

    def _read_secret(self) -> str:
        self.secret_reads += 1
        return json.dumps(self.tokens)

    def _track(self, destination: Destination, items: Sequence[str], token: str) -> Answer:
        ids = [json.loads(each)["event_id"] for each in items]
        self.calls.append((destination, ids, token))
        self.now += self.takes
        self.left -= self.takes
        answer = self.says(destination, ids, token)
        if answer.outcome == "delivered":
            self.delivered += ids
        return answer

    def _park(self, messages: Sequence[Parked]) -> list[int]:
        failed = list(range(min(self.park_fails, len(messages))))
        self.parked += [each for place, each in enumerate(messages) if place not in failed]
        return failed

    def _put_off(self, waits: Sequence[tuple[str, int]]) -> list[int]:
        self.waits |= dict(waits[self.put_off_fails :])
        return list(range(min(self.put_off_fails, len(waits))))
