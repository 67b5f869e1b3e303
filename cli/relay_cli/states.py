"""States of an event: one vocabulary for the command line and the console."""

from typing import Final, Literal

State = Literal[
    "rejected",
    "accepted",
    "accepted_with_warnings",
    "waiting",
    "delivered",
    "dead_lettered",
    "dropped",
    "ignored",
]

STATES: Final[dict[State, str]] = {
    "rejected": "Ingest rejected it; its sender received the errors.",
    "accepted": "It is on the queue, on its way to TikTok.",
    "accepted_with_warnings": "It is on the queue; its sender received warnings.",
    "waiting": "TikTok did not take it yet; it is retried later.",
    "delivered": "TikTok confirmed it.",
    "dead_lettered": "It can't be delivered; it is on the dead-letter queue with the reason.",
    "dropped": "The person denied consent; nothing of it is kept.",
    "ignored": "A webhook that deliberately becomes no event.",
}
"""State → meaning, in the order in which they are shown."""
