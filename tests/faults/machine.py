"""The machine: both functions and the world around them, and one invocation at a time."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import boto3
from botocore.config import Config

from local.simulator import Simulator
from relay_cli import dead_letters
from relay_cli.replaying import Replay, replay
from relay_cli.stacks import Queues
from tests.faults.functions import Function, Result
from tests.faults.queues import Queue, Stored
from tests.faults.servers import Aws, Server
from tests.faults.steps import KilledError, Steps

TIMEOUT_SECONDS: Final[float] = 90.0
VISIBILITY_TIMEOUT: Final[float] = 600.0
MAX_RECEIVES: Final[int] = 5
INGEST_SECONDS: Final[float] = 10.0
"""Dispatch's timeout, the queues' visibility timeout and maxReceiveCount, ingest's timeout: template.yaml."""

SERVER_KEY: Final[str] = "server-key-of-the-fault-run"
WEBHOOK_SECRET: Final[str] = "whsec_" + base64.b64encode(b"webhook-secret-of-the-run").decode()


class ProofError(Exception):
    """Something that has to be true is not; the text says what."""


def must(true: bool, otherwise: str) -> None:
    """Raise ProofError unless something is true."""
    if not true:
        raise ProofError(otherwise)


@dataclass(slots=True)
class Run:
    """One run of dispatch: the messages it got, and those that it reported as failed (None if it did not)."""

    given: list[Stored]
    failed: set[str] | None
    result: Result | None
    requests: list[Any] = field(default_factory=list)


class Machine:
    """Everything. `ahead` is how far the clock of all here runs ahead of the real one.

    `pixels` are the destinations; the first is the template's own. `max_in_flight` is SQS's limit, scaled.
    """

    def __init__(self, seed: int, pixels: Sequence[str], *, max_in_flight: int = 120_000) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - randomness that can be repeated is needed
        self.ahead = 0.0
        self.pixels = pixels
        self.steps = Steps()
        self.dead_letters = Queue(self.now, VISIBILITY_TIMEOUT, self.chance)
        redrive = (self.dead_letters, MAX_RECEIVES)
        self.events, self.retries = (
            Queue(self.now, VISIBILITY_TIMEOUT, self.chance, max_in_flight=max_in_flight, redrive=redrive)
            for _ in range(2)
        )
        names = {"events": self.events, "retries": self.retries, "dead-letters": self.dead_letters}
        self.aws = Aws(names, self.steps, self.chance)
        self.simulator = Simulator(clock=self.now, arrived=self._arrived)
        self.tokens: dict[str, str] = {}
        self.situations: Counter[str] = self.aws.situations
        self._stack = contextlib.ExitStack()
        self._numbers = itertools.count()

    def __enter__(self) -> Self:
        self._aws_server = Server(self.aws.answer)
        self._stack.callback(self._aws_server.close)
        self.simulator.start()
        self._stack.callback(self.simulator.close)
        endpoint = f"http://{self._aws_server.address}"
        shared = {
            "AWS_ENDPOINT_URL": endpoint,
            "PIXEL_ID": self.pixels[0],
            "DESTINATIONS": ",".join(f"web:{pixel}" for pixel in self.pixels[1:]),
        }
        dispatch = {
            "RETRY_QUEUE_URL": self.aws.url("retries"),
            "DEAD_LETTER_QUEUE_URL": self.aws.url("dead-letters"),
            "TIKTOK_SECRET_ARN": "tiktok",
            "TIKTOK_API_URL": self.simulator.url,
        }
        ingest = {"QUEUE_URL": self.aws.url("events"), "INGEST_SECRET_ARN": "ingest"}
        self.aws.secrets["ingest"] = json.dumps({"server_key": SERVER_KEY, "standard": [WEBHOOK_SECRET]})
        self.grant_new_tokens()
        self.dispatch = self._stack.enter_context(
            Function("dispatch", shared | dispatch, self.steps, self.now)
        )
        self.ingest = self._stack.enter_context(Function("ingest", shared | ingest, self.steps, self.now))
        self._sqs = boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self._stack.callback(self._sqs.close)
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.__exit__(*failure)  # type: ignore[arg-type]

    def now(self) -> float:
        """The time here, Unix seconds."""
        return time.time() + self.ahead

    def reset(self) -> None:
        """Empty queues and simulator, new tokens, new processes."""
        self.simulator.reset()
        self.aws.clear()
        self.events.twice = self.retries.twice = 0.0
        self.ahead += 3600  # nothing of the time before matters
        self.grant_new_tokens()
        self.dispatch.restart()
        self.ingest.restart()

    def next_number(self) -> int:
        """A number for one more event."""
        return next(self._numbers)

    # ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────

    def grant_new_tokens(self, *pixels: str) -> None:
        """Give these pixels (all, if none is named) new tokens, in the secret and at TikTok."""
        self.tokens |= {pixel: secrets.token_hex(8) for pixel in pixels or self.pixels}
        self.aws.secrets["tiktok"] = json.dumps(self.tokens)
        self.simulator.set_tokens({token: [pixel] for pixel, token in self.tokens.items()})

    def revoke_token(self, pixel: str) -> None:
        """Let TikTok reject the token of a pixel."""
        self.simulator.set_tokens({token: [entry] for entry, token in self.tokens.items() if entry != pixel})

    # ── dispatch ───────────────────────────────────────────────────────────────────────────────────────────

    def run(
        self,
        most: int = 1000,
        *,
        queue: Queue | None = None,
        kill_at: int | None = None,
        seconds: float = TIMEOUT_SECONDS,
        request_seconds: float = 0.0,
        patience: float = 1.0,
    ) -> Run | None:
        """Take up to `most` messages off a queue, run dispatch on them, delete those that it did not report.

        Without a queue, the one that has something first; time passes until then. None when both are empty.
        """
        batch: list[tuple[str, Stored]] = []
        source = queue or self.events
        while not batch:
            if queue is None:
                times = [(at, item) for item in (self.events, self.retries) if (at := item.next_visible_at())]
                if not times:
                    return None
                at, source = min(times, key=lambda entry: entry[0])
                if at > self.now():
                    # Half a minute more: what comes back one by one comes together, as by a batch window.
                    self.ahead += at - self.now() + 30.0
            elif source.next_visible_at() is None:
                return None
            batch = source.receive(most)
            if not batch and queue is not None:
                return Run([], set(), None)
        before = len(self.simulator.requests())
        event = {"Records": [_record(handle, message) for handle, message in batch]}
        result = self.dispatch.invoke(
            event, seconds=seconds, kill_at=kill_at, request_seconds=request_seconds, patience=patience
        )
        must(not result.late, "a run of dispatch did not end in time")
        if result.killed:
            # Its last request may still be on its way, and would be taken for one of the next run.
            self.simulator.wait_until_disconnected()
        self.ahead += max(result.now - self.now(), 0.0)
        run = Run([message for _, message in batch], None, result, self.simulator.requests()[before:])
        if result.response is None:
            self.situations["dispatch: killed" if result.killed else "dispatch: raised"] += 1
            return run
        run.failed = {failure["itemIdentifier"] for failure in result.response["batchItemFailures"]}
        given = {message.message_id for message in run.given}
        must(run.failed <= given, "a report names messages that were not given")
        for message_id in given - run.failed:
            source.delete(message_id)
        return run

    def drain(self, most: int = 1000, runs: int = 5000) -> None:
        """Run dispatch until both queues are empty."""
        for _ in range(runs):
            if self.run(most) is None:
                return
        raise ProofError("the queues never become empty")

    # ── ingest ─────────────────────────────────────────────────────────────────────────────────────────────

    def post(
        self, path: str, body: object, headers: Mapping[str, str], kill_at: int | None = None
    ) -> tuple[int, Any] | None:
        """Send a request to ingest; status and body, or None where it was killed."""
        text = json.dumps(body)
        event = {
            "version": "2.0",
            "routeKey": f"POST {path}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json", **headers},
            "requestContext": {
                "http": {"method": "POST", "path": path, "sourceIp": "9.9.9.9", "protocol": "HTTP/1.1"},
                "requestId": f"request-{self.ingest.invocations}",
                "stage": "$default",
            },
            "body": text,
            "isBase64Encoded": False,
        }
        result = self.ingest.invoke(event, seconds=INGEST_SECONDS, kill_at=kill_at)
        must(not result.late, "a request to ingest did not end in time")
        if result.response is None:
            must(result.killed, "ingest raised")
            self.situations["ingest: killed"] += 1
            return None
        return result.response["statusCode"], json.loads(result.response["body"] or "null")

    def post_events(self, events: Sequence[dict[str, Any]], kill_at: int | None = None) -> set[str]:
        """Send events to `/v1/events`; the ids of those that it calls accepted."""
        answer = self.post(
            "/v1/events", {"events": list(events)}, {"authorization": f"Bearer {SERVER_KEY}"}, kill_at
        )
        if answer is None or answer[0] != 202:
            return set()
        return {str(accepted["event_id"]) for accepted in answer[1]["accepted"]}

    def post_tiktok(self, pixel: str, items: Sequence[dict[str, Any]]) -> set[str]:
        """Send items to TikTok's own route; the ids of those that are accepted, which is all or none."""
        body = {"event_source": "web", "event_source_id": pixel, "data": list(items)}
        answer = self.post("/open_api/v1.3/event/track/", body, {"access-token": SERVER_KEY})
        accepted = answer is not None and answer[0] == 200 and answer[1]["code"] == 0
        return {str(item["event_id"]) for item in items} if accepted else set()

    def post_webhook(self, events: Sequence[dict[str, Any]]) -> set[str]:
        """Send events as a signed webhook; the ids of those that are accepted, which is all or none."""
        body, at = {"events": list(events)}, str(int(self.now()))
        message_id = f"msg_{self.ingest.invocations}"
        key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
        signed = f"{message_id}.{at}.{json.dumps(body)}".encode()
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        headers = {"webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
        answer = self.post("/v1/webhooks/standard", body, headers)
        accepted = answer is not None and answer[0] == 200
        return {str(event["event_id"]) for event in events} if accepted else set()

    # ── replay ─────────────────────────────────────────────────────────────────────────────────────────────

    def replay(self) -> Replay:
        """`relay replay`: everything on the dead-letter queue goes to the event queue again."""
        queues = Queues(self._sqs, self.aws.url("events"), self.aws.url("dead-letters"), "the fault run")
        self.steps.begin(lambda: None)
        with dead_letters.reading(self._sqs, queues.dead_letter_queue_url, 1800) as held:
            selected = list(held.values())
            result = Replay(len(selected))
            replay(queues, selected, 1e9, result, held, now=self.now)
        self.situations["replay: dead letters sent"] += result.sent
        self.situations["replay: dead letters that the queue did not take"] += result.not_sent
        return result

    def _arrived(self) -> None:
        # A killed client's request is at TikTok all the same.
        with contextlib.suppress(KilledError):
            self.steps.step("request at TikTok")


def _record(handle: str, message: Stored) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
