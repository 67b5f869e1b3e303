"""The simulator over HTTP, in this process: `with Simulator(tokens={...}) as simulator: simulator.url`."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, TypeAlias

from local.callers import is_foreign_page, is_loopback
from local.simulator import admin, answers, track
from local.simulator.access import Access
from local.simulator.admin import Admin
from local.simulator.answers import Answer
from local.simulator.clock import Clock
from local.simulator.faults import Fault, FaultList, FaultView
from local.simulator.json_types import Json
from local.simulator.ledger import EventFilter, EventView, Ledger, RequestView, Stats
from local.simulator.track import Call, TrackEndpoint

# No limit of TikTok's is known. This one only keeps a runaway sender from filling the memory: a thousand rows
# of 32 KB.
MAX_BODY_BYTES = 32 * 1024 * 1024

# A connection that is kept but not used holds a thread.
IDLE_S = 120

# The pause between two header lines of an answer that drips.
_DRIP_S = 0.1

# How long `close` may take to be noticed.
_STOP_POLL_S = 0.01

_SocketRequest: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"


class Simulator:
    """TikTok's Events API on a loopback port, what it was sent, and faults on request.

    Args:
        tokens: access token to the event source ids (pixel, app, event set) that it may send to.
        host: a loopback address; anything else is rejected, since the ledger answers anyone who asks.
        port: 0 for any free one.
        clock: gives Unix seconds.
        arrived: called when a request has come whole, before it is checked; a test can stop a client
            at this moment.

    Raises:
        ValueError: when `host` is no loopback address.
        OSError: when the port is taken.

    >>> with Simulator(tokens={"t": ["PIXEL"]}) as simulator:
    ...     _ = simulator.add_fault("throttle", times=1)
    ...     simulator.stats()["accepted"]
    0
    """

    def __init__(
        self,
        tokens: Mapping[str, Iterable[str]] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        arrived: Callable[[], object] = lambda: None,
    ) -> None:
        address = _loopback(host)
        self._stopping = threading.Event()
        self._clock = Clock(clock)
        self._access = Access(tokens or {})
        self._faults = FaultList()
        self._ledger = Ledger()
        self._admin = Admin(self._access, self._faults, self._ledger, self._clock)
        endpoint = TrackEndpoint(
            self._access, self._faults, self._ledger, self._clock, self._stopping.wait, arrived
        )
        self._server = _server(address, port, endpoint, self._admin)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base address, without a path."""
        host = self._server.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Serve in a thread of its own; connections are taken from the moment of construction."""
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _STOP_POLL_S},
            name="simulator",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop at once: wake what hangs, close every connection, give the port back. Safe to call again."""
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.close_connections()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add_fault(self, kind: str, **options: Json) -> int:
        """Put a fault at the end of the list: `add_fault("throttle", times=2)`; give its number.

        Raises:
            ValueError: when there is no such kind or option, with a sentence.
        """
        return self._faults.add(Fault.parse({"kind": kind, **options}))

    def remove_fault(self, number: int) -> bool:
        """Take a fault away; say whether it was still there."""
        return self._faults.remove(number)

    def faults(self) -> list[FaultView]:
        """Give the faults in force and what each has done."""
        return self._faults.view()

    def clear_faults(self) -> None:
        """Take all faults away."""
        self._faults.clear()

    def set_tokens(self, tokens: Mapping[str, Iterable[str]]) -> None:
        """Replace the token map; tokens not in the new one are revoked."""
        self._access.replace(tokens)

    def advance_clock(self, seconds: float) -> None:
        """Move the simulator's clock forward."""
        self._clock.advance(seconds)

    def events(
        self,
        *,
        event_id: str | None = None,
        event: str | None = None,
        event_source_id: str | None = None,
        test: bool | None = None,
    ) -> list[EventView]:
        """Give the accepted events that fit, in the order of their first arrival."""
        return self._ledger.events(EventFilter(event_id, event, event_source_id, test))[1]

    def requests(self, *, code: int | None = None, event_source_id: str | None = None) -> list[RequestView]:
        """Give the requests that fit, in the order of their answers."""
        return self._ledger.requests(code=code, event_source_id=event_source_id)[1]

    def wait_until_disconnected(self, seconds: float = 10.0) -> None:
        """Wait until every request that a killed client sent is recorded.

        Raises:
            TimeoutError: when a client is still connected after `seconds`.
        """
        with socket.create_connection((self._server.host, self.port), seconds) as connection:
            # Connections are accepted in their order: once this one is, all before it are known.
            connection.sendall(b"GET /_sim/stats HTTP/1.0\r\n\r\n")
            while connection.recv(65536):
                pass
        if not self._server.wait_until_disconnected(seconds):
            raise TimeoutError(f"A client is still connected to the simulator after {seconds:g} s.")

    def stats(self) -> Stats:
        """Give the totals since the last reset."""
        return self._ledger.stats()

    def reset(self) -> None:
        """Forget requests, events, faults and clock; tokens stay."""
        self._admin.handle("POST", f"{admin.PREFIX}reset", "", b"")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Python's default queue of five is short of what a fault run opens at once.
    request_queue_size = 128

    def __init__(self, host: str, port: int, endpoint: TrackEndpoint, admin_routes: Admin) -> None:
        self.host = host
        self.endpoint = endpoint
        self.admin_routes = admin_routes
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Condition()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, as the parent would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.host, self.socket.getsockname()[1]

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection and remember it."""
        connection, address = super().get_request()
        with self._connections_lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: _SocketRequest) -> None:
        """End a connection and forget it."""
        if isinstance(request, socket.socket):
            with self._connections_lock:
                self._connections.discard(request)
                self._connections_lock.notify_all()
        super().shutdown_request(request)

    def wait_until_disconnected(self, seconds: float) -> bool:
        """Wait until no client is connected, and say whether it came to that."""
        with self._connections_lock:
            return self._connections_lock.wait_for(lambda: not self._connections, seconds)

    def close_connections(self) -> None:
        """Cut every open connection, so that no thread waits for a client that keeps one."""
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away; everything else is a bug and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    # Head and body leave together and at once: in two parts, the second waits up to 40 ms for the first to be
    # acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True

    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def handle_expect_100(self) -> bool:
        """Say `100 Continue` at once; the buffer would keep it until the answer."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, path, headers, b"")
        if self.server.endpoint.cut_before_body(call):
            self._reset()
            return
        body = self._body(headers)
        if body is None:
            return
        if path.startswith(admin.PREFIX) or path == admin.PREFIX.rstrip("/"):
            name = path if path.startswith(admin.PREFIX) else admin.PREFIX
            reply: admin.Reply = 403, {"error": "no page of another site may ask this"}
            if not is_foreign_page(headers.get("host"), headers.get("origin")):
                reply = self.server.admin_routes.handle(self.command, name, query, body)
            status, document = reply
            self._answer(Answer(status, json.dumps(document).encode() + b"\n"))
            return
        ending = self.server.endpoint.handle(Call(self.command, path, headers, body))
        if ending.answer is not None:
            self._answer(ending.answer, ending.drip_s)
        elif ending.how == track.RESET:
            self._reset()
        else:
            self.close_connection = True

    def _body(self, headers: Mapping[str, str]) -> bytes | None:
        """Read the body; None when it can't be had, and then the connection is of no more use."""
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdecimal():
            self._reject(411, "Content-Length is required")
            return None
        if int(length) > MAX_BODY_BYTES:
            self._reject(413, f"Request body is longer than {MAX_BODY_BYTES} bytes")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _reject(self, status: int, message: str) -> None:
        self.close_connection = True
        request_id = answers.new_request_id(time.time())
        self._answer(answers.rejected(answers.PARAM_ERROR, message, request_id, status))

    def _answer(self, answer: Answer, drip_s: float = 0.0) -> None:
        self.send_response_only(answer.status, _phrase(answer.status))
        for _ in range(round(drip_s / _DRIP_S)):
            self.send_header("X-Slow", "1")
            self.flush_headers()
            self.wfile.flush()
            time.sleep(_DRIP_S)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Send a TCP reset: close with no time to linger, past what still holds the socket."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        """Stay silent: the ledger says more, and standard error may be a pipe of the caller's."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _server(host: str, port: int, endpoint: TrackEndpoint, admin_routes: Admin) -> _Server:
    return (_Server6 if ":" in host else _Server)(host, port, endpoint, admin_routes)


def _loopback(host: str) -> str:
    """Give the loopback address that a host name means.

    Raises:
        ValueError: when it means no such thing.
    """
    if not is_loopback(host):
        raise ValueError(f"{host} is not a loopback address")
    return "127.0.0.1" if host == "localhost" else host
