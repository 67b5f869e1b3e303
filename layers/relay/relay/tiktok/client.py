"""The HTTP client: one request of TikTok's Events API 2.0, over a kept connection."""

from collections.abc import Sequence
from json import dumps
from typing import Final

import requests

from relay.event.destination import Destination
from relay.tiktok import answers
from relay.tiktok.answers import Answer

PATH: Final[str] = "/open_api/v1.3/event/track/"
"""TikTok API for Business, Doc 1771101303285761. "Events API 2.0" lives under v1.3; the trailing slash
belongs."""

CONNECT_SECONDS: Final[float] = 3.05
"""A TCP retransmission is 3 s: a lost first packet is survived, a dead host is not waited for."""

READ_SECONDS: Final[float] = 10.0
"""TikTok answers in 0.1–0.3 s; a request that is cut off may have been accepted, so cutting early makes
duplicates."""


class Client:
    """Sends requests to TikTok. Keeps its connections: make one and use it for the life of the process."""

    def __init__(self, base_url: str) -> None:
        self._url = base_url + PATH
        self._session = requests.Session()
        # A proxy, a .netrc or a CA bundle from the environment would stand between the token and TikTok.
        self._session.trust_env = False

    def track(self, destination: Destination, items: Sequence[str], token: str) -> Answer:
        """Sends items (JSON text each, at most 1000) to one destination. Raises nothing for what the network
        does."""
        try:
            response = self._session.post(
                self._url,
                data=body(destination, items),
                headers={"Access-Token": token, "Content-Type": "application/json"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                # A redirect would carry the token to another host, and TikTok's API has none.
                allow_redirects=False,
            )
        except requests.RequestException:
            return answers.unanswered()
        return answers.read(response.status_code, response.content)


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
