"""Routing: the destinations that an event goes to, from what it says and what the owner allows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from relay.destination import Destination
from relay.findings import Findings

ADDRESSING: Final[frozenset[str]] = frozenset({"event_source", "event_source_id", "test_event_code"})
"""Fields of an event that say where it goes."""

PIXEL_CODE: Final[re.Pattern[str]] = re.compile(r"(?=.*[A-Z])[A-Z0-9]{20}")
"""Pixel codes are twenty capital letters and digits; event set ids and app ids are digits."""

MAX_TEST_CODES: Final[int] = 5
"""Different test codes in one request. Each makes a request of its own to TikTok, so a sender may not choose
how many there are; one developer tests with one."""


@dataclass(slots=True)
class Routes:
    """The destinations that the owner allows: ids by event source, of which the first is the default.

    With `fan_out`, an event that names no destination goes to all of its event source. `test_event_code` is
    sent with every event that has none of its own.
    """

    ids: Mapping[str, tuple[str, ...]]
    test_event_code: str = ""
    fan_out: bool = False
    default: tuple[Destination, ...] = field(init=False)
    """Of a web event that names no destination."""

    def __post_init__(self) -> None:
        self.default = self.list_destinations("web", self.test_event_code)

    def list_destinations(self, source: str, code: str) -> tuple[Destination, ...]:
        """Where an event of this source goes if it names no destination; to "" if there is none."""
        ids = self.ids.get(source) or ("",)
        return tuple(Destination(source, source_id, code) for source_id in (ids if self.fan_out else ids[:1]))


def choose_destinations(
    event: Mapping[str, Any], routes: Routes, browser: bool, test_codes: set[str], findings: Findings
) -> tuple[Destination, ...]:
    """Choose where an event of the fields ADDRESSING goes: at least one destination, whatever was found.

    `event` holds what the sender says of it: `event_source`, `event_source_id` (or a list of them),
    `test_event_code`. `test_codes` are the codes of the request so far. A browser chooses nothing: what
    strangers may vary must not decide how many requests there are.
    """
    source = event.get("event_source", "web")
    if browser:
        if source != "web":
            findings.add("event_source_browser", "event_source")
        for name in ("event_source_id", "test_event_code"):
            if name in event:
                findings.add("destination_browser", name)
        return routes.default
    code = event.get("test_event_code", routes.test_event_code)
    if "test_event_code" in event and code not in test_codes:
        if len(test_codes) >= MAX_TEST_CODES:
            findings.add("test_codes_too_many", "test_event_code", expected=str(MAX_TEST_CODES))
        else:
            test_codes.add(code)
    given = event.get("event_source_id")
    if given is None:
        if not routes.ids.get(source):
            findings.add("destination_missing", "event_source_id", expected=source)
        return routes.list_destinations(source, code)
    chosen = given if isinstance(given, list) else [given]
    allowed = routes.ids.get(source, ())
    if not chosen or any(source_id not in allowed for source_id in chosen):
        findings.add("destination_unknown", "event_source_id")
        return routes.list_destinations(source, code)
    if source in ("offline", "crm") and any(map(PIXEL_CODE.fullmatch, chosen)):
        findings.add("source_id_looks_like_pixel", "event_source_id")
    return tuple(Destination(source, source_id, code) for source_id in dict.fromkeys(chosen))
