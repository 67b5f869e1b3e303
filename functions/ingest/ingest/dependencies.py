"""What the ingest function keeps between invocations: its settings, its secret, its queue client. Made once,
late."""

import time
from dataclasses import dataclass
from functools import cache, partial

from relay import telemetry
from relay.aws import sqs
from relay.aws.secrets import Secret, fetch
from relay.event.pipeline import PipelineOptions
from relay.event.routing import Routes
from relay.ingestion import Put
from relay.settings import IngestSettings


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a request needs besides itself."""

    settings: IngestSettings
    rules: PipelineOptions
    secret: Secret
    put: Put


@cache
def runtime() -> Runtime:
    """The one runtime of this process. Raises SettingsError where the environment can't be right."""
    # A client at import time would need a region and credentials to read this file at all.
    import boto3
    from botocore.config import Config

    settings = IngestSettings.read()
    telemetry.configure(settings.stack)
    # Two tries of three seconds end well before the function's ten, and then the copy at hand still serves.
    patience = Config(
        connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    secrets = boto3.client("secretsmanager", config=patience)
    return Runtime(
        settings=settings,
        rules=PipelineOptions(
            Routes(settings.destinations, settings.test_event_code, settings.fan_out),
            settings.default_country,
        ),
        secret=Secret(partial(fetch, secrets, settings.secret_arn), time.monotonic),
        put=partial(sqs.send, boto3.client("sqs"), settings.queue_url),
    )
