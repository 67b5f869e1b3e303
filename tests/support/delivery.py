"""A world for delivery: a TikTok that responds as configured, three queues, a clock that is moved."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from relay.aws.secrets import Secret
from relay.delivery.circuit_breaker import CircuitBreakers
from relay.delivery.dead_letters import DeadLetter
from relay.delivery.deliver import Report, deliver
from relay.delivery.outcomes import Record, Row
from relay.delivery.ports import REPORT_SECONDS, Ports
from relay.delivery.retries import Retry
from relay.destination import Destination
from relay.message import Message, decode
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.responses import Response
from tests.support.events import DESTINATION, NOW

OTHER = Destination("web", "OTHERPIXEL")
REQUEST_ID = "202303141300390EF6F5D96D1798201C51"
OK = Response("delivered", 200, 0)
REJECTED = Response("rejected", 200, 40002, "Not a valid value", REQUEST_ID)
REVOKED = Response("unauthorised", 200, 40105, "Access token is incorrect or has been revoked.")
THROTTLED = Response("throttled", 200, 40100)
BROKEN = Response("transient", 502)

Respond = Callable[[Destination, Sequence[str], str], Response]
"""Event ids of a request and its token → TikTok's response."""


def item(event_id: str, **more: object) -> str:
    """An item of a request, as ingest writes it."""
    return json.dumps({"event": "Purchase", "event_id": event_id, **more})


def record(
    event_id: object = 1,
    destination: Destination = DESTINATION,
    *,
    body: str | None = None,
    text: str | None = None,
    attempts: int = 0,
    receives: int = 1,
    age: float = 5.0,
    replayed_at: float = 0.0,
) -> Record:
    """A record as SQS gives it; `body` replaces the whole message, `text` the item."""
    content = text or item(str(event_id))
    message = Message(destination, NOW - age, "server", "trace-1", content, attempts, replayed_at)
    attributes = {
        "ApproximateReceiveCount": str(receives),
        "SentTimestamp": str(int((NOW - age) * 1000)),
    }
    return Record(
        messageId=f"m-{event_id}", body=message.encode() if body is None else body, attributes=attributes
    )


def row(event_id: object = 1, **more: object) -> Row:
    """A decoded record."""
    made = record(event_id, **more)  # type: ignore[arg-type]
    message = decode(made["body"])
    return made, message.received_at, message.item


def rejects(*bad: str, named: bool = False) -> Respond:
    """A TikTok that rejects every request with one of these event ids in it, naming the first or not."""

    def respond(_destination: Destination, ids: Sequence[str], _token: str) -> Response:
        found = [place for place, event_id in enumerate(ids) if event_id in bad]
        if not found:
            return OK
        if named:
            return Response("rejected", 200, 40002, f"Batch.{found[0]}: no", REQUEST_ID, (found[0],))
        return REJECTED

    return respond


@dataclass
class World:
    """All that delivery meets. `calls` are the requests: destination, event ids, token.

    `takes` is how long a request takes on the world's clock, `secret_takes` a read of the secret; with
    `left_to_report`, the run waits no longer than so many real seconds for its requests.
    """

    respond: Respond = field(default=lambda _destination, _ids, _token: OK)
    tokens: dict[str, str] = field(
        default_factory=lambda: {DESTINATION.event_source_id: "token", OTHER.event_source_id: "token"}
    )
    known: set[str] = field(default_factory=set)
    now: float = NOW
    left: float = 90.0
    left_to_report: float | None = None
    takes: float = 0.0
    secret_takes: float = 0.0
    dead_letter_fails: int = 0
    retry_fails: int = 0
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    calls: list[tuple[Destination, list[str], str]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    secret_reads: int = 0

    def __post_init__(self) -> None:
        self._secret = Secret(self._read_secret, lambda: self.now)

    def deliver(self, *records: Record) -> Report:
        """One run of dispatch."""
        ports = Ports(
            track=self._track,
            tokens=AccessTokens(self._secret, self.known),
            now=lambda: self.now,
            time_left=self._time_left,
            jitter=lambda: 0.5,
            retry=self._retry,
            dead_letter=self._dead_letter,
        )
        return deliver(records, self.breakers, ports)

    def requests(self) -> list[list[str]]:
        """The event ids of each request."""
        return [ids for _, ids, _ in self.calls]

    def retried(self) -> dict[str, Retry]:
        """What is on the retry queue, by event id."""
        return {json.loads(decode(retry.body).item)["event_id"]: retry for retry in self.retries}

    def _time_left(self) -> float:
        if self.left_to_report is not None and threading.current_thread() is threading.main_thread():
            return REPORT_SECONDS + self.left_to_report
        return self.left

    def _read_secret(self) -> str:
        self.secret_reads += 1
        self.now += self.secret_takes
        self.left -= self.secret_takes
        # Tests name tokens in a word; a secret holds texts of at least 16 characters.
        return json.dumps({name: token and token.ljust(16, "-") for name, token in self.tokens.items()})

    def _track(self, destination: Destination, items: Sequence[str], token: str) -> Response:
        ids = [json.loads(text)["event_id"] for text in items]
        token = token.rstrip("-")
        self.calls.append((destination, ids, token))
        self.now += self.takes
        self.left -= self.takes
        response = self.respond(destination, ids, token)
        if response.outcome == "delivered":
            self.delivered += ids
        return response

    def _dead_letter(self, letters: Sequence[DeadLetter]) -> list[int]:
        self.dead_letters += letters[self.dead_letter_fails :]
        return list(range(min(self.dead_letter_fails, len(letters))))

    def _retry(self, retries: Sequence[Retry]) -> list[int]:
        self.retries += retries[self.retry_fails :]
        return list(range(min(self.retry_fails, len(retries))))
