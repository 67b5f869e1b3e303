"""Join webhooks to visits: fill the match keys that a webhook lacks from the visit of its buyer.

Precedence: the visit id that the checkout carried, then the checkout's token, the session's, the payment
intent's, the order's id, the e-mail address. The first that leads to a usable visit counts. A visit is not
usable where its consent was withdrawn (then no other is tried either), or where it belongs to another person:
it knows an e-mail address and the webhook has a different one. What the webhook itself says is never changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from relay.aws.dynamodb import Item
from relay.identity.emails import normalise_email
from relay.identity.hashing import digest, is_digest
from relay.visits.store import pointer_key, visit_key
from relay.visits.visit import POINTER_KINDS, PointerKind, VisitKeys, is_visit_id

Status = Literal["joined", "not_found", "consent_denied", "another_person"]
Via = Literal["visit_id", "checkout_token", "session_id", "payment_intent", "order_id", "email"]

CLOCK_SKEW_SECONDS: Final[int] = 120
"""An order's id may be claimed so long before the order was made: two clocks."""

_ALONE: Final[tuple[str, ...]] = ("ttclid", "ttp")
_TOGETHER: Final[tuple[str, ...]] = ("ip", "user_agent")
"""Filled as a pair: an address of one browser beside the name of another is nobody's."""


class Store(Protocol):
    """Look-ups of the visit store."""

    def get(self, keys: Sequence[str]) -> dict[str, Item]: ...


@dataclass(frozen=True, slots=True)
class Joined:
    """The events of a webhook after the join, and what was filled: names of fields, never values."""

    events: Sequence[object]
    status: Status
    via: Via | None = None
    filled: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return what the response says of the visit."""
        members: dict[str, object] = {"status": self.status}
        if self.via is not None:
            members["joined_by"] = self.via
            members["filled"] = list(self.filled)
        return members


def join_visit(events: Sequence[object], keys: VisitKeys, store: Store) -> Joined | None:
    """Return the events with what they lacked; None where there is nothing to fill or to join by.

    Never raises for what is in the events.
    """
    wanting = [event for event in events if isinstance(event, dict) and _lacks(event)]
    if not wanting:
        return None
    emails = {found for event in wanting for found in _email_digests(event)}
    candidates = _candidates(keys, wanting, emails)
    if not candidates:
        return None
    visit, status, via = _find(candidates, keys, emails, store)
    if visit is None:
        return Joined(events, status)
    filled: dict[str, None] = {}
    joined = [_fill(event, visit, filled) if isinstance(event, dict) else event for event in events]
    return Joined(joined, "joined", via, tuple(filled))


def _lacks(event: Mapping[str, object]) -> bool:
    """Whether an event may be filled: consent was not denied, and a match key is missing."""
    user = event.get("user")
    if event.get("consent") in ("denied", False) or not isinstance(user, dict | None):
        return False
    user = user or {}
    return any(not user.get(name) for name in (*_ALONE, *_TOGETHER))


def _email_digests(event: Mapping[str, object]) -> set[str]:
    user = event.get("user")
    given = user.get("email") if isinstance(user, dict) else None
    found = set()
    for email in given if isinstance(given, list) else [given]:
        if not isinstance(email, str):
            continue
        try:
            normal = email.lower() if is_digest(email) else normalise_email(email)
            if normal:
                found.add(normal if is_digest(normal) else digest(normal))
        except UnicodeEncodeError:
            continue
    return found


def _candidates(keys: VisitKeys, events: Sequence[Mapping[str, object]], emails: set[str]) -> dict[Via, str]:
    """Return the table's key for each way to the visit, in the order of precedence."""
    values: dict[PointerKind, str] = {
        "checkout_token": keys.checkout_token,
        "session_id": keys.session_id,
        "payment_intent": keys.payment_intent,
        "order_id": next(filter(None, map(_order_id, events)), ""),
        # A webhook has one buyer; with several addresses there is no telling whose visit it is.
        "email": next(iter(emails)) if len(emails) == 1 else "",
    }
    found: dict[Via, str] = {}
    if is_visit_id(keys.visit_id):
        found["visit_id"] = visit_key(keys.visit_id)
    for kind in POINTER_KINDS:
        if values[kind]:
            found[kind] = pointer_key(kind, values[kind])
    return found


def _order_id(event: Mapping[str, object]) -> str:
    properties = event.get("properties")
    found = properties.get("order_id") if isinstance(properties, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _find(
    candidates: Mapping[Via, str], keys: VisitKeys, emails: set[str], store: Store
) -> tuple[Item | None, Status, Via | None]:
    found = store.get(list(candidates.values()))
    pointed = {
        via: visit_key(str(item["visit"]))
        for via, key in candidates.items()
        if via != "visit_id" and (item := found.get(key)) and _is_trusted(via, item, keys)
    }
    visits = found | store.get([key for key in pointed.values() if key not in found])
    status: Status = "not_found"
    for via, key in candidates.items():
        visit = visits.get(key if via == "visit_id" else pointed.get(via, ""))
        if visit is None:
            continue
        if visit.get("consent") != "granted":
            return None, "consent_denied", None
        if emails and visit.get("email") and visit["email"] not in emails:
            status = "another_person"
            continue
        return visit, "joined", via
    return None, status, None


def _is_trusted(via: Via, pointer: Item, keys: VisitKeys) -> bool:
    """Whether a pointer may lead to the buyer's visit: an order's id is known to nobody before the order."""
    if not pointer.get("visit") or pointer.get("disputed"):
        return False
    if via != "order_id":
        return True
    if keys.ordered_at is None:
        return False
    return int(pointer.get("at", 0)) >= keys.ordered_at - CLOCK_SKEW_SECONDS


def _fill(event: dict[str, object], visit: Item, filled: dict[str, None]) -> dict[str, object]:
    if not _lacks(event):
        return event
    user = event.get("user")
    known: dict[str, object] = dict(user) if isinstance(user, dict) else {}
    names = [name for name in _ALONE if not known.get(name)]
    if not any(known.get(name) for name in _TOGETHER) or known.get("ip") == visit.get("ip"):
        names += [name for name in _TOGETHER if not known.get(name)]
    added = {name: visit[name] for name in names if visit.get(name)}
    changed = {**event, "user": known | added}
    filled.update(dict.fromkeys(added))
    page = event.get("page")
    if visit.get("url") and not (isinstance(page, dict) and page.get("url")) and not event.get("url"):
        changed["page"] = {**(page if isinstance(page, dict) else {}), "url": visit["url"]}
        filled["url"] = None
    return changed
