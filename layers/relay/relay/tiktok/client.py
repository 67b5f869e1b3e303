"""The HTTP client: one request of TikTok's Events API 2.0, over a connection kept for each destination."""

import time
from collections.abc import Sequence
from json import dumps
from typing import Final

import requests

from relay.destination import Destination
from relay.tiktok import responses
from relay.tiktok.responses import Answer

PATH: Final[str] = "/open_api/v1.3/event/track/"
"""TikTok API for Business, Doc 1771101303285761. "Events API 2.0" lives under v1.3; the trailing slash
belongs."""

CONNECT_SECONDS: Final[float] = 3.05
"""A TCP retransmission is 3 s: a lost first packet is survived, a dead host is not waited for."""

READ_SECONDS: Final[float] = 10.0
"""TikTok answers in 0.1–0.3 s; a request that is cut off may have been accepted, so cutting early makes
duplicates."""

MOST_SECONDS: Final[float] = CONNECT_SECONDS + READ_SECONDS
"""The longest that a request takes, from a server that is not out to be slow."""


class Client:
    """Sends requests to TikTok. Keeps its connections: make one and use it for the life of the process.

    Each destination has a session of its own, so that a slow one takes no connection from another, and
    threads that serve different destinations share nothing.
    """

    def __init__(self, base_url: str, read_seconds: float = READ_SECONDS) -> None:
        self._url = base_url + PATH
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._sessions: dict[Destination, requests.Session] = {}

    def track(self, destination: Destination, items: Sequence[str], token: str) -> Answer:
        """Sends items (JSON text each, at most 1000) to one destination. Raises nothing for what the network
        does."""
        try:
            response = self._session(destination).post(
                self._url,
                data=body(destination, items),
                headers={"Access-Token": token, "Content-Type": "application/json"},
                timeout=self._timeout,
                # A redirect would carry the token to another host, and TikTok's API has none.
                allow_redirects=False,
            )
        except requests.RequestException:
            return responses.UNANSWERED
        return responses.read(
            response.status_code, response.content, response.headers.get("retry-after", ""), time.time()
        )

    def _session(self, destination: Destination) -> requests.Session:
        session = self._sessions.get(destination)
        if session is None:
            session = requests.Session()
            # A proxy, a .netrc or a CA bundle from the environment would stand between the token and TikTok.
            session.trust_env = False
            self._sessions[destination] = session
        return session


def body(destination: Destination, items: Sequence[str]) -> bytes:
    """The request's JSON. Items are joined as the text that they are: parsing them again would only cost
    time."""
    members = [
        f'"event_source":{dumps(destination.event_source)}',
        f'"event_source_id":{dumps(destination.event_source_id)}',
        f'"data":[{",".join(items)}]',
    ]
    if destination.test_event_code:
        members.append(f'"test_event_code":{dumps(destination.test_event_code)}')
    return f"{{{','.join(members)}}}".encode("ascii")
