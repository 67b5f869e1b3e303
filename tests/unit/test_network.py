"""The guard of the unit tests itself: no socket, and every module that starts a process says why it may."""

import http.server
import re
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.unit.conftest import LOOPBACK_TESTS, PROCESS_TESTS, SLOW_TESTS

UNIT = Path(__file__).parent


def test_no_address_can_be_called() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one, pytest.raises(pytest.fail.Exception):
        one.connect(("192.0.2.1", 80))


def test_no_server_can_be_started() -> None:
    with pytest.raises(pytest.fail.Exception):
        http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)


def test_no_url_is_opened() -> None:
    with pytest.raises(pytest.fail.Exception):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


def test_no_name_is_looked_up() -> None:
    with pytest.raises(pytest.fail.Exception):
        socket.create_connection(("events.shop.example", 443), timeout=1)


@pytest.mark.loopback
def test_a_test_of_loopback_reaches_nothing_else() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler):
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one, pytest.raises(pytest.fail.Exception):
        one.connect(("192.0.2.1", 80))


def test_every_module_that_starts_a_process_says_why_it_reaches_no_network() -> None:
    pattern = re.compile(r"\b(?:subprocess\.|Popen\(|processes\.(?:start|run)\(|multiprocessing|ProcessPool)")
    found = {
        str(path.relative_to(UNIT))
        for path in UNIT.rglob("test_*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert found - {"test_network.py"} == set(PROCESS_TESTS)


@pytest.mark.parametrize("names", [SLOW_TESTS, LOOPBACK_TESTS], ids=["slow", "loopback"])
def test_every_marked_test_exists(names: tuple[str, ...]) -> None:
    for name in names:
        module, _, test = name.partition("::")
        found = list(UNIT.glob(module if module.endswith(".py") else f"{module}*.py"))
        assert found, name
        assert all(f"def {test}" in path.read_text(encoding="utf-8") for path in found), name
