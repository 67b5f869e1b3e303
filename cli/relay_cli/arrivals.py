"""What came in of an event beside what went out, field by field, without a value of a person.

Ingest logs the names and kinds of an event's known fields (`ingest.observability`); here they are read again
and put beside the fields that TikTok was sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay.event.compiled import Declared, load_model
from relay.event.model import FLAT_FIELDS
from relay.event.routing import ADDRESSING

CUT: Final[str] = "…"
"""The last word of a description that ingest cut."""

_WORD: Final[re.Pattern[str]] = re.compile(r"\+(\d+)|([a-z0-9_]+)(?:=([a-z]+))?(\()?|(\))")

_NOT_SENT: Final[frozenset[str]] = frozenset({"consent"})

_ADDED: Final[Mapping[str, str]] = {
    "event_id": "not sent: the relay made one",
    "event_time": "not sent: the time of receipt",
    "user.ttclid": "not sent: from the page's URL",
    "user.ip": "the request's own",
    "user.user_agent": "the request's own",
}
"""Place → where it comes from where the sender did not send it."""

_KINDS: Final[Mapping[str, str]] = {
    "text": "text",
    "number": "a number",
    "flag": "true or false",
    "list": "a list",
    "object": "an object",
    "null": "null",
    "digest": "SHA-256",
    "digests": "a list of SHA-256",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One field that came in: the sender's path, where TikTok has it, its kind in words, and whether that is
    the kind that docs/events.md asks for."""

    field: str
    place: str
    kind: str
    usual: bool = True


@dataclass(frozen=True, slots=True)
class Description:
    """A description, read: its fields, the number of fields that the relay does not know, whether it was
    cut."""

    arrivals: tuple[Arrival, ...] = ()
    unknown: int = 0
    cut: bool = False

    def sentence(self) -> str:
        """The fields in a line: `event, value (text, not a number), email, 2 unknown fields`."""
        named = [
            arrival.field if arrival.usual else f"{arrival.field} ({arrival.kind})"
            for arrival in self.arrivals
        ]
        if self.unknown:
            named.append("1 unknown field" if self.unknown == 1 else f"{self.unknown} unknown fields")
        return ", ".join([*named, *([CUT] if self.cut else [])])


def read(description: str) -> Description:
    """Read what ingest logged of an event; what is not of that form is skipped."""
    arrivals: list[Arrival] = []
    unknown = 0
    stack: list[tuple[str, Mapping[str, Declared]]] = [("", load_model().declared)]
    for number, name, kind, opens, closes in _WORD.findall(description):
        if closes:
            if len(stack) > 1:
                stack.pop()
            continue
        if number:
            unknown += int(number)
            continue
        prefix, known = stack[-1]
        declared = known.get(name)
        path = f"{prefix}{name}"
        inside: Mapping[str, Declared] = (declared[2] or {}) if declared else {}
        if not opens or kind:
            arrivals.append(Arrival(path, place_of(path), *_in_words(kind, declared)))
        if opens:
            is_list = name == "contents"
            stack.append((f"{path}[0]." if is_list else f"{path}.", inside))
    return Description(tuple(arrivals), unknown, CUT in description)


def _in_words(kind: str, declared: Declared | None) -> tuple[str, bool]:
    """A field's kind in words, and whether it is the declared one."""
    expected, hashed, _ = declared or ("", False, None)
    if not kind or kind == expected:
        return "plain" if hashed else _KINDS.get(expected, ""), True
    if hashed and kind == "list":
        return "a list, plain", False
    found = _KINDS.get(kind, kind)
    if kind in ("digest", "digests", "null") or expected not in _KINDS:
        return found, False
    return f"{found}, not {_KINDS[expected]}", False


def place_of(path: str) -> str:
    """Where TikTok has a field that a sender wrote at `path`.

    >>> place_of("sha256_email"), place_of("content_id"), place_of("properties.value")
    ('user.email', 'properties.contents[0].content_id', 'properties.value')
    """
    first, dot, _ = path.partition(".")
    if not dot or first.startswith("contents"):
        section = FLAT_FIELDS.get(re.sub(r"\[\d+\]$", "", first), "")
        path = f"{section}.{path}" if section else path
    section, _, name = path.partition(".")
    if section == "user":
        return f"user.{load_model().hashed.get(name, name)}"
    if section == "properties" and name in load_model().item:
        return f"properties.contents[0].{name}"
    return path


@dataclass(frozen=True, slots=True)
class Row:
    """A field, what came in, what went out, and the codes of the findings about it."""

    field: str
    came_in: str
    went_out: str
    codes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The row as the page takes it."""
        return {
            "field": self.field,
            "came_in": self.came_in,
            "went_out": self.went_out,
            "codes": list(self.codes),
        }


def compare(
    arrivals: Sequence[Arrival],
    outgoing: Sequence[Mapping[str, str]] | None,
    findings: Sequence[tuple[str, str]] = (),
    match_keys: Sequence[str] = (),
    *,
    goes_out: bool = True,
    webhook: bool = False,
) -> list[Row]:
    """Put what came in beside what went out.

    `outgoing` are the fields of the item (`show_fields`), None where nobody can see it; then `match_keys` say
    which identifiers went out. `findings` are codes with the path of the field that each is about. With
    `goes_out` false nothing went out at all: the event was rejected. Of a `webhook`'s body, whose fields are
    its sender's own, there are no arrivals.
    """
    sent = _by_place(outgoing or ())
    codes: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for code, path in findings:
        if path:
            place = _without_index(place_of(path))
            codes.setdefault(place, []).append(code)
            paths.setdefault(place, path)
    rows = []
    for arrival in arrivals:
        out = sent.pop(arrival.place, "")
        if not goes_out:
            out = ""
        elif not out:
            out = _absent(arrival, outgoing is not None, match_keys)
        found = tuple(codes.pop(_without_index(arrival.place), ()))
        rows.append(Row(arrival.field, arrival.kind, out, found))
    for place, text in sent.items() if goes_out else ():
        rows.append(
            Row(place, _origin(place, webhook=webhook), text, tuple(codes.pop(_without_index(place), ())))
        )
    # What is about a field that did not come in: it is missing.
    rows += [Row(paths[place], "missing", "", tuple(of)) for place, of in codes.items()]
    return rows


def _origin(place: str, *, webhook: bool) -> str:
    """Where a field comes from that the sender did not send, or not under its name."""
    if webhook:
        return "from the webhook"
    if re.search(r"\[[1-9]\d*\]", place):
        return "of another item"
    return _ADDED.get(place, "added by the relay")


def _by_place(outgoing: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The fields that went out, the entries of a list (of an identifier) as one."""
    sent: dict[str, str] = {}
    for row in outgoing:
        place = re.sub(r"(?<=\w)\[\d+\]$", "", row["field"])
        sent[place] = f"{sent[place]}; {row['value']}" if place in sent else row["value"]
    return sent


def _absent(arrival: Arrival, item_is_known: bool, match_keys: Sequence[str]) -> str:
    """What to say of a field that came in and is not in the item, or of which the item is not known."""
    name = arrival.place.rpartition(".")[2]
    if arrival.place in ADDRESSING:
        return "in the request, beside the event"
    if arrival.place in _NOT_SENT:
        return "not for TikTok"
    if item_is_known:
        return "omitted"
    if arrival.place.startswith("user."):
        return "sent" if name in match_keys else "omitted"
    return ""


def _without_index(place: str) -> str:
    return re.sub(r"\[\d+\]", "", place)


def from_fields(shown: Sequence[Mapping[str, str]]) -> Iterator[Arrival]:
    """The fields of an event at hand (`show_fields`) as arrivals."""
    for row in shown:
        field = re.sub(r"(?<=\w)\[\d+\]$", "", row["field"])
        yield Arrival(row["field"], place_of(field), row["value"])
