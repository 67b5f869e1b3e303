"""The destination: where an event goes at TikTok. Apart, so that dispatch need not load what reads events."""

from typing import Final, Literal, NamedTuple, get_args

EventSource = Literal["web", "app", "offline", "crm"]

TRACK_PATH: Final[str] = "/open_api/v1.3/event/track/"
"""TikTok API for Business, Doc 1771101303285761. "Events API 2.0" lives under v1.3; the trailing slash
belongs."""

EVENT_SOURCES: Final[tuple[EventSource, ...]] = get_args(EventSource)


class Destination(NamedTuple):
    """Where an event goes at TikTok: one request of the Events API has one of these.

    `event_source_id` is the pixel code of web, the event set id of offline and CRM, TikTok's app id of app.
    """

    event_source: str
    event_source_id: str
    test_event_code: str = ""
