"""Routing: which of the relay's destinations an event goes to, from what its sender says and its owner
allows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from relay.destination import Destination
from relay.findings import Finding, finding, kind

ADDRESS: Final[frozenset[str]] = frozenset({"event_source", "event_source_id", "test_event_code"})
"""What says where an event goes: beside `data` in TikTok's envelope, or in a single event."""

SOURCES: Final[tuple[str, ...]] = ("web", "app", "offline", "crm")

_PIXEL: Final[re.Pattern[str]] = re.compile(r"(?=.*[A-Z])[A-Z0-9]{20}")
"""Pixel codes are twenty capital letters and digits; event set ids are digits."""


@dataclass(slots=True)
class Routes:
    """The destinations that the owner allows: ids by event source, the first of each being the usual one.

    With `fan_out`, an event that names no destination goes to all of its source. `test_event_code` goes along
    with every event that has none of its own.
    """

    ids: Mapping[str, tuple[str, ...]]
    test_event_code: str = ""
    fan_out: bool = False
    usual: tuple[Destination, ...] = field(init=False)
    """Of a web event that says nothing of where it goes, as nearly all do."""

    def __post_init__(self) -> None:
        self.usual = self.of("web", self.test_event_code)

    def of(self, source: str, code: str) -> tuple[Destination, ...]:
        """Where an event of this source goes when it names no destination; to "" where there is none."""
        ids = self.ids.get(source) or ("",)
        return tuple(Destination(source, each, code) for each in (ids if self.fan_out else ids[:1]))


def choose(
    address: Mapping[str, Any], routes: Routes, browser: bool
) -> tuple[tuple[Destination, ...], list[Finding]]:
    """Where an event goes, and what there is to say of that; at least one destination, whatever was found.

    `address` holds what was said of it: `event_source`, `event_source_id` (or a list of them),
    `test_event_code`.
    """
    if address.keys().isdisjoint(ADDRESS):
        return routes.usual, []
    findings: list[Finding] = []
    source = address.get("event_source", "web")
    if source not in SOURCES:
        findings.append(finding("event_source_unknown", "event_source", kind(source)))
        source = "web"
    elif browser and source != "web":
        findings.append(finding("event_source_browser", "event_source"))
    code = address.get("test_event_code", routes.test_event_code)
    if not isinstance(code, str):
        findings.append(finding("wrong_type", "test_event_code", kind(code), "text"))
        code = ""
    given = address.get("event_source_id")
    if given is None:
        if not routes.ids.get(source):
            findings.append(finding("destination_missing", "event_source_id", wanted=source))
        return routes.of(source, code.strip()), findings
    chosen = given if isinstance(given, list) and given else [given]
    allowed = routes.ids.get(source, ())
    for each in chosen:
        if each not in allowed:
            findings.append(finding("destination_unknown", "event_source_id"))
        elif source in ("offline", "crm") and _PIXEL.fullmatch(each):
            findings.append(finding("source_id_looks_like_pixel", "event_source_id"))
    return tuple(
        Destination(source, str(each), code.strip()) for each in dict.fromkeys(map(str, chosen))
    ), findings
