"""Capacity and price of a stack: what a rate of events needs, which limit binds first, what a month costs.

Arithmetic on list prices and AWS's default quotas; nothing was billed or measured on AWS. `tools/capacity.py`
writes docs/capacity.md with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

SECONDS_A_MONTH: Final[float] = 730 * 3600.0
MILLION: Final[float] = 1e6
GIBIBYTE: Final[float] = 1024.0**3

# List prices in USD, us-east-1, November 2026, without free tiers.
PRICES: Final[Mapping[str, float]] = {
    "api_request": 1.00 / MILLION,  # HTTP API, up to 512 KB each
    "lambda_request": 0.20 / MILLION,
    "lambda_gb_second": 0.0000133334,  # arm64
    "sqs_request": 0.40 / MILLION,  # standard queue, up to 64 KB each
    "sqs_fair_request": 0.10 / MILLION,  # on top, with a MessageGroupId
    "log_gb": 0.50,
    "metric": 0.30,
    "alarm": 0.10,  # for each metric that it reads
    "secret": 0.40,
    "secret_call": 0.05 / 10_000,
    "transfer_gb": 0.09,  # out to the internet
    "dynamodb_write": 0.625 / MILLION,  # on demand, up to 1 KB each
    "dynamodb_read": 0.125 / MILLION,  # on demand, up to 4 KB each, consistent
    "dynamodb_gb": 0.25,  # a month
    "dynamodb_backup_gb": 0.20,  # a month, for point-in-time recovery
}

# AWS's default quotas for an account in a region; most can be raised.
ACCOUNT_API_REQUESTS: Final[int] = 10_000  # a second, over all APIs of the account
ACCOUNT_CONCURRENCY: Final[int] = 1_000
MAX_RECORDS_BY_SIZE: Final[int] = 2_941  # 6 MB of SQS records of 2.1 KB
IN_FLIGHT: Final[int] = 120_000

# What a request and a run need. Durations are assumptions; sizes were measured on the built functions.
INGEST_SECONDS: Final[float] = 0.015
"""One request: authenticate, validate, one SendMessageBatch near by."""
INGEST_SECONDS_PER_EVENT: Final[float] = 0.0001
SQS_BATCH_SECONDS: Final[float] = 0.005
"""Each further SendMessageBatch of ten events."""
REJECTED_SECONDS: Final[float] = 0.003
TIKTOK_SECONDS: Final[float] = 0.5
DISPATCH_SECONDS_PER_EVENT: Final[float] = 0.0001
INGEST_LOG_BYTES: Final[int] = 1_800
"""A request: 680 bytes of receipt and metrics (measured), 250 of access log, and some 870 of Lambda's own
start and report lines with CloudWatch's 26 bytes for each line."""
ENTRY_LOG_BYTES: Final[int] = 360
"""An event as the receipt describes it (measured), for the first MAX_ENTRIES of a request."""
MAX_ENTRIES: Final[int] = 100
REJECTED_LOG_BYTES: Final[int] = 1_530
"""The same with 410 measured bytes."""
DISPATCH_LOG_BYTES: Final[int] = 1_680
"""A run: 800 measured bytes, and Lambda's own lines."""
DIGEST_BYTES: Final[int] = 100
"""An event: 19 bytes for each digest of an id, once in ingest and twice in dispatch, with its name."""
TIKTOK_BYTES: Final[int] = 1_200
"""A Purchase in a request to TikTok."""

VISIT_BYTES: Final[int] = 1_300
"""A visit with its click id, User-Agent and page: two units of a write."""
VISIT_DAYS: Final[int] = 28
POINTERS: Final[int] = 3
"""Pointers to a visit that a purchase leaves: by checkout or session, by order and by e-mail address."""
LOOK_UPS: Final[int] = 7
"""Items that a webhook asks for at most: the visit, five pointers, and what the first one points to."""
COUNTED_BYTES: Final[int] = 200
"""An event that was counted, with DynamoDB's 100 bytes for each item."""
COUNTED_DAYS: Final[int] = 400

IDLE_POLLS: Final[float] = 650_000
"""ReceiveMessage calls a month of an event source on an empty queue."""
EVENT_SOURCES: Final[int] = 2
RETRY_CONCURRENCY: Final[int] = 2
RETRY_ATTEMPTS_AN_HOUR: Final[int] = 20
"""Attempts of an event in the first hour (relay.delivery.backoff)."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The parameters of a stack that capacity depends on; defaults are the template's."""

    batch_size: int = 1000
    batch_window: float = 5.0
    dispatch_concurrency: int = 5
    ingest_memory: int = 1769
    dispatch_memory: int = 1024
    api_rate: int = 500
    webhook_rate: int = 100
    webhook_routes: int = 4
    other_rate: int = 500
    unknown_rate: int = 10
    metrics: int = 35
    alarm_metrics: int = 28
    secrets: int = 2


@dataclass(frozen=True, slots=True)
class Load:
    """Events a second, and how many come in one request; visits a second that pages leave, and purchases a
    second among the events (parameter KeepVisits)."""

    events: float
    events_per_request: int = 1
    visits: float = 0.0
    purchases: float = 0.0

    @property
    def requests(self) -> float:
        """Requests a second."""
        return self.events / self.events_per_request


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: what is needed, what there is, and what raises it."""

    name: str
    needed: float
    available: float
    raised_by: str

    @property
    def used(self) -> float:
        """Share in use; above 1 the limit is exceeded."""
        return self.needed / self.available


def batch(load: Load, stack: Stack) -> float:
    """Events in one run of dispatch, on average."""
    filled = load.events * stack.batch_window
    return max(1.0, min(filled, stack.batch_size, MAX_RECORDS_BY_SIZE))


def ingest_seconds(load: Load) -> float:
    """Duration of one request."""
    further = ceil(load.events_per_request / 10) - 1
    return INGEST_SECONDS + further * SQS_BATCH_SECONDS + load.events_per_request * INGEST_SECONDS_PER_EVENT


def dispatch_seconds(events: float) -> float:
    """Duration of one run: a request to TikTok for each thousand, and the work."""
    return ceil(events / 1000) * TIKTOK_SECONDS + events * DISPATCH_SECONDS_PER_EVENT


def limits(load: Load, stack: Stack) -> list[Limit]:
    """Every limit, the most used first."""
    full = min(stack.batch_size, MAX_RECORDS_BY_SIZE)
    found = [
        Limit("throttle of the API's routes (requests/s)", load.requests, stack.api_rate, "parameter"),
        Limit("API Gateway, account (requests/s)", load.requests, ACCOUNT_API_REQUESTS, "quota"),
        Limit(
            "Lambda, account (copies of ingest and dispatch)",
            load.requests * ingest_seconds(load) + stack.dispatch_concurrency + RETRY_CONCURRENCY,
            ACCOUNT_CONCURRENCY,
            "quota",
        ),
        Limit(
            "DispatchConcurrency (events/s to TikTok)",
            load.events,
            stack.dispatch_concurrency * full / dispatch_seconds(full),
            "parameter",
        ),
        Limit(
            "SQS, messages in flight",
            (stack.dispatch_concurrency + RETRY_CONCURRENCY) * full,
            IN_FLIGHT,
            "fixed",
        ),
    ]
    return sorted(found, key=lambda limit: limit.used, reverse=True)


def standing_costs(stack: Stack) -> dict[str, float]:
    """USD a month for a stack through which nothing passes, by item."""
    return {
        "secrets": stack.secrets * PRICES["secret"],
        "alarms": stack.alarm_metrics * PRICES["alarm"],
        "polling of idle queues": EVENT_SOURCES * IDLE_POLLS * PRICES["sqs_request"],
        "dashboard (of the first three)": 0.0,
    }


def monthly_costs(load: Load, stack: Stack) -> dict[str, float]:
    """USD a month at a constant rate, by item, without the standing costs but with custom metrics."""
    events = load.events * SECONDS_A_MONTH
    requests = load.requests * SECONDS_A_MONTH
    size = batch(load, stack)
    runs = events / size
    # Up to ten messages a call; few arrive together at a low rate, since several pollers share them.
    received_together = min(10.0, max(1.0, load.events / 5))
    sends = requests * ceil(load.events_per_request / 10)
    receives = events / received_together
    deletes = events / min(10.0, size)
    ingest_gb = stack.ingest_memory / 1024
    dispatch_gb = stack.dispatch_memory / 1024
    described = requests * min(load.events_per_request, MAX_ENTRIES)
    logs = (
        requests * INGEST_LOG_BYTES
        + described * ENTRY_LOG_BYTES
        + runs * DISPATCH_LOG_BYTES
        + events * DIGEST_BYTES
    )
    return {
        "HTTP API": requests * PRICES["api_request"],
        "Lambda, ingest": requests
        * (PRICES["lambda_request"] + ingest_seconds(load) * ingest_gb * PRICES["lambda_gb_second"]),
        "SQS": (sends + receives + deletes) * PRICES["sqs_request"],
        "Lambda, dispatch": runs
        * (PRICES["lambda_request"] + dispatch_seconds(size) * dispatch_gb * PRICES["lambda_gb_second"]),
        "logs": logs / GIBIBYTE * PRICES["log_gb"],
        "transfer to TikTok": events * TIKTOK_BYTES / GIBIBYTE * PRICES["transfer_gb"],
        "custom metrics": stack.metrics * PRICES["metric"],
        **visit_costs(load.visits * SECONDS_A_MONTH, load.purchases * SECONDS_A_MONTH, stack),
    }


def visit_costs(visits: float, purchases: float, stack: Stack) -> dict[str, float]:
    """USD for so many visits and purchases a month, by item; nothing where there are none."""
    if not visits and not purchases:
        return {}
    request = (
        PRICES["api_request"]
        + PRICES["lambda_request"]
        + INGEST_SECONDS * stack.ingest_memory / 1024 * PRICES["lambda_gb_second"]
        + INGEST_LOG_BYTES / GIBIBYTE * PRICES["log_gb"]
    )
    writes = visits * ceil(VISIT_BYTES / 1024) + purchases * (POINTERS + 1)
    reads = purchases * LOOK_UPS
    month = SECONDS_A_MONTH / 86_400
    kept = visits * VISIT_BYTES * VISIT_DAYS / month + purchases * COUNTED_BYTES * COUNTED_DAYS / month
    per_gb = PRICES["dynamodb_gb"] + PRICES["dynamodb_backup_gb"]
    return {
        "visits, requests": visits * request,
        "visits, DynamoDB requests": writes * PRICES["dynamodb_write"] + reads * PRICES["dynamodb_read"],
        "visits, DynamoDB storage and backup": kept / GIBIBYTE * per_gb,
    }


@dataclass(frozen=True, slots=True)
class Outage:
    """TikTok down for an hour: what waits, what the retries cost, how long the rest takes afterwards."""

    waiting: float
    retries: float
    cost: float
    drain_minutes: float


def retry_capacity(stack: Stack) -> float:
    """Events a second that the retry queue's event source attempts at most."""
    full = min(stack.batch_size, MAX_RECORDS_BY_SIZE)
    return RETRY_CONCURRENCY * full / dispatch_seconds(full)


def retry_price(stack: Stack) -> float:
    """USD for one retry of one event: sent, received and deleted by tens, its share of a run, its log."""
    full = min(stack.batch_size, MAX_RECORDS_BY_SIZE)
    requests = 3 * PRICES["sqs_request"] + PRICES["sqs_fair_request"]
    run = PRICES["lambda_request"] + (
        dispatch_seconds(full) * stack.dispatch_memory / 1024 * PRICES["lambda_gb_second"]
    )
    return requests / 10 + run / full + DIGEST_BYTES / GIBIBYTE * PRICES["log_gb"]


def outage(load: Load, stack: Stack, seconds: float = 3600.0) -> Outage:
    """An outage of TikTok."""
    waiting = load.events * seconds
    # On average an event arrives half-way through.
    needed = waiting * RETRY_ATTEMPTS_AN_HOUR / 2 * (seconds / 3600)
    retries = min(needed, retry_capacity(stack) * seconds)
    # Fresh events have an event source of their own, so that the retries' share is all theirs.
    drain = waiting / retry_capacity(stack) / 60
    return Outage(waiting, retries, retries * retry_price(stack), drain)


def worst_outage_day(stack: Stack) -> float:
    """USD a day that retries cost at most, however many events wait."""
    return retry_capacity(stack) * 86_400 * retry_price(stack)


@dataclass(frozen=True, slots=True)
class Flood:
    """Requests without a valid key, at the throttle of their routes: how many a second, and USD a day."""

    routes: str
    requests: float
    cost: float


def floods(stack: Stack) -> list[Flood]:
    """What a flood costs at most, by kind of route."""
    each = (
        PRICES["api_request"]
        + PRICES["lambda_request"]
        + REJECTED_SECONDS * stack.ingest_memory / 1024 * PRICES["lambda_gb_second"]
        + REJECTED_LOG_BYTES / GIBIBYTE * PRICES["log_gb"]
    )
    rates = {
        "events and their preflights": 2 * stack.api_rate,
        "webhooks, every provider": stack.webhook_routes * stack.webhook_rate,
        "TikTok's own path": stack.other_rate,
        "unknown paths": stack.unknown_rate,
    }
    return [Flood(routes, rate, rate * 86_400 * each) for routes, rate in rates.items()]
