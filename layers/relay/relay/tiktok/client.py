"""The HTTP client: one request of TikTok's Events API 2.0, over a bounded pool of kept connections."""

import time
from collections.abc import Sequence
from http.cookiejar import DefaultCookiePolicy
from json import dumps
from typing import Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ProtocolError

from relay.destination import TRACK_PATH, Destination
from relay.tiktok import responses
from relay.tiktok.responses import Response

CONNECT_SECONDS: Final[float] = 3.05
"""A TCP retransmission is 3 s: a lost first packet is survived, a dead host is not waited for."""

READ_SECONDS: Final[float] = 10.0
"""TikTok answers in 0.1–0.3 s; a request that is cut off may have been accepted, so cutting early makes
duplicates."""

MAX_SECONDS: Final[float] = CONNECT_SECONDS + READ_SECONDS
"""The longest that a request takes, from a server that is not out to be slow."""

MAX_CONNECTIONS: Final[int] = 8
"""One for each thread of delivery. Destinations share them: how many connections there are is never decided
by what a sender of events may vary."""

MAX_RESPONSE_BYTES: Final[int] = 1_048_576
"""TikTok's responses are some hundred bytes, a list of 1,000 failed events some 200 KB. More is not read."""

CHUNK_BYTES: Final[int] = 65_536


MAX_RESET_SECONDS: Final[float] = 5.0
"""A connection that is reset later has used up the time of a second try."""


class Client:
    """Sends requests to TikTok. Keeps its connections: make one and use it for the life of the process.

    One session with a bounded pool serves all destinations and threads.
    """

    def __init__(self, base_url: str, read_seconds: float = READ_SECONDS) -> None:
        self._url = base_url + TRACK_PATH
        self._read_seconds = read_seconds
        self._session = _new_session()

    def track(self, destination: Destination, items: Sequence[str], token: str) -> Response:
        """Send items (JSON text each, 1 to 1000) to one destination. Network errors are responses, not
        exceptions."""
        body = encode_body(destination, items)
        start = time.monotonic()
        try:
            return self._send(self._session, body, token)
        except requests.ConnectionError as error:
            if not _is_reset(error) or time.monotonic() - start > MAX_RESET_SECONDS:
                return responses.NO_RESPONSE
        except (requests.RequestException, HTTPError):
            return responses.NO_RESPONSE
        # TikTok may close a kept connection at any moment; others of the pool may be closed as well. Should
        # it have read the request, it drops the copy.
        try:
            with _new_session() as session:
                return self._send(session, body, token)
        except (requests.RequestException, HTTPError):
            return responses.NO_RESPONSE

    def _send(self, session: requests.Session, body: bytes, token: str) -> Response:
        with session.post(
            self._url,
            data=body,
            headers={"Access-Token": token, "Content-Type": "application/json"},
            timeout=(CONNECT_SECONDS, self._read_seconds),
            # A redirect would carry the token to another host, and TikTok's API has none.
            allow_redirects=False,
            stream=True,
        ) as response:
            content = self._read(response)
            retry_after = response.headers.get("retry-after", "")
            return responses.parse_response(response.status_code, content, retry_after, time.time())

    def _read(self, response: requests.Response) -> bytes:
        """The body, or nothing of one that is too long or comes too slowly: that has no code."""
        deadline = time.monotonic() + self._read_seconds
        content = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            content += chunk
            if len(content) > MAX_RESPONSE_BYTES or time.monotonic() > deadline:
                return b""
        return bytes(content)


def _new_session() -> requests.Session:
    session = requests.Session()
    # A proxy, a .netrc or a CA bundle from the environment would stand between the token and TikTok.
    session.trust_env = False
    # A cookie of one response would otherwise go out with the requests of every other destination.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _is_reset(error: requests.ConnectionError) -> bool:
    """Whether an open connection was reset or closed before a response."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, ProtocolError) and any(isinstance(arg, ConnectionError) for arg in cause.args)


def encode_body(destination: Destination, items: Sequence[str]) -> bytes:
    """The request's JSON. Items are joined as the text that they are, not parsed."""
    members = {"event_source": destination.event_source, "event_source_id": destination.event_source_id}
    if destination.test_event_code:
        members["test_event_code"] = destination.test_event_code
    head = dumps(members, separators=(",", ":")).removesuffix("}")
    # One copy of the items as text and one as bytes, with what surrounds them in the first and the last: they
    # are megabytes, and memory that is new costs more than the copying.
    texts = list(items)
    texts[0] = f'{head},"data":[{texts[0]}'
    texts[-1] += "]}"
    return ",".join(texts).encode("ascii")
