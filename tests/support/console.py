"""A console over made-up log lines: no stack, no AWS."""

from pathlib import Path
from typing import Any

from relay_cli.console.feed import Feed
from relay_cli.console.server import ConsoleServer
from relay_cli.console.views import StackViews
from relay_cli.logs import LogLine
from relay_cli.stacks import LocalStack, Stack
from relay_cli.tracing import digest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-console"
START = 1_795_000_000.0
PIXEL = "D179S7RC77UA68QT5U1G"


class Lines:
    """Log lines that are handed out once."""

    def __init__(self, *lines: LogLine) -> None:
        self.waiting = list(lines)

    def poll(self) -> list[LogLine]:
        """What has been added since the last poll."""
        taken, self.waiting = self.waiting, []
        return taken


class Arrived:
    """Events that TikTok has, handed out once."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.waiting = list(events)

    def poll(self) -> list[dict[str, Any]]:
        """What has been added since the last poll."""
        taken, self.waiting = self.waiting, []
        return taken


def receipt(event_id: str, at: float = START, event: str = "Purchase", **more: Any) -> LogLine:
    """The line that ingest writes for one event."""
    status = more.pop("status", "accepted")
    entry = {
        "event_id_digest": digest(event_id),
        "event": event,
        "status": status,
        "came_in": "event event_id value=text user(email ip user_agent) +1",
        "match_quality": 6.5,
        "match_keys": ["email", "ip", "user_agent"],
        "codes": [],
    }
    fields = {"sender": "shopify", "trace_id": f"trace-{event_id}", status: 1, "rejected_codes": {}}
    return LogLine(
        at, "ingest", "events_received", {**fields, "events": [entry | more.pop("entry", {})], **more}
    )


def response(
    event_id: str, at: float, outcome: str = "delivered", code: int = 0, event: str = "Purchase"
) -> LogLine:
    """The line that dispatch writes for a request of one event."""
    return LogLine(
        at,
        "dispatch",
        "tiktok_responded",
        {
            "outcome": outcome,
            "tiktok_code": code,
            "batch_size": 1,
            "event_id_digests": [digest(event_id)],
            "event_names": [event],
            "tiktok_request_id": "20261126000000000001",
            "event_source": "web",
            "event_source_id": PIXEL,
        },
    )


class SilentStack(Stack):
    """A stack that is never asked anything."""

    def parameters_now(self) -> dict[str, str]:
        """As on a stack that was left with its test code."""
        return {"TestEventCode": self.name.partition("/")[2]}


def stack(*, local: bool = True, test_code: str = "") -> Stack:
    """A stack that is never asked anything."""
    here = LocalStack("http://127.0.0.1:9", "server-key-of-nobody", "", "eu-central-1", "", {}, ROOT)
    name = f"tiktok-events-relay/{test_code}" if test_code else "tiktok-events-relay"
    deployed = SilentStack(name, "the local stack", None, None, here if local else None)
    if not local:
        deployed.__dict__["outputs"] = {"ApiUrl": "https://api.example"}
    return deployed


def console(feed: Feed, *, local: bool = True, test_code: str = "") -> ConsoleServer:
    """A console of a feed; start and close it."""
    views = StackViews(stack(local=local, test_code=test_code), feed, ROOT / "events")
    return ConsoleServer(views, token=TOKEN)
