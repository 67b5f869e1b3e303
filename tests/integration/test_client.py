"""The HTTP client against servers that behave badly: bounded in time, size and connections."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from local.simulator import Simulator
from relay.tiktok.client import MAX_RESPONSE_BYTES, Client
from tests.integration.conftest import TOKEN
from tests.support.events import DESTINATION

pytestmark = pytest.mark.integration

ITEM = '{"event":"A"}'
OK_BODY = b'{"code":0,"message":"OK"}'


@contextmanager
def server(serve: Callable[[socket.socket], object]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads each request's header and body and lets `serve` answer it; URL, and the headers."""
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[bytes] = []
    latest: list[socket.socket] = []

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            latest[:] = [connection]
            with connection:
                try:
                    while head := _read_request(connection):
                        heads.append(head)
                        if not serve(connection):
                            break
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heads
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in latest:
            # A client that is still there would keep it open.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65_536)
    return head


def respond(connection: socket.socket, body: bytes = OK_BODY, header: bytes = b"") -> bool:
    size = str(len(body)).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + header + b"Content-Length: " + size + b"\r\n\r\n" + body)
    return True


def test_response_beyond_the_limit_is_not_read_and_is_no_delivery() -> None:
    sent = 0

    def flood(connection: socket.socket) -> bool:
        nonlocal sent
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{"code":0,"x":"')
        while sent < 100 * MAX_RESPONSE_BYTES:
            connection.sendall(b"x" * 65_536)
            sent += 65_536
        return False

    with server(flood) as (url, _):
        response = Client(url).track(DESTINATION, [ITEM], TOKEN)
    assert (response.outcome, response.code) == ("transient", None)
    assert sent < 20 * MAX_RESPONSE_BYTES


def test_body_that_drips_is_cut_off_in_time() -> None:
    def drip(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.05)
        return False

    with server(drip) as (url, _):
        start = time.monotonic()
        response = Client(url, read_seconds=0.3).track(DESTINATION, [ITEM], TOKEN)
        assert time.monotonic() - start < 3
    assert response.outcome == "transient"


def test_all_destinations_share_one_connection(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    client = Client(simulator.url)
    for number in range(50):
        client.track(DESTINATION._replace(test_event_code=f"T{number}"), [ITEM], TOKEN)
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_reset_connection_is_tried_once_more_at_once_and_not_twice() -> None:
    served: list[int] = []

    def close(_connection: socket.socket) -> bool:
        served.append(1)
        return False

    with server(close) as (url, _):
        response = Client(url).track(DESTINATION, [ITEM], TOKEN)
    assert response.status is None
    assert len(served) == 2


def test_second_connection_after_a_reset_delivers() -> None:
    served: list[int] = []

    def close_first(connection: socket.socket) -> bool:
        served.append(1)
        return len(served) > 1 and respond(connection)

    with server(close_first) as (url, _):
        assert Client(url).track(DESTINATION, [ITEM], TOKEN).outcome == "delivered"
    assert len(served) == 2


def test_connection_that_nobody_accepts_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    response = Client(f"http://127.0.0.1:{port}").track(DESTINATION, [ITEM], TOKEN)
    assert response.status is None
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_token_does_not_follow_a_redirect(simulator: Simulator) -> None:
    with server(respond) as (url, heads):
        simulator.add_fault("redirect", location=url + "/elsewhere")
        response = Client(simulator.url).track(DESTINATION, [ITEM], TOKEN)
    assert (response.outcome, response.status) == ("transient", 307)
    assert heads == []


def test_cookie_of_a_response_is_not_sent_back() -> None:
    def set_cookie(connection: socket.socket) -> bool:
        return respond(connection, header=b"Set-Cookie: id=1; Path=/\r\n")

    with server(set_cookie) as (url, heads):
        client = Client(url)
        for _ in range(2):
            assert client.track(DESTINATION, [ITEM], TOKEN).outcome == "delivered"
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(respond) as (proxy, proxied), server(respond) as (url, heads):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        assert Client(url).track(DESTINATION, [ITEM], TOKEN).outcome == "delivered"
    assert (len(heads), proxied) == (1, [])


def test_token_is_a_header_and_nowhere_else() -> None:
    with server(respond) as (url, heads):
        Client(url).track(DESTINATION, [ITEM], TOKEN)
    assert f"Access-Token: {TOKEN}".encode() in heads[0]
    assert heads[0].count(TOKEN.encode()) == 1
