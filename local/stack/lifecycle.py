"""Bring the local stack up, hold it for a while, take it down: nothing is left running, whatever happens."""

import contextlib
import dataclasses
import fcntl
import os
import secrets
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from local.stack import deployment, emulator, processes
from local.stack.info import KEPT, ROOT, Home, StackInfo

LOOPBACK = "127.0.0.1"
SIMULATOR = "simulator"
CONSOLE = "console"
SHOP = "shop"
PYTHON = ROOT / ".venv/bin/python"

# Where a stack lives: the one that `make up` leaves running, and those that a program holds for a while.
LASTING = KEPT
PASSING = KEPT / "once"

# How long each part may take to answer; all take a second or two, machines under load take longer.
START_SECONDS = 60.0
POLL_SECONDS = 0.05

# Local defaults that differ from the template's: nobody wants to wait for a batch to fill, nor for five
# copies of dispatch to start side by side on two cores (six seconds to the first delivery; two take one), and
# the emulator rejects some types of resources.
LOCAL_PARAMETERS = {"BatchWindowSeconds": "1", "DispatchConcurrency": "2", "AwsOnlyResources": "false"}

Say = Callable[[str], None]


class StackError(Exception):
    """The local stack could not be brought up, or is not in the state that was asked for."""


def up(
    *,
    parameters: Mapping[str, str] | None = None,
    home: Path = LASTING,
    port: int = 0,
    simulator_port: int = 0,
    console: bool = False,
    say: Say = print,
) -> StackInfo:
    """Bring a stack up and leave it running.

    In: parameters that override the template's, the folder it lives in, ports (0: any free one), whether to
    serve the console too, and where progress goes.
    Out: where it is. The environment variable TIKTOK_API_URL puts another server in the simulator's place.
    Errors: `StackError`, with everything stopped again.
    """
    place = Home(home)
    say = _timed(say)
    with _locked(place):
        if _runs(place):
            raise StackError(f"a stack runs already in {home}: stop it with `make down`")
        _clear(place)  # what a crash may have left of an earlier one
        try:
            info = _bring_up(
                place, parameters or {}, port or _free_port(), simulator_port or _free_port(), say
            )
            return _serve_console(place, info, say) if console else info
        except (processes.ProcessError, OSError, ValueError, KeyError) as error:
            _clear(place)
            raise StackError(str(error)) from error
        except BaseException:
            say("stopping what was started")
            _clear(place)
            raise


def down(*, home: Path = LASTING) -> bool:
    """Stop a stack and forget it. Says whether there was one running."""
    place = Home(home)
    with _locked(place):
        ran = bool(processes.alive(place.processes))
        _clear(place)
    return ran


def running(*, home: Path = LASTING) -> StackInfo | None:
    """Give the stack that runs in a folder; None when none does, or only a part of it."""
    place = Home(home)
    return place.read() if _runs(place) else None


@contextlib.contextmanager
def local_stack(
    *, parameters: Mapping[str, str] | None = None, home: Path = PASSING, say: Say = print
) -> Iterator[StackInfo]:
    """Hold a stack for the length of a `with` block, beside one that `make up` may have left running.

    Errors: `StackError` when it can't be brought up. Its logs stay in the folder's `logs`.
    """
    info = up(parameters=parameters, home=home, say=say)
    try:
        yield info
    finally:
        down(home=home)


def end_on_signals() -> None:
    """Make a polite end of this process (Ctrl-C, SIGTERM, a closed terminal) a KeyboardInterrupt, once.

    So that the holder of a stack takes it down, and a second Ctrl-C doesn't break into that. For programs;
    call it first.
    """
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(_signum: int, _frame: FrameType | None) -> None:
        for entry in signals:
            signal.signal(entry, signal.SIG_IGN)
        raise KeyboardInterrupt

    for entry in signals:
        signal.signal(entry, end)


def _bring_up(
    place: Home, overrides: Mapping[str, str], port: int, simulator_port: int, say: Say
) -> StackInfo:
    deployment.check_parameters(overrides)
    parameters = {**deployment.default_parameters(), **LOCAL_PARAMETERS, **overrides}
    tokens = {name: secrets.token_hex(20) for name in deployment.destination_ids(parameters)}
    shop_port = _free_port()
    shop_url = f"http://{LOOPBACK}:{shop_port}"
    # The demo shop's pages may send, beside those that were asked for.
    parameters["AllowedOrigins"] = ",".join(filter(None, (parameters.get("AllowedOrigins", ""), shop_url)))

    say(f"starting MiniStack on {LOOPBACK}:{port}")
    emulator_log = emulator.start(place, port)
    simulator_url = os.environ.get("TIKTOK_API_URL", "")
    if simulator_url:
        say(f"using {simulator_url} in the simulator's place")
    else:
        simulator_url = f"http://{LOOPBACK}:{simulator_port}"
        say(f"starting the TikTok simulator on {LOOPBACK}:{simulator_port}")
        _start_simulator(place, simulator_port, tokens)
    parameters.setdefault("TikTokApiUrl", simulator_url)

    # While those two start.
    say("building the template for this machine (sam build)")
    template, kept = deployment.build(place)
    if kept:
        say("  nothing changed since the last build: kept")

    ready = f"{emulator.endpoint_url(port)}/_ministack/ready"
    _until_answers(
        ready, {200}, lambda: processes.check(emulator.NAME, folder=place.processes, log=emulator_log)
    )
    say("deploying it to MiniStack (sam deploy)")
    outputs = deployment.deploy(place, port, template, parameters)
    webhook_secrets = deployment.made_up_webhook_secrets()
    write_key = secrets.token_urlsafe(24)
    server_key = deployment.fill_secrets(port, outputs, tokens, webhook_secrets, write_key)
    deployment.make_first_calls(port, outputs)
    info = StackInfo(
        api_url=_api_url(outputs["ApiUrl"], port),
        server_key=server_key,
        endpoint_url=emulator.endpoint_url(port),
        region=emulator.REGION,
        queue_url=outputs["QueueUrl"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        simulator_url=simulator_url,
        webhook_secrets=webhook_secrets,
        shop_url=shop_url,
        public_write_key=write_key,
        tiktok_token=tokens[parameters["PixelId"]],
    )

    say(f"starting the demo shop on {LOOPBACK}:{shop_port}")
    _start_shop(place, shop_port, parameters["PixelId"])
    say("waiting for the API to answer")
    _until_answers(f"{info.api_url}/v1/health", {200}, lambda: _check_all(place))
    place.write(info)
    _until_answers(f"{shop_url}/", {200}, lambda: _check_all(place))
    say("ready")
    return info


def _runs(place: Home) -> bool:
    """Say whether all that was started for a stack still runs."""
    alive = processes.alive(place.processes)
    return bool(alive) and alive == processes.recorded(place.processes)


def _start_simulator(place: Home, port: int, tokens: Mapping[str, str]) -> None:
    command = [
        str(PYTHON),
        "-m",
        "local.simulator",
        "--host",
        LOOPBACK,
        "--port",
        str(port),
        *(word for name, token in tokens.items() for word in ("--token", f"{token}={name}")),
    ]
    log = place.logs / f"{SIMULATOR}.log"
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONUNBUFFERED": "1", "HOME": str(place.state)}
    processes.start(SIMULATOR, command, env=env, cwd=ROOT, folder=place.processes, log=log)


def _serve_console(place: Home, info: StackInfo, say: Say) -> StackInfo:
    """Start `relay console` as a process of its own, and add its URL to `stack.json`."""
    port, token = _free_port(), secrets.token_urlsafe(24)
    say(f"starting the console on {LOOPBACK}:{port}")
    command = [str(PYTHON), "-m", "relay_cli", "console", "--local", "--local-folder", str(place.path)]
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place.state),
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("cli", "layers/relay")),
        "RELAY_CONSOLE_TOKEN": token,
    }
    processes.start(
        CONSOLE,
        [*command, "--port", str(port), "--no-open"],
        env=env,
        cwd=ROOT,
        folder=place.processes,
        log=place.logs / f"{CONSOLE}.log",
    )
    url = f"http://{LOOPBACK}:{port}/?token={token}"
    _until_answers(url, {200}, lambda: _check_all(place))
    info = dataclasses.replace(info, console_url=url)
    place.write(info)
    return info


def _start_shop(place: Home, port: int, pixel: str) -> None:
    command = [
        *(str(PYTHON), "-m", "local.shop", "--host", LOOPBACK, "--port", str(port)),
        *("--stack-file", str(place.stack_file), "--pixel", pixel),
    ]
    log = place.logs / f"{SHOP}.log"
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONUNBUFFERED": "1", "HOME": str(place.state)}
    processes.start(SHOP, command, env=env, cwd=ROOT, folder=place.processes, log=log)


def _check_all(place: Home) -> None:
    for name in (emulator.NAME, SIMULATOR, CONSOLE, SHOP):
        if (place.processes / f"{name}.json").exists():
            processes.check(name, folder=place.processes, log=place.logs / f"{name}.log")


def _api_url(output: str, port: int) -> str:
    """Give the API's address by path: the output's host, `<id>.execute-api.localhost`, may not resolve."""
    api_id = (urlsplit(output).hostname or "").partition(".")[0]
    return f"{emulator.endpoint_url(port)}/_aws/execute-api/{api_id}"


def _until_answers(url: str, statuses: set[int], check: Callable[[], None]) -> None:
    """Ask an address until it answers with one of the statuses; `check` raises when there is no hope left."""
    deadline = time.monotonic() + START_SECONDS
    last = "no answer"
    # No proxy: the address is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        check()
        try:
            with opener.open(url, timeout=START_SECONDS) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except OSError as error:
            last = str(error)
            time.sleep(POLL_SECONDS)
            continue
        if status in statuses:
            return
        last = f"HTTP {status}: {body[:500].decode('utf-8', 'replace')}"
        time.sleep(POLL_SECONDS)
    raise StackError(f"{url} did not answer as it should within {START_SECONDS:.0f} s; last: {last}")


def _clear(place: Home) -> None:
    """Stop what runs and remove what only a running stack has. Logs stay."""
    place.stack_file.unlink(missing_ok=True)
    processes.stop_all(place.processes)
    shutil.rmtree(place.processes, ignore_errors=True)
    shutil.rmtree(place.state, ignore_errors=True)


@contextlib.contextmanager
def _locked(place: Home) -> Iterator[None]:
    """Keep a second `up` or `down` of the same stack out for the while."""
    place.path.mkdir(parents=True, exist_ok=True)
    with place.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"another `up` or `down` of the stack in {place.path} is under way") from None
        yield


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def _timed(say: Say) -> Say:
    start = time.monotonic()
    return lambda text: say(f"[{time.monotonic() - start:5.1f} s] {text}")
