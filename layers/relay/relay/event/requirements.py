"""Requirements: what TikTok wants of an event of each source (web, app, offline, CRM), as one table.

TikTok API for Business, Doc 1771101303285761, the columns web, app, offline and CRM of its tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relay.findings import Finding, finding

Named = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field that a source wants, and the check that speaks when it is missing."""

    section: str
    name: str
    check: str


FIELDS: Final[dict[str, tuple[Requirement, ...]]] = {
    "web": (Requirement("page", "url", "url_missing"),),
    "app": (Requirement("app", "app_id", "app_id_missing"),),
    "offline": (),
    "crm": (Requirement("lead", "lead_id", "lead_id_missing"),),
}


def check(source: str, item: Mapping[str, Any], named: Named) -> list[Finding]:
    """What an item lacks."""
    findings: list[Finding] = []
    for each in FIELDS[source]:
        if each.section not in item or each.name not in item[each.section]:
            findings.append(finding(each.check, named(each.section, each.name)))  # noqa: PERF401 - mostly none
    return findings
