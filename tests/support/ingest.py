"""The ingest function without AWS: its dependencies with a queue and a secret in memory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.dependencies import Dependencies
from ingest.http import Request
from ingest.rate_limits import RateLimits
from relay.aws.secrets import Secret
from relay.event.pipeline import PipelineOptions
from relay.event.routing import Routes
from relay.settings import IngestSettings
from tests.support.events import PIXEL
from tests.support.lambda_events import SERVER_KEY, http_event

ORIGIN = "https://shop.example"

ENVIRONMENT = {
    "QUEUE_URL": "https://sqs.example/events",
    "INGEST_SECRET_ARN": "arn:of-the-secret",
    "PIXEL_ID": PIXEL,
    "ALLOWED_ORIGINS": ORIGIN,
}


@dataclass
class MemoryQueue:
    """A queue; `not_taken` are the indices of the bodies that it does not take."""

    bodies: list[str] = field(default_factory=list)
    not_taken: Sequence[int] = ()

    def put(self, bodies: Sequence[str]) -> list[int]:
        self.bodies += [body for index, body in enumerate(bodies) if index not in self.not_taken]
        return list(self.not_taken)


def make_dependencies(queue: MemoryQueue | None = None, **entries: object) -> Dependencies:
    """Return what a request needs; `entries` are in the secret beside the server key."""
    settings = IngestSettings.from_environment(ENVIRONMENT)
    held = json.dumps({"server_key": SERVER_KEY, **entries})
    return Dependencies(
        settings=settings,
        options=PipelineOptions(Routes(settings.destinations)),
        secret=Secret(lambda: held, lambda: 0.0),
        put=(queue or MemoryQueue()).put,
        visits=None,
        limits=RateLimits(lambda: 0.0),
    )


def request(*arguments: Any, **headers: Any) -> Request:
    """Return the request that `http_event` makes."""
    return Request.of(http_event(*arguments, **headers))
