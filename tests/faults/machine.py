"""The machine: the function's process and the world around it, put together, and one invocation at a time."""

import contextlib
import json
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from local.simulator import Simulator
from tests.faults.queues import Queue, Stored
from tests.faults.servers import Aws, Invocation, RuntimeApi, Server
from tests.faults.steps import KilledError, Steps

ROOT: Final[Path] = Path(__file__).resolve().parents[2]

TIMEOUT_SECONDS: Final[float] = 90.0
HIDDEN_SECONDS: Final[float] = 600.0
"""The function's timeout and the queue's visibility timeout in template.yaml."""

PATIENCE_SECONDS: Final[float] = 120.0
"""Nothing here takes seconds; beyond two minutes something is wrong."""


class Machine:
    """Runs dispatch. `ahead` is how far its clock, and everybody's here, runs ahead of the real one."""

    def __init__(self, seed: int, *, twice: float = 0.03, trouble: float = 0.02, pixel: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - chance that can be repeated is wanted
        self.ahead = 0.0
        self.steps = Steps(self._kill)
        self.events = Queue(self.now, HIDDEN_SECONDS, self.chance, twice=twice)
        self.dead_letters = Queue(self.now, HIDDEN_SECONDS, self.chance)
        self.aws = Aws(
            {"events": self.events, "dead-letters": self.dead_letters}, self.steps, self.chance, trouble
        )
        self.simulator = Simulator(clock=self.now, arrived=self._arrived)
        self._runtime = RuntimeApi(self.steps)
        self._pixel = pixel
        self._pid = 0
        self._dead = threading.Event()
        self._deaths: queue.Queue[int] = queue.Queue()
        self._started = threading.Event()
        self.invocations = 0
        self.kills = 0
        descriptor, path = tempfile.mkstemp(prefix="relay-faults-", suffix=".log")
        os.close(descriptor)
        self.log = Path(path)

    def __enter__(self) -> Self:
        self._servers = [Server(self.aws.answer), Server(self._runtime.answer)]
        self.simulator.start()
        aws, runtime = self._servers
        env = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(
                str(ROOT / part) for part in (".", "layers/relay", "functions/dispatch")
            ),
            "AWS_LAMBDA_RUNTIME_API": runtime.address,
            "AWS_ENDPOINT_URL": f"http://{aws.address}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "POWERTOOLS_SERVICE_NAME": "dispatch",
            "QUEUE_URL": self.aws.url("events"),
            "RETRY_QUEUE_URL": self.aws.url("retries"),
            "DEAD_LETTER_QUEUE_URL": self.aws.url("dead-letters"),
            "TIKTOK_SECRET_ARN": "tiktok",
            "TIKTOK_API_URL": self.simulator.url,
            "PIXEL_ID": self._pixel,
        }
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", str(self.log)],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._await_child()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._worker.pid, signal.SIGKILL)
        self._worker.wait()
        self._listener.join()
        if self._worker.stdout is not None:
            self._worker.stdout.close()
        for server in self._servers:
            server.close()
        self.simulator.close()
        if kind is None:
            self.log.unlink()

    def now(self) -> float:
        """The time here, Unix seconds."""
        return time.time() + self.ahead

    def invoke(self, batch: Sequence[tuple[str, Stored]], kill_at: int | None = None) -> set[str] | None:
        """Runs dispatch on messages with their receipt handles; gives the ids that it reports as failed.

        None when it was killed, at the step of this number.
        """
        self.invocations += 1
        self.steps.begin(kill_at)
        event: dict[str, Any] = {"now": self.now(), "Records": [_record(*each) for each in batch]}
        self._runtime.invoke(Invocation(self.invocations, event, self.now() + TIMEOUT_SECONDS))
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up and self._worker.poll() is None:
            try:
                number, report = self._runtime.reports.get(timeout=0.02)
            except queue.Empty:
                if not self._deaths.empty():
                    self._deaths.get()
                    self.kills += 1
                    self._await_child()
                    return None
                continue
            if number == self.invocations:
                return {each["itemIdentifier"] for each in json.loads(report)["batchItemFailures"]}
        raise TimeoutError(f"the function neither reported nor was killed; see {self.log}")

    def run(self, most: int, kill_at: int | None = None) -> int:
        """Takes up to so many messages off the queue, runs dispatch on them, deletes what it did not report.

        Gives how many there were. When nothing can be received, time passes until something can.
        """
        batch: list[tuple[str, Stored]] = []
        # A message that was put off again since it was looked for is not given out: then time passes on.
        while not batch:
            at = self.events.next_visible_at()
            if at is None:
                return 0
            # Half a minute more: what comes back one by one comes together, as by a batching window.
            self.ahead += max(at - self.now() + 30.0, 0.0) if at > self.now() else 0.0
            batch = self.events.receive(most)
        failed = self.invoke(batch, kill_at)
        if failed is not None:
            given = {message.message_id for _, message in batch}
            if not failed <= given:
                raise ValueError("a report names messages that were not given")
            for message_id in given - failed:
                self.events.delete(message_id)
        return len(batch)

    def restart(self) -> None:
        """Has a new process take the place of the one that waits for work."""
        self._runtime.await_idle(PATIENCE_SECONDS)
        self._runtime.forget()
        self._kill()
        self._deaths.get()
        self._await_child()

    def _arrived(self) -> None:
        # A killed client's request is at TikTok all the same.
        with contextlib.suppress(KilledError):
            self.steps.step("request at TikTok")

    def _kill(self) -> None:
        dead = self._dead
        self._started.clear()
        os.kill(self._pid, signal.SIGKILL)
        # Dead before anything goes on: nothing that it does from here on counts.
        dead.wait(PATIENCE_SECONDS)

    def _listen(self) -> None:
        for line in self._worker.stdout or ():
            what, pid = line.split()
            if what == "started":
                self._pid = int(pid)
                self._dead = threading.Event()
                self._started.set()
            else:
                self._dead.set()
                self._deaths.put(int(pid))

    def _await_child(self) -> None:
        if not self._started.wait(PATIENCE_SECONDS):
            raise TimeoutError(f"no worker started; see {self.log}")


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
