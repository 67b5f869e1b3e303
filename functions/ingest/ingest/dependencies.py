"""The ingest function's dependencies: settings, secret and queue, made once at the first request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from ingest.rate_limits import RateLimits
from relay import telemetry
from relay.aws import clients, sqs
from relay.aws.dynamodb import Table
from relay.aws.secrets import Secret, fetch
from relay.event.pipeline import PipelineOptions
from relay.event.routing import Routes
from relay.ingestion import Put
from relay.settings import IngestSettings, deployment
from relay.visits.store import VisitStore


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a request needs besides itself."""

    settings: IngestSettings
    options: PipelineOptions
    secret: Secret
    put: Put
    visits: VisitStore | None
    """None where the owner turned the store off."""
    limits: RateLimits


ENQUEUE_SECONDS: Final[float] = 4.0
"""No call of SQS begins later than this after the first. The last one ends within three seconds more, and a
slow visit table takes 2.4 before, so the sender has its 503 before the function's ten seconds are over. A
thousand events take less than one."""


@cache
def get_dependencies() -> Dependencies:
    """The dependencies of this process. Raises SettingsError where the environment can't be right."""
    telemetry.configure(*deployment("ingest"))
    settings = IngestSettings.from_environment()
    # One attempt each: the cached secret stays in force, and `sqs.send` repeats what SQS did not take.
    secrets = clients.make_client("secretsmanager", connect=1.0, read=1.5)
    queue = clients.make_client("sqs", connect=1.0, read=2.0)
    return Dependencies(
        settings=settings,
        options=PipelineOptions(
            Routes(settings.destinations, settings.test_event_code, settings.fan_out),
            settings.default_country,
        ),
        secret=Secret(partial(fetch, secrets, settings.secret_arn), time.monotonic),
        put=partial(sqs.send_within, ENQUEUE_SECONDS, queue, settings.queue_url),
        visits=_make_visit_store(settings.visits_table),
        limits=RateLimits(time.monotonic),
    )


def _make_visit_store(table: str) -> VisitStore | None:
    """Return the store over the table; its client is made with the first call, which few requests make."""
    if not table:
        return None

    def make_client() -> Any:
        # DynamoDB answers within some 10 ms. `Table` repeats one call that failed, so calls without an answer
        # delay one webhook in `store.PAUSE_SECONDS` by 2.4 s at most. Shopify waits for five.
        return clients.make_client("dynamodb", connect=0.3, read=0.5)

    return VisitStore(Table(make_client, table), time.time)
