"""Every alarm over simulated datapoints: it rings in time over its fault, and none in a healthy week."""

import random
from collections.abc import Callable, Iterator

import pytest

from relay import telemetry
from relay.delivery.backoff import MAX_DELAY, retry_delay
from relay.tiktok.responses import Response
from tests.aws.cloudwatch import ALARMS, Alarm, Datapoints, Series, evaluate, ringing
from tests.support.delivery import World, record, rejects
from tests.support.template import RESOURCES, STACK, physical, properties

MINUTE, HOUR, DAY = 60, 3600, 86_400
START = 8 * DAY
"""Faults begin here, after a healthy week."""

OTHER_STACK = "other-relay"

API = {"ApiId": physical("Api")}
INGEST = {"FunctionName": physical("IngestFunction")}
DISPATCH = {"FunctionName": physical("DispatchFunction")}
EVENTS = {"QueueName": physical("EventQueue")}
RETRIES = {"QueueName": physical("RetryQueue")}
DEAD_LETTERS = {"QueueName": physical("DeadLetterQueue")}


def own(name: str, **dimensions: str) -> Series:
    """A series of this stack's functions."""
    return Series.of(telemetry.NAMESPACE, name, stack=STACK, **dimensions)


def healthy(start: float, end: float) -> Datapoints:
    """A shop with two requests a minute by day, and what a healthy week brings along."""
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated is needed
    data = Datapoints()
    for minute in range(int(start // MINUTE), int(end // MINUTE)):
        at = minute * MINUTE
        by_day = 8 <= (at % DAY) / HOUR <= 23
        for _ in range(2 if by_day else int(chance.random() < 0.1)):
            data.put(Series.of("AWS/ApiGateway", "Count", **API), at)
            data.put(Series.of("AWS/ApiGateway", "5xx", **API), at, 0)
            # One of fifty meets a cold start.
            latency = 1600 if chance.random() < 0.02 else 40 + 60 * chance.random()
            data.put(Series.of("AWS/ApiGateway", "Latency", **API), at, latency)
            for name in ("EventsReceived", "EventsAccepted", "EventsDelivered"):
                data.put(own(name), at)
            data.put(own("WebhookSignatureValid", sender="shopify"), at, 1)
            data.put(own("OldestEventAge"), at, 1 + 6 * chance.random())
            data.put(Series.of("AWS/Lambda", "Duration", **DISPATCH), at, 300 + 900 * chance.random())
            data.put(Series.of("AWS/Lambda", "Errors", **DISPATCH), at, 0)
            data.put(Series.of("AWS/Lambda", "Throttles", **INGEST), at, 0)
            data.put(Series.of("AWS/Lambda", "Throttles", **DISPATCH), at, 0)
        for queue in (EVENTS, RETRIES, DEAD_LETTERS):
            data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", **queue), at, 0)
        for queue in (EVENTS, RETRIES):
            data.put(Series.of("AWS/SQS", "ApproximateAgeOfOldestMessage", **queue), at, 5)
            data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", **queue), at, 3)
        if chance.random() < 0.001:  # a stranger's forgery among the shop's own webhooks of this quarter
            data.put(own("WebhookSignatureValid", sender="shopify"), at, 0)
            data.put(own("WebhookSignatureValid", sender="shopify"), at, 1)
        if chance.random() < 0.002:  # scanners on paths that don't exist, and a browser of another origin
            for _ in range(200):
                data.put(Series.of("AWS/ApiGateway", "4xx", **API), at)
                data.put(Series.of("AWS/ApiGateway", "Count", **API), at)
            data.put(own("RequestsRejected"), at)
        if chance.random() < 0.001:  # TikTok fails for a minute: two retries, four minutes late at most
            for later in (10, 40, 200):
                data.put(own("EventsRetried", outcome="transient"), at + later)
                data.put(own("OldestEventAge"), at + later, later)
    for function in (INGEST, DISPATCH):  # a sandbox that broke, once
        data.put(Series.of("AWS/Lambda", "Errors", **function), start + 3 * DAY, 1)
    data.put(Series.of("AWS/ApiGateway", "5xx", **API), start + 3 * DAY + 12 * HOUR)  # its sender sends again
    data.put(Series.of("AWS/SQS", "ApproximateAgeOfOldestMessage", **EVENTS), start + 3 * DAY, 605)
    data.put(
        Series.of("AWS/Lambda", "Throttles", **DISPATCH), start + 5 * DAY, 3
    )  # a busy moment of the account
    for at in range(int(start), int(end), 300):  # neighbours in the account, in trouble
        other = {"stack": OTHER_STACK}
        data.put(Series.of(telemetry.NAMESPACE, "EventsDeadLettered", **other), at)
        data.put(Series.of(telemetry.NAMESPACE, "OldestEventAge", **other), at, 9999)
        data.put(Series.of(telemetry.NAMESPACE, "WebhookSignatureValid", sender="stripe", **other), at, 0)
        data.put(Series.of("AWS/Lambda", "Errors", FunctionName="other"), at)
    return data


def retries(response: Response, start: float, end: float) -> Iterator[float]:
    """When an event that arrives at `start` is attempted, with the real backoff and a batch window."""
    chance = random.Random(3)  # noqa: S311 - as above
    at, attempts = start, 0
    while at < end:
        yield at
        attempts += 1
        at += retry_delay(response, attempts, chance.random()) + 5


def tiktok_down_for_an_hour(data: Datapoints) -> None:
    for at in retries(Response("transient", 500), START, START + HOUR):
        data.put(own("EventsRetried", outcome="transient"), at)
        data.put(own("OldestEventAge"), at, at - START)


def endless_throttling(data: Datapoints) -> None:
    for at in retries(Response("throttled", 429, retry_after=60.0), START, START + DAY):
        data.put(own("EventsRetried", outcome="throttled"), at)
        data.put(own("OldestEventAge"), at, at - START)


def rejected_token(data: Datapoints) -> None:
    for at in retries(Response("unauthorised", 401), START, START + DAY):
        data.put(own("EventsRetried", outcome="unauthorised"), at)
        data.put(own("OldestEventAge"), at, at - START)


def message_that_kills_dispatch(data: Datapoints) -> None:
    for receive in range(5):  # maxReceiveCount, one per visibility timeout
        data.put(Series.of("AWS/Lambda", "Errors", **DISPATCH), START + 600 * receive, 1)
    for at in range(START + 3000, START + 2 * HOUR, MINUTE):
        data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", **DEAD_LETTERS), at, 1)


def lambda_cannot_run_dispatch(data: Datapoints) -> None:
    # Its reserved concurrency is 0, or the account's is used up. One event of a quiet shop, received once per
    # visibility timeout; after three receives SQS does not count it in the queue's age.
    for receive in range(5):
        data.put(Series.of("AWS/Lambda", "Throttles", **DISPATCH), START + 600 * receive)
    for at in range(START, START + 1200, MINUTE):
        data.put(Series.of("AWS/SQS", "ApproximateAgeOfOldestMessage", **EVENTS), at, at - START)
    for at in range(START + 3000, START + 2 * HOUR, MINUTE):
        data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", **DEAD_LETTERS), at, 1)


def new_dead_letters_beside_old_ones(data: Datapoints) -> None:
    for at in range(START - 2 * HOUR, START + 2 * HOUR, MINUTE):
        data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", **DEAD_LETTERS), at, 40)
    data.put(own("EventsDeadLettered"), START + 30)


def dead_letters_near_their_end(data: Datapoints) -> None:
    # A person lists them every hour: they are hidden for moments, and after three times no longer in the age.
    for at in range(START - 5 * DAY, START + HOUR, MINUTE):
        hidden = at % HOUR == 0
        data.put(
            Series.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", **DEAD_LETTERS), at, 0 if hidden else 3
        )


def wrong_webhook_secret(data: Datapoints) -> None:
    # Beside a right one of the same sender in another stack, and of another sender in this one.
    for at in range(START, START + HOUR, 5 * MINUTE):
        data.put(own("WebhookSignatureValid", sender="stripe"), at, 0)
        data.put(own("WebhookSignatureValid", sender="shopify"), at, 1)
        other = Series.of(telemetry.NAMESPACE, "WebhookSignatureValid", stack=OTHER_STACK, sender="stripe")
        data.put(other, at, 1)


def throttled_requests(data: Datapoints) -> None:
    for second in range(30):
        data.put(own("RequestsThrottled"), START + second)
        data.put(Series.of("AWS/ApiGateway", "4xx", **API), START + second)
        data.put(Series.of("AWS/ApiGateway", "Count", **API), START + second)


def sender_with_a_wrong_key(data: Datapoints) -> None:
    for at in range(START, START + HOUR, 10):
        data.put(own("RequestsRejected"), at)
        data.put(Series.of("AWS/ApiGateway", "Count", **API), at)


def unknown_code(data: Datapoints) -> None:
    data.put(own("UnknownResponses"), START + 5)


def event_source_switched_off(data: Datapoints) -> None:
    for at in range(START, START + HOUR, MINUTE):
        for queue in (EVENTS, RETRIES):
            data.put(Series.of("AWS/SQS", "ApproximateAgeOfOldestMessage", **queue), at, at - START)


def many_in_flight(data: Datapoints) -> None:
    for at in range(START, START + HOUR, MINUTE):
        growing = min(2000 * (at - START) / MINUTE, 120_000)
        data.put(Series.of("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", **EVENTS), at, growing)


def ingest_fails(data: Datapoints) -> None:
    for at in range(START + 10, START + HOUR, 30):
        data.put(Series.of("AWS/ApiGateway", "Count", **API), at)
        data.put(Series.of("AWS/ApiGateway", "5xx", **API), at)


def ingest_fails_in_a_shop_with_an_order_an_hour(data: Datapoints) -> None:
    data.put(Series.of("AWS/ApiGateway", "Count", **API), START + 20)
    data.put(Series.of("AWS/ApiGateway", "5xx", **API), START + 20)


def ten_million_requests_a_day(data: Datapoints, errors_an_hour: int) -> None:
    for at in range(START, START + DAY, MINUTE):
        data.put(Series.of("AWS/ApiGateway", "Count", **API), at, 7000)
    for at in range(START, START + DAY, HOUR // errors_an_hour):
        data.put(Series.of("AWS/ApiGateway", "5xx", **API), at)


def ten_of_them_are_lost_an_hour(data: Datapoints) -> None:
    ten_million_requests_a_day(data, errors_an_hour=10)


def webhook_that_kills_ingest(data: Datapoints) -> None:
    for later in (10, 70, 400, 1200):  # Shopify sends it again
        data.put(Series.of("AWS/Lambda", "Errors", **INGEST), START + later)


def no_capacity_for_ingest(data: Datapoints) -> None:
    data.put(Series.of("AWS/Lambda", "Throttles", **INGEST), START + 20)


def slow_responses(data: Datapoints) -> None:
    for at in range(START, START + HOUR, 30):
        data.put(Series.of("AWS/ApiGateway", "Latency", **API), at, 4200)


def duration_of_a_run(request_seconds: float) -> float:
    """The milliseconds of a run that finds ten bad events among a thousand, TikTok naming none."""
    bad = [str(number) for number in range(0, 1000, 100)]
    world = World(
        respond=rejects(*bad), takes=request_seconds, left=properties("DispatchFunction")["Timeout"]
    )
    left = world.left
    world.deliver(*[record(number) for number in range(1000)])
    return (left - world.left) * 1000


def slow_tiktok(data: Datapoints) -> None:
    duration = duration_of_a_run(request_seconds=2.0)
    for at in range(START, START + HOUR, 90):
        data.put(Series.of("AWS/Lambda", "Duration", **DISPATCH), at, duration)


def sender_set_up_wrongly(data: Datapoints) -> None:
    data.put(own("WebhooksLost"), START + 20)


def forgotten_test_code(data: Datapoints) -> None:
    # A small shop: one order a day.
    for at in range(START + 5 * HOUR, START + 5 * DAY, DAY):
        data.put(own("EventsAsTest"), at)


def faulty_secret(data: Datapoints) -> None:
    data.put(own("SecretFaults"), START + 20)


def new_version_with_errors(data: Datapoints) -> None:
    for name, function in (("Ingest", INGEST), ("Dispatch", DISPATCH)):
        version = {
            "Resource": f"{function['FunctionName']}:live",
            "ExecutedVersion": f"{physical(name + 'Function')}.Version.Version",
        }
        data.put(Series.of("AWS/Lambda", "Errors", **function, **version), START + 20, 1)
        own_version = f"{name.lower()}-{version['ExecutedVersion']}"
        data.put(own("VersionErrors", version=own_version), START + 20)
    data.put(own("InternalErrors"), START + 20)


# Each fault: what it does to the metrics, which alarm has to ring, and within how long.
FAULTS: list[tuple[Callable[[Datapoints], None], str, int]] = [
    (tiktok_down_for_an_hour, "OldestEventAlarm", 45 * MINUTE),
    (endless_throttling, "OldestEventAlarm", 45 * MINUTE),
    (rejected_token, "TokenRejectedAlarm", 2 * MINUTE),
    (rejected_token, "OldestEventAlarm", 45 * MINUTE),
    (message_that_kills_dispatch, "DispatchErrorsAlarm", 20 * MINUTE),
    (message_that_kills_dispatch, "DeadLettersAlarm", 60 * MINUTE),
    (lambda_cannot_run_dispatch, "DispatchThrottlesAlarm", 20 * MINUTE),
    (new_dead_letters_beside_old_ones, "NewDeadLettersAlarm", 6 * MINUTE),
    (dead_letters_near_their_end, "DeadLettersAgeAlarm", HOUR),
    (wrong_webhook_secret, "WebhookSignaturesAlarm", 16 * MINUTE),
    (throttled_requests, "RequestsThrottledAlarm", 6 * MINUTE),
    (sender_with_a_wrong_key, "RequestsRejectedAlarm", 20 * MINUTE),
    (unknown_code, "UnknownResponsesAlarm", 6 * MINUTE),
    (event_source_switched_off, "QueueAgeAlarm", 40 * MINUTE),
    (event_source_switched_off, "RetryQueueAgeAlarm", 55 * MINUTE),
    (many_in_flight, "InFlightAlarm", 60 * MINUTE),
    (ingest_fails, "ServerErrorsAlarm", 10 * MINUTE),
    (ingest_fails_in_a_shop_with_an_order_an_hour, "ServerErrorsAlarm", 6 * MINUTE),
    (ten_of_them_are_lost_an_hour, "ServerErrorsAlarm", 65 * MINUTE),
    (webhook_that_kills_ingest, "IngestErrorsAlarm", 15 * MINUTE),
    (no_capacity_for_ingest, "IngestThrottlesAlarm", 6 * MINUTE),
    (slow_responses, "LatencyAlarm", 15 * MINUTE),
    (slow_tiktok, "DispatchDurationAlarm", 15 * MINUTE),
    (faulty_secret, "SecretFaultsAlarm", 6 * MINUTE),
    (sender_set_up_wrongly, "WebhooksLostAlarm", 6 * MINUTE),
    (forgotten_test_code, "TestCodeAlarm", 3 * DAY),
    (new_version_with_errors, "IngestRollbackAlarm", 2 * MINUTE),
    (new_version_with_errors, "DispatchRollbackAlarm", 2 * MINUTE),
    (new_version_with_errors, "IngestFaultsRollbackAlarm", 2 * MINUTE),
    (new_version_with_errors, "DispatchFaultsRollbackAlarm", 2 * MINUTE),
    (new_version_with_errors, "InternalErrorsAlarm", 6 * MINUTE),
]


def test_none_rings_in_a_healthy_week() -> None:
    assert ringing(healthy(START - 7 * DAY, START), 0, START) == {}


@pytest.mark.parametrize(
    ("fault", "alarm", "within"), FAULTS, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_an_alarm_rings_over_its_fault_in_time(
    fault: Callable[[Datapoints], None], alarm: str, within: int
) -> None:
    data = healthy(START - DAY, START)
    fault(data)
    at = ALARMS[alarm].rings(data, START, START + max(DAY, within))
    assert at is not None, f"{alarm} does not ring"
    assert at - START <= within, f"{alarm} rings after {(at - START) / MINUTE:.0f} minutes"


def test_one_of_a_hundred_thousand_requests_that_fails_does_not_ring() -> None:
    data = healthy(START - DAY, START)
    ten_million_requests_a_day(data, errors_an_hour=4)
    assert ringing(data, START, START + DAY) == {}


def test_a_day_of_tests_does_not_ring() -> None:
    data = healthy(START - DAY, START)
    for at in range(START, START + DAY, HOUR):
        data.put(own("EventsAsTest"), at, 40)
    assert ringing(data, START, START + 5 * DAY) == {}


def test_many_bad_events_at_tiktoks_usual_speed_are_no_slow_run() -> None:
    assert duration_of_a_run(request_seconds=0.3) < ALARMS["DispatchDurationAlarm"].properties["Threshold"]


def test_every_alarm_has_a_fault_that_it_rings_over() -> None:
    assert {alarm for _, alarm, _ in FAULTS} == set(ALARMS)


def test_a_wrong_secret_in_another_stack_does_not_ring_here() -> None:
    data = healthy(START - DAY, START)
    for at in range(START, START + HOUR, MINUTE):
        data.put(
            Series.of(telemetry.NAMESPACE, "WebhookSignatureValid", stack=OTHER_STACK, sender="shopify"),
            at,
            0,
        )
        data.put(own("WebhookSignatureValid", sender="shopify"), at, 1)
    assert ringing(data, START, START + HOUR) == {}


RECURRING = {"EventsRetried", "OldestEventAge", "UnknownResponses", "SecretFaults", "InternalErrors"}
"""Metrics that come with each attempt of a waiting event, or with each read of a secret for one."""


@pytest.mark.parametrize(
    "alarm",
    [
        alarm
        for alarm in ALARMS.values()
        # CodeDeploy looks at the others for minutes.
        if RESOURCES[alarm.name].get("Condition") != "IsGradual"
        and any(series.name in RECURRING for series, _ in alarm.reads().values())
    ],
    ids=lambda alarm: alarm.name,
)
def test_an_alarm_keeps_ringing_between_two_retries(alarm: Alarm) -> None:
    # Longest delay and batch window: no gap in which the alarm would say that all is well again.
    assert alarm.properties["DatapointsToAlarm"] == 1
    assert int(alarm.properties["EvaluationPeriods"]) * alarm.period > MAX_DELAY + 60


def test_no_alarm_asks_for_more_than_cloudwatch_evaluates() -> None:
    for alarm in ALARMS.values():
        reach = alarm.period * int(alarm.properties["EvaluationPeriods"])
        longest = 7 * DAY if alarm.period >= HOUR else DAY
        assert reach <= (3 * HOUR if alarm.query else longest), alarm.name
        assert alarm.period % 60 == 0


def test_percentages_are_reckoned_only_over_enough_requests() -> None:
    (expression,) = (
        metric["Expression"]
        for metric in ALARMS["RequestsRejectedAlarm"].properties["Metrics"]
        if "Expression" in metric
    )
    assert evaluate(expression, {"rejected": 9, "requests": 9}) == 0
    assert evaluate(expression, {"rejected": 10, "requests": 20}) == 50
