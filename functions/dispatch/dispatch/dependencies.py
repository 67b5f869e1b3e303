"""Dependencies of the dispatch function between invocations: clients, tokens, breakers. Made once, late."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from relay import telemetry
from relay.aws import clients, sqs
from relay.aws.secrets import Secret, fetch
from relay.delivery.circuit_breaker import CircuitBreakers
from relay.delivery.dead_letters import DeadLetter
from relay.delivery.ports import Ports, Track
from relay.delivery.retries import Retry
from relay.settings import DispatchSettings, deployment
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.client import Client

CONNECT_SECONDS: Final[int] = 1
READ_SECONDS: Final[int] = 3
MAX_ATTEMPTS: Final[int] = 2
"""Of each call of AWS. It is near and answers in milliseconds; botocore's own time-outs (a minute each, with
retries) are longer than a run."""

CALL_SECONDS: Final[float] = 10.0
"""The longest that a call of AWS takes: both attempts, and the SDK's second of backoff between them."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that a batch needs besides itself."""

    settings: DispatchSettings
    track: Track
    tokens: AccessTokens
    breakers: CircuitBreakers
    sqs: sqs.Sqs

    def ports(self, milliseconds_left: Callable[[], int]) -> Ports:
        """The dependencies of one run, which ends when no time is left."""

        def time_left() -> float:
            return milliseconds_left() / 1000

        def has_time() -> bool:
            # A message that no other queue has by then comes back by its visibility timeout.
            return time_left() > CALL_SECONDS

        def retry(retries: Sequence[Retry]) -> list[int]:
            return sqs.send(
                self.sqs,
                self.settings.retry_queue_url,
                [retry.body for retry in retries],
                has_time=has_time,
                delays=[retry.delay_seconds for retry in retries],
                groups=[retry.group for retry in retries],
            )

        def dead_letter(dead_letters: Sequence[DeadLetter]) -> list[int]:
            bodies = [dead_letter.body for dead_letter in dead_letters]
            attributes = [dead_letter.attributes for dead_letter in dead_letters]
            return sqs.send(self.sqs, self.settings.dead_letter_queue_url, bodies, attributes, has_time)

        return Ports(
            track=self.track,
            tokens=self.tokens,
            now=time.time,
            time_left=time_left,
            jitter=random.random,
            retry=retry,
            dead_letter=dead_letter,
        )


@cache
def get_dependencies() -> Dependencies:
    """The dependencies of this process. Raises SettingsError where the environment is invalid."""
    telemetry.configure(*deployment("dispatch"))
    settings = DispatchSettings.from_environment()
    make_client = partial(
        clients.make_client, connect=CONNECT_SECONDS, read=READ_SECONDS, attempts=MAX_ATTEMPTS
    )
    secret = Secret(partial(fetch, make_client("secretsmanager"), settings.secret_arn), time.monotonic)
    return Dependencies(
        settings=settings,
        track=Client(settings.tiktok_api_url).track,
        tokens=AccessTokens(secret, settings.known_ids),
        breakers=CircuitBreakers(),
        sqs=make_client("sqs"),
    )
