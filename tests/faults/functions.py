"""A function's process: started, invoked once at a time, killed, and started again."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from tests.faults.servers import Invocation, RuntimeApi, Server
from tests.faults.steps import Steps

ROOT: Final[Path] = Path(__file__).resolve().parents[2]

MAX_SECONDS: Final[float] = 20.0
"""No run takes seconds here. Beyond this one, Lambda's time-out is assumed to strike: the process is
killed."""

PATIENCE_SECONDS: Final[float] = 120.0
"""For a process to start."""


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an invocation. `response` is None where the function was killed, raised, or came too
    late."""

    response: dict[str, Any] | None
    killed: bool = False
    raised: bool = False
    late: bool = False
    now: float = 0.0
    open_files: int = 0
    threads: int = 0


class Function:
    """One function in Lambda's runtime client, in a process of its own.

    `name` is its package, `environment` its variables, `clock` gives Unix seconds.
    """

    def __init__(
        self, name: str, environment: Mapping[str, str], steps: Steps, clock: Callable[[], float]
    ) -> None:
        self._name, self._environment, self._steps, self._clock = name, environment, steps, clock
        self._runtime = RuntimeApi(steps)
        self._pid = 0
        self._dead = threading.Event()
        self._deaths: queue.Queue[int] = queue.Queue()
        self._started = threading.Event()
        self.invocations = self.kills = 0
        descriptor, path = tempfile.mkstemp(prefix=f"relay-faults-{name}-", suffix=".log")
        os.close(descriptor)
        self.log = Path(path)

    def __enter__(self) -> Self:
        self._server = Server(self._runtime.answer)
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(
                str(ROOT / part) for part in (".", "layers/relay", "functions/dispatch", "functions/ingest")
            ),
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "POWERTOOLS_SERVICE_NAME": self._name,
            **self._environment,
        }
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", self._name, str(self.log)],
            env=environment,
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
        self._server.close()
        if kind is None:
            self.log.unlink()

    def invoke(
        self,
        event: dict[str, Any],
        *,
        seconds: float,
        kill_at: int | None = None,
        request_seconds: float = 0.0,
        patience: float = 1.0,
    ) -> Result:
        """Run the function once, with `seconds` of time; it is killed at the step of number `kill_at`.

        `request_seconds` is how long TikTok takes by the function's clock, `patience` scales the time that
        dispatch reserves.
        """
        self.invocations += 1
        self._steps.begin(self._kill, kill_at)
        now = self._clock()
        content = {"event": event, "now": now, "request_seconds": request_seconds, "patience": patience}
        self._runtime.invoke(Invocation(self.invocations, content, now + seconds))
        give_up = time.monotonic() + MAX_SECONDS
        while self._worker.poll() is None:
            try:
                number, report = self._runtime.reports.get(timeout=0.02)
            except queue.Empty:
                if not self._deaths.empty():
                    self._deaths.get()
                    self.kills += 1
                    self._await_child()
                    return Result(None, killed=True)
                if time.monotonic() > give_up:
                    self.restart(idle=False)
                    return Result(None, late=True)
                continue
            if number == self.invocations:
                return _result(report)
        raise RuntimeError(f"the {self._name} process ended by itself; see {self.log}")

    def restart(self, *, idle: bool = True) -> None:
        """Replace the process: a cold start."""
        if idle:
            self._runtime.await_idle(PATIENCE_SECONDS)
        self._runtime.forget()
        self._kill()
        self._deaths.get()
        self._await_child()

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
            raise TimeoutError(f"no {self._name} process started; see {self.log}")


def _result(report: bytes | None) -> Result:
    if report is None:
        return Result(None, raised=True)
    found = json.loads(report)
    return Result(
        None if found["late"] else found["response"],
        late=found["late"],
        now=found["now"],
        open_files=found["open_files"],
        threads=found["threads"],
    )
