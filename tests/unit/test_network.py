"""The guard of the unit tests itself: no socket, and every module that starts a process says why it may."""

import _socket
import http.server
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import every_row
from tests.unit.conftest import GUARD, LOOPBACK_TESTS, PROCESS_TESTS, SLOW_TESTS, fail_with

UNIT = Path(__file__).parent


@contextmanager
def guarded(*words: str) -> Iterator[None]:
    """Expect that the guard fails the test, with a message that says what was done and what to do."""
    with pytest.raises(pytest.fail.Exception) as failure:
        yield
    assert GUARD.take() == [str(failure.value)]
    for word in (*words, "tests/unit/conftest.py"):
        assert word in str(failure.value)


def connect(one: socket.socket, address: Any) -> None:
    one.connect(address)


def connect_ex(one: socket.socket, address: Any) -> None:
    one.connect_ex(address)


def bind(one: socket.socket, address: Any) -> None:
    one.bind(address)


def sendto(one: socket.socket, address: Any) -> None:
    one.sendto(b"x", address)


def sendto_with_flags(one: socket.socket, address: Any) -> None:
    one.sendto(b"x", 0, address)


def sendmsg(one: socket.socket, address: Any) -> None:
    one.sendmsg([b"x"], [], 0, address)


USES = (connect, connect_ex, bind, sendto, sendto_with_flags, sendmsg)
ADDRESSES = (
    (socket.AF_INET, ("192.0.2.1", 53)),
    (socket.AF_INET, ("127.0.0.1", 53)),
    (socket.AF_INET6, ("2001:db8::1", 53)),
    (socket.AF_INET6, ("::1", 53)),
)


@every_row("use", USES)
@every_row("family, address", ADDRESSES)
@every_row("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_no_address_is_called_by_any_function_of_a_socket(
    use: Callable[[socket.socket, Any], None],
    family: socket.AddressFamily,
    address: tuple[str, int],
    kind: socket.SocketKind,
) -> None:
    with socket.socket(family, kind) as one, guarded(address[0], "LOOPBACK_TESTS"):
        use(one, address)


def test_no_address_is_called_past_the_class_of_pythons_sockets() -> None:
    one = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    with guarded():
        one.connect(("192.0.2.1", 53))
    one.close()


def test_no_server_can_be_started() -> None:
    with guarded():
        http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)


def test_no_url_is_opened() -> None:
    with guarded():
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


NAME, NUMBER = "events.shop.example", "192.0.2.1"


@every_row(
    "look_up, host",
    [
        (lambda: socket.create_connection((NAME, 443), timeout=1), NAME),
        (lambda: socket.getaddrinfo(NAME, 443), NAME),
        (lambda: socket.gethostbyname(NAME), NAME),
        (lambda: socket.gethostbyname_ex(NAME), NAME),
        (lambda: socket.gethostbyaddr(NUMBER), NUMBER),
        (lambda: socket.getnameinfo((NUMBER, 443), 0), NUMBER),
        (lambda: socket.getfqdn(NAME), NAME),
    ],
)
def test_no_name_is_looked_up(look_up: Callable[[], object], host: str) -> None:
    with guarded(f"{host!r}"):
        look_up()


@every_row(
    "start",
    [
        lambda: subprocess.Popen([sys.executable, "-V"]),
        lambda: os.system("true"),  # noqa: S605
        lambda: os.posix_spawn(sys.executable, [sys.executable, "-V"], {}),
        lambda: multiprocessing.get_context("fork").Process(target=print).start(),
        lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
        lambda: multiprocessing.get_context("forkserver").Process(target=print).start(),
    ],
)
def test_no_process_is_started(start: Callable[[], object]) -> None:
    with guarded("PROCESS_TESTS"):
        start()


def test_code_that_catches_the_failure_passes_no_test() -> None:
    with suppress(BaseException):
        socket.getaddrinfo(NAME, 443)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(os.system, "true")
    found = GUARD.take()
    assert [NAME in message for message in found] == [True, False]
    for outcome in ("passed", "skipped"):
        report = pytest.TestReport("a test", ("a.py", 1, "a"), {}, outcome, None, "call")
        assert fail_with(report, []).outcome == outcome
        assert fail_with(report, found).failed
        assert all(message in report.longreprtext for message in found)


def test_failure_keeps_its_own_message() -> None:
    report = pytest.TestReport("a test", ("a.py", 1, "a"), {}, "failed", "its own", "call")
    assert fail_with(report, ["the guard's"]).longreprtext == "its own"


def test_sockets_of_this_machine_are_not_the_network(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "socket"))
        one.sendto(b"x", str(tmp_path / "socket"))
        assert one.recv(1) == b"x"


@pytest.mark.loopback
def test_a_test_of_loopback_reaches_nothing_else() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler):
        pass
    for family, address in ADDRESSES:
        if address[0] != "127.0.0.1":
            with socket.socket(family, socket.SOCK_STREAM) as one, guarded(address[0]):
                one.connect(address)


def test_every_module_that_may_start_a_process_starts_one() -> None:
    # The guard fails the others; what is no longer needed would open it for nothing.
    pattern = re.compile(r"subprocess\.|processes\.(?:start|run)\(|multiprocessing|loaded_by\(")
    for module, reason in PROCESS_TESTS.items():
        assert pattern.search((UNIT / module).read_text(encoding="utf-8")), module
        assert reason


@pytest.mark.parametrize("names", [SLOW_TESTS, LOOPBACK_TESTS], ids=["slow", "loopback"])
def test_every_marked_test_exists(names: tuple[str, ...]) -> None:
    for name in names:
        module, _, test = name.partition("::")
        found = list(UNIT.glob(module if module.endswith(".py") else f"{module}*.py"))
        assert found, name
        assert all(f"def {test}" in path.read_text(encoding="utf-8") for path in found), name
