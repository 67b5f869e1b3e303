"""What the dispatch function keeps between invocations: its clients, tokens and breakers. Made once, late."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from relay import telemetry
from relay.aws import sqs
from relay.aws.secrets import Secret, fetch
from relay.delivery.circuit_breaker import Breakers
from relay.delivery.dead_letters import Parked
from relay.delivery.destination_sender import Ports, Track
from relay.settings import DispatchSettings
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.client import Client

CALL_SECONDS: Final[float] = 8.0
"""The longest that a call of AWS takes: two tries of a second to connect and three to be answered. AWS is
near and answers in milliseconds; the SDK's own patience (a minute, five times) is longer than a run."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a batch needs besides itself."""

    settings: DispatchSettings
    track: Track
    tokens: AccessTokens
    breakers: Breakers
    sqs: sqs.Sqs

    def outside(self, milliseconds_left: Callable[[], int]) -> Ports:
        """The world, for one run that ends when no time is left."""

        def time_left() -> float:
            return milliseconds_left() / 1000

        def go_on() -> bool:
            # Whatever is not parked or put off by then comes back by the queue's own time-out.
            return time_left() > CALL_SECONDS

        def park(messages: Sequence[Parked]) -> list[int]:
            bodies = [message.body for message in messages]
            attributes = [message.attributes for message in messages]
            return sqs.send(self.sqs, self.settings.dead_letter_queue_url, bodies, attributes, go_on)

        return Ports(
            track=self.track,
            tokens=self.tokens,
            now=time.time,
            time_left=time_left,
            chance=random.random,
            park=park,
            put_off=lambda waits: sqs.put_off(self.sqs, self.settings.queue_url, waits, go_on),
        )


@cache
def runtime() -> Runtime:
    """The one runtime of this process. Raises SettingsError where the environment can't be right."""
    # A client at import time would need a region and credentials to read this file at all.
    import boto3
    from botocore.config import Config

    settings = DispatchSettings.read()
    telemetry.configure(settings.stack)
    patience = Config(
        connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    secrets = boto3.client("secretsmanager", config=patience)
    secret = Secret(partial(fetch, secrets, settings.secret_arn), time.monotonic)
    return Runtime(
        settings=settings,
        track=Client(settings.tiktok_api_url).track,
        tokens=AccessTokens(secret, settings.known_ids),
        breakers=Breakers(),
        sqs=boto3.client("sqs", config=patience),
    )
