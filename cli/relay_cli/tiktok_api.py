"""TikTok, asked directly: by `send --tiktok`, `token set` and `doctor`, with delivery's own client."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relay.destination import Destination
from relay_cli.times import now

URL: Final[str] = "https://business-api.tiktok.com"


@dataclass(frozen=True, slots=True)
class Outcome:
    """TikTok's response: `outcome` is delivery's word for it, `message` is TikTok's own."""

    outcome: str
    status: int | None
    code: int | None
    message: str
    request_id: str

    @property
    def delivered(self) -> bool:
        """Whether TikTok confirmed the events."""
        return self.outcome == "delivered"

    @property
    def rejects_token(self) -> bool:
        """Whether TikTok rejected the token, or its right to this pixel."""
        return self.outcome == "unauthorised"

    def __str__(self) -> str:
        status = f"HTTP {self.status}" if self.status is not None else "no response"
        code = f", code {self.code}" if self.code is not None else ""
        words = f": {self.message}" if self.message else ""
        return f"{self.outcome} ({status}{code}{words})"


def track(url: str, destination: Destination, items: Sequence[str], token: str) -> Outcome:
    """Send items (JSON text each) to TikTok in one request."""
    # Imported late: an HTTP client is of no use to the other verbs.
    from relay.tiktok.client import Client

    answer = Client(url.rstrip("/")).track(destination, items, token)
    return Outcome(answer.outcome, answer.status, answer.code, answer.message, answer.request_id)


def request_body(destination: Destination, items: Sequence[str]) -> str:
    """The request that `track` would send."""
    from relay.tiktok.client import encode_body

    return encode_body(destination, items).decode()


def try_token(url: str, event_source: str, source_id: str, token: str, test_code: str) -> Outcome:
    """Send one test event: it shows up under Test Events and counts for nothing."""
    at = int(now())
    item: dict[str, object] = {
        "event": "ViewContent",
        "event_time": at,
        "event_id": f"relay-token-test-{at}",
        "user": {"external_id": hashlib.sha256(b"relay-token-test").hexdigest()},
    }
    if event_source == "web":
        item["page"] = {"url": "https://shop.example/"}
    return track(url, Destination(event_source, source_id, test_code), [json.dumps(item)], token)
