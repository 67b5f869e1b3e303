"""The functions with AWS played by moto, and TikTok by the simulator."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID, MockAWS
from moto.sqs.models import sqs_backends
from mypy_boto3_sqs import SQSClient

import dispatch.dependencies
import dispatch.handler
import ingest.dependencies
from ingest.handler import lambda_handler
from local.simulator import Simulator
from relay import telemetry
from relay.message import Message, decode
from relay.webhooks import registry
from tests.support.events import PIXEL
from tests.support.lambda_events import SERVER_KEY, Context, http_event

TOKEN = "token-of-the-pixel"

WEBHOOK_SECRETS: dict[str, str | list[str]] = {
    **{name: [f"{name}-secret-of-the-tests"] for name in registry.PROVIDERS},
    "shopify": ["shopify-secret-of-old", "shopify-secret-1"],
    "stripe": "whsec_stripe-secret-number-1",
    "woocommerce": ["woocommerce-secret-1"],
    "standard": ["whsec_c3RhbmRhcmQtc2VjcmV0LTE="],
}

SESSION = boto3.Session(region_name="us-east-1")
"""One for all tests, and for the functions too: a session reads megabytes of service descriptions, once."""


@dataclass
class Ingest:
    """The ingest function over an SQS queue that can be looked into."""

    sqs: SQSClient
    queue_url: str

    def request(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Sends a request; the body of the answer comes parsed, as `json`."""
        answer: Any = lambda_handler(http_event(*args, **more), None)  # type: ignore[arg-type]
        return {**answer, "json": json.loads(answer["body"]) if answer["body"] else None}

    def request_raw(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Sends a request; gives the answer as API Gateway gets it."""
        answer: Any = lambda_handler(http_event(*args, **more), None)  # type: ignore[arg-type]
        return {**answer}

    def queued(self) -> list[str]:
        """Takes everything off the queue."""
        bodies: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@pytest.fixture(scope="module")
def moto_aws() -> Iterator[MockAWS]:
    """AWS as moto plays it. It sets up a thousand URLs, which is not for every test."""
    # Without this setting moto puts a session of its own in SESSION's place, for each test.
    with mock_aws(config={"core": {"reset_boto3_session": False}}) as mocked:
        yield mocked


@pytest.fixture
def aws(moto_aws: MockAWS, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty AWS account, and functions that have not run yet."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
    moto_aws.reset()
    ingest.dependencies.get_dependencies.cache_clear()
    dispatch.dependencies.get_dependencies.cache_clear()
    yield SESSION
    ingest.dependencies.get_dependencies.cache_clear()
    dispatch.dependencies.get_dependencies.cache_clear()


@pytest.fixture
def ingest_function(aws: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """The ingest function as the template sets it up."""
    sqs = aws.client("sqs")
    queue_url = sqs.create_queue(QueueName="events")["QueueUrl"]
    secret = json.dumps({"server_key": SERVER_KEY, **WEBHOOK_SECRETS})
    arn = aws.client("secretsmanager").create_secret(Name="ingest", SecretString=secret)["ARN"]
    for name, value in {
        "QUEUE_URL": queue_url,
        "INGEST_SECRET_ARN": arn,
        "PIXEL_ID": PIXEL,
        "ALLOWED_ORIGINS": "https://shop.example",
    }.items():
        monkeypatch.setenv(name, value)
    return Ingest(sqs, queue_url)


class Output:
    """Everything that the functions wrote: log lines and metrics."""

    def __init__(self, capture: pytest.CaptureFixture[str], log: io.StringIO) -> None:
        self._capture, self._log = capture, log

    def text(self) -> str:
        """What was written since the last call."""
        written = "".join(self._capture.readouterr()) + self._log.getvalue()
        self._log.truncate(0)
        return written


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    """What the functions write. The logger keeps the stream that it was first made with: it is given ours."""
    logger = logging.getLogger("service_undefined")
    if not logger.handlers:
        telemetry.info("test_started")
    log = io.StringIO()
    (handler,) = logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    # Not by setStream, which flushes the stream before: that one may be another test's, and closed.
    handler.stream = log
    # A test that calls a route past the handler leaves metrics, which the next invocation would write.
    telemetry.flush()
    capsys.readouterr()
    return Output(capsys, log)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """TikTok, which knows one token."""
    with Simulator(tokens={TOKEN: [PIXEL]}) as running:
        yield running


@dataclass
class DeadLetterQueue:
    """The dead-letter queue of the dispatch function."""

    sqs: SQSClient
    queue_url: str

    def messages(self) -> list[dict[str, str]]:
        """Looks at everything on it: attributes, and the body as `body`."""
        found: list[dict[str, str]] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                attributes = message.get("MessageAttributes", {})
                found.append(
                    {"body": message["Body"]}
                    | {name: value["StringValue"] for name, value in attributes.items()}
                )
        return found


@pytest.fixture
def dead_letter_queue(aws: boto3.Session) -> DeadLetterQueue:
    """An empty dead-letter queue."""
    sqs = aws.client("sqs")
    return DeadLetterQueue(sqs, sqs.create_queue(QueueName="dead-letters")["QueueUrl"])


@dataclass
class RetryQueue:
    """The retry queue of the dispatch function."""

    sqs: SQSClient
    queue_url: str

    def delayed(self) -> int:
        """How many messages wait for their delay."""
        name: Any = "ApproximateNumberOfMessagesDelayed"
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def messages(self) -> list[Message]:
        """All messages, from moto itself: a delayed message can't be received."""
        queue = sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues["retries"]
        return [decode(message.body) for message in queue._messages]  # noqa: SLF001


@pytest.fixture
def retry_queue(aws: boto3.Session) -> RetryQueue:
    """An empty retry queue."""
    sqs = aws.client("sqs")
    return RetryQueue(sqs, sqs.create_queue(QueueName="retries")["QueueUrl"])


@pytest.fixture
def dispatch_function(
    aws: boto3.Session,
    simulator: Simulator,
    retry_queue: RetryQueue,
    dead_letter_queue: DeadLetterQueue,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The dispatch function as the template sets it up, with the simulator in TikTok's place."""
    secret = json.dumps({PIXEL: TOKEN})
    arn = aws.client("secretsmanager").create_secret(Name="tiktok", SecretString=secret)["ARN"]
    for name, value in {
        "RETRY_QUEUE_URL": retry_queue.queue_url,
        "DEAD_LETTER_QUEUE_URL": dead_letter_queue.queue_url,
        "TIKTOK_SECRET_ARN": arn,
        "TIKTOK_API_URL": simulator.url,
        "PIXEL_ID": PIXEL,
    }.items():
        monkeypatch.setenv(name, value)

    def run(event: dict[str, Any]) -> dict[str, Any]:
        answer: Any = dispatch.handler.lambda_handler(event, Context())  # type: ignore[arg-type]
        return dict(answer)

    return run
