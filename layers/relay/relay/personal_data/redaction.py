"""Redaction: of a text, of each part of a URL, and of every string and key of a finished event."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from relay.calling_codes import MIN_PHONE_DIGITS
from relay.lazy_patterns import lazy_pattern
from relay.personal_data.detection import (
    CREDENTIAL,
    PHONE,
    UNSEARCHABLE,
    USER_NAME,
    Kind,
    Redacted,
    Redaction,
    decode_escapes,
    holds_digits,
    is_contact_name,
    is_credential_name,
    is_credential_parameter,
    is_harmless,
    is_id_name,
    redact_escaped,
    redact_plain,
    redact_user_agent_phones,
)

# ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────

_URL: Final = lazy_pattern(r"(?<![A-Za-z0-9+.-])([a-z][a-z0-9+.-]{1,20})://[^\s\"<>]*+", re.IGNORECASE)


def redact_text(text: str, *, written_phones: bool = True) -> Redaction:
    """Remove e-mail addresses, phone numbers and credentials from a text, also from the URLs in it.

    A number is recognised by its + everywhere. With `written_phones` it is also recognised by how it is
    written, such as (213) 373-4253: in free text, not in ids, which may look the same.

    >>> redact_text("call +1 213 373 4253 now")
    Redaction(text='call  now', found='a phone number')
    """
    if is_harmless(text, written_phones=written_phones):
        return Redaction(text, None)
    if "://" not in text:
        return redact_escaped(text, written_phones=written_phones)
    kept: list[str] = []
    found: Kind | None = None
    place = 0
    for url in (*_URL().finditer(text), None):
        scheme = url[1] if url else ""
        # ada@b.https://shop.example: what reads as a scheme with a dot may be the end of an address.
        in_text = len(scheme) if "." in scheme else 0
        between = text[place : url.start() + in_text if url else len(text)]
        if not is_harmless(between, written_phones=written_phones):
            redaction = redact_escaped(between, written_phones=written_phones)
            between, found = redaction.text, found or redaction.found
        kept.append(between)
        if url is not None:
            redaction = redact_url(url[0])
            found = found or redaction.found
            kept.append(redaction.text[in_text:])
            place = url.end()
    return Redaction("".join(kept), found) if found else Redaction(text, None)


def find_personal_data(text: str, *, written_phones: bool = True) -> Kind | None:
    """What a text holds that does not belong there, escaped or not; None if nothing."""
    return redact_text(text, written_phones=written_phones).found


def redact_user_agent(text: str) -> Redaction:
    """Remove what `redact_text` removes from an id, and phone numbers that no version looks like."""
    redaction = redact_text(text, written_phones=False)
    phones = redact_user_agent_phones(redaction.text)
    return Redaction(phones.text, redaction.found or phones.found)


# ── URLs ────────────────────────────────────────────────────────────────────────────────────────────────────

_PATH_SIGNS: Final[str] = "%=&,:+$!*'()@~"
"""Signs that a part of a path may hold as they are (RFC 3986)."""

_MAX_PARAMETERS: Final[int] = 500
"""Parameters of a URL; real ones have some dozens. A query with more is removed unseen."""

_BETWEEN_PARAMETERS: Final[re.Pattern[str]] = re.compile(
    r"(&(?:amp;|#0{0,8}38;|#[xX]0{0,8}26;)?|;)", re.IGNORECASE
)
"""Also as HTML escapes it, and the semicolon that old servers take."""

_STATE: Final[re.Pattern[str]] = re.compile(r"[?&;#]state=", re.IGNORECASE)


def redact_url(url: str) -> Redaction:
    """Remove e-mail addresses, phone numbers and credentials from each part of a URL.

    A parameter of the query is removed as a whole; of the path and the fragment, the part between slashes is
    cleaned. What stays is written as it was.

    >>> redact_url("https://shop.example/thanks?email=a%40b.example&color=red")
    Redaction(text='https://shop.example/thanks?color=red', found='an e-mail address')
    """
    scheme, mark, rest = url.partition("://")
    if is_harmless(rest):
        return Redaction(url, None)
    rest, hash_mark, fragment = rest.partition("#")
    rest, question_mark, query = rest.partition("?")
    host, slash, path = rest.partition("/")
    found: list[Kind] = []
    beside_state = _STATE.search(url) is not None
    host = _redact_host(host, found)
    path = _redact_path(path, beside_state, found)
    query = _redact_query(query, beside_state, found)
    fragment = _redact_fragment(fragment, beside_state, found)
    if not found:
        return Redaction(url, None)
    parts = [f"{scheme}{mark}{host}", f"{slash}{path}"]
    parts += [f"{question_mark}{query}" if query else "", f"{hash_mark}{fragment}" if fragment else ""]
    # What was cut out can bring a name and a value together; then the last part goes as a whole.
    while len(parts) > 1 and redact_escaped("".join(parts), written_phones=True).found is not None:
        parts.pop()
    return Redaction("".join(parts), found[0])


def _redact_host(host: str, found: list[Kind]) -> str:
    plain = unquote(host) if "%" in host else host
    if "@" in plain:
        name, _, host = plain.rpartition("@")
        found.append(CREDENTIAL if ":" in name else USER_NAME)
    if is_harmless(host, written_phones=False):
        return host
    redaction = redact_escaped(host, written_phones=False)
    if redaction.found is None:
        return host
    found.append(redaction.found)
    return redaction.text.replace(" ", "")


_SECRET_LINK: Final = lazy_pattern(
    # Of Shopify: the status of an order, a new account, a new password, a login by Multipass.
    r"((?:^|/)(?:[0-9]{5,20}/orders|account/(?:(?:activate|reset)/[0-9]{1,20}|login/multipass))/)"
    r"[\w-]{16}[^/]*+"
)
"""Path of a link whose last part lets anyone act as the customer."""


def _redact_path(path: str, beside_state: bool, found: list[Kind]) -> str:
    if "orders/" in path or "account/" in path:
        path, links = _SECRET_LINK().subn(r"\1", path)
        if links:
            found.append(CREDENTIAL)
    return "/".join(_redact_segment(segment, beside_state, found) for segment in path.split("/"))


def _redact_segment(segment: str, beside_state: bool, found: list[Kind]) -> str:
    """One part of a path, with its own parameters: a session id stands behind a semicolon."""
    if is_harmless(segment):
        return segment
    text, semicolon, parameters = segment.partition(";")
    if parameters:
        parameters = _redact_query(parameters, beside_state, found)
    if "=" in text and _holds_credential(text, beside_state):
        found.append(CREDENTIAL)
        text = ""
    redaction = redact_escaped(text, written_phones=True)
    if redaction.found is not None:
        found.append(redaction.found)
        text = quote("%20".join(redaction.text.split()), safe=_PATH_SIGNS, errors="replace")
        if "=" in text and _holds_credential(text, beside_state):
            # key+16502530000=…: what was cut out kept a name and its sign apart.
            text = ""
    return f"{text}{semicolon}{parameters}" if parameters else text


def _holds_credential(segment: str, beside_state: bool) -> bool:
    """Whether a part of a path is a parameter that is named like a credential: `/thanks/key=…`."""
    for parameter in segment.split("&", _MAX_PARAMETERS):
        name, mark, value = parameter.partition("=")
        if (
            mark
            and value
            and is_credential_parameter(decode_escapes(name) or name, beside_state=beside_state)
        ):
            return True
    return False


def _redact_fragment(fragment: str, beside_state: bool, found: list[Kind]) -> str:
    """A fragment may be a path, a query, or a path with a query, in pages that never reload."""
    path, mark, query = fragment.partition("?")
    if not mark and ("=" in path or "&" in path):
        path, query = "", path
    path = _redact_path(path, beside_state, found)
    query = _redact_query(query, beside_state, found)
    return f"{path}{mark}{query}" if query else path


def _redact_query(query: str, beside_state: bool, found: list[Kind]) -> str:
    if not query:
        return query
    separators: list[str] = []
    if ";" in query:
        parts = _BETWEEN_PARAMETERS.split(query, _MAX_PARAMETERS)
        parameters, separators = parts[::2], parts[1::2]
    else:
        parameters = query.split("&")
    if len(parameters) > _MAX_PARAMETERS:
        found.append(UNSEARCHABLE)
        return ""
    kept: list[str] = []
    what: Kind | None = None
    for index, parameter in enumerate(parameters):
        if what is not None and separators and separators[index - 1] == ";" and "=" not in parameter:
            # The rest of the value before it.
            continue
        what = _find_in_parameter(parameter, beside_state) if parameter else None
        if what is not None:
            found.append(what)
            continue
        if kept:
            kept.append(separators[index - 1] if separators else "&")
        kept.append(parameter)
    return "".join(kept)


def _find_in_parameter(parameter: str, beside_state: bool) -> Kind | None:
    name, _, value = parameter.partition("=")
    harmless = is_harmless(value)
    if not (name.isascii() and name.isidentifier()):
        name = decode_escapes(name) or name
        # A separator that was escaped together with the name.
        name = name[max(map(name.rfind, "&;?")) + 1 :] or name
        harmless = False
    if value and is_credential_parameter(name, beside_state=beside_state):
        return CREDENTIAL
    if harmless:
        return (
            PHONE
            if len(value) >= MIN_PHONE_DIGITS and is_contact_name(name) and holds_digits(value)
            else None
        )
    # In a form, a + that is not escaped is a space; senders who forget to escape mean the sign.
    for text in dict.fromkeys((value, value.replace("+", " "))):
        if (what := _find_in_value(text)) is not None:
            return what
    if is_contact_name(name) and holds_digits(value):
        return PHONE
    return redact_plain(name, written_phones=False).found


def _find_in_value(value: str) -> Kind | None:
    """What a parameter's value holds. A URL in it is searched as text, so that no nesting costs more."""
    decoded = decode_escapes(value)
    if decoded is None:
        return UNSEARCHABLE
    found = redact_plain(value, written_phones=True).found
    return found or (redact_plain(decoded, written_phones=True).found if decoded != value else None)


# ── items ───────────────────────────────────────────────────────────────────────────────────────────────────

MAX_CHARACTERS: Final[int] = 200_000
"""Characters of an item's strings that are searched. An item has no fewer bytes, and one with more is
rejected, so the work is saved."""

_MAX_SHORT: Final[int] = 2_000
"""Characters that are searched before an item is walked through, for most texts hold nothing. With more, it
is walked through at once, so that no long text is searched twice."""

_MIN_PHONE_NUMBER: Final[int] = 10 ** (MIN_PHONE_DIGITS - 1)
_MAX_REMEMBERED: Final[int] = 512
_MAX_REMEMBERED_CHARACTERS: Final[int] = 64
"""Names that are remembered with what they say: TikTok's own are a hundred."""
_MAX_DEPTH: Final[int] = 64
"""Events are nested 32 levels at most; what is deeper is removed unseen."""

_PAIR_NAMES: Final[frozenset[str]] = frozenset(
    {"name", "key", "field", "label", "type", "property", "attribute", "question", "kind"}
)
_VALUE_NAMES: Final[frozenset[str]] = frozenset(
    {
        *(
            "value",
            "values",
            "val",
            "number",
            "num",
            "raw",
            "e164",
            "text",
            "string",
            "content",
            "data",
            "answer",
        ),
        *("formatted", "national", "international", "full", "plain", "current", "new", "old"),
    }
)
"""Names that say nothing beyond the name of the object or of the field beside them."""
_MIN_PAIR_DIGITS: Final[int] = 9
_MIN_PAIR_NUMBER: Final[int] = 10 ** (_MIN_PAIR_DIGITS - 1)
_MAX_PAIR_NAME: Final[int] = 64

Path = tuple[str | int, ...]

_SILENT: Final[set[str]] = set()
"""Names that are identifiers, which hold nothing of a person, and that say nothing of their value."""


class TooMuchTextError(ValueError):
    """An item with more than `MAX_CHARACTERS` to search; a part of it is not redacted."""


def redact_item(item: dict[str, Any], to_search: Sequence[object]) -> list[Redacted]:
    """Redact an item for TikTok's `data[]` in place, and list where. What is nested in it may be the sender's
    own objects, which several events can share: they are replaced, never changed.

    `to_search` has those of its parts that may hold something. If one of them does, every string and every
    key is checked, at any depth, but for `user` at the top, whose values are hashed or checked one by one,
    and the name and id of the event, which its caller checks: they can't be shortened.

    Raises TooMuchTextError.
    """
    fields = {name: value for name, value in item.items() if name not in _CHECKED_BY_CALLER}
    texts = _collect_texts(to_search)
    if texts is not None and _hold_nothing(texts):
        return []
    walk = _Walk()
    kept = walk.redact_object(fields, ())
    for name in fields:
        if name in kept:
            item[name] = kept[name]
        else:
            del item[name]
    return walk.found


_CHECKED_BY_CALLER: Final[frozenset[str]] = frozenset({"user", "event", "event_id"})


def _collect_texts(to_search: Sequence[object]) -> list[str] | None:
    """Every string inside, at any depth; None if the name of a field calls for a closer look."""
    texts: list[str] = []
    parts: list[Any] = [*to_search]
    for part in parts:
        # The list grows while it is read.
        kind = type(part)
        if kind is str:
            texts.append(part)
        elif kind is list:
            parts += part
        elif kind is dict:
            if not _SILENT.issuperset(part):
                return None
            parts += part.values()
    return texts


def _hold_nothing(texts: list[str]) -> bool:
    """Whether no text holds anything, whatever field it stands in."""
    return sum(map(len, texts)) <= _MAX_SHORT and all(find_personal_data(text) is None for text in texts)


class _Walk:
    """One walk through an item: what was found so far, and how much text there was."""

    __slots__ = ("_characters", "found")

    def __init__(self) -> None:
        self.found: list[Redacted] = []
        self._characters = 0

    def redact_object(
        self, fields: dict[str, Any], path: Path, inherited: Kind | None = None
    ) -> dict[str, Any]:
        """The object itself where nothing in it is redacted, else a new one.

        `inherited` is what the name of the object says of its value.
        """
        changes: dict[str, Any] = {}
        pair = _classify_pair(fields)
        by_others = inherited or pair
        for name, value in fields.items():
            if not _is_silent(name) and (in_name := self._find_in_name(name)):
                # A table keyed by customer.
                self.found.append(Redacted((*path, name), in_name))
                changes[name] = None
                continue
            says = None
            if by_others is not None and name.lower() in _VALUE_NAMES:
                if pair is not None and _is_possible_in_pair(pair, value):
                    self.found.append(Redacted((*path, name), pair))
                    changes[name] = None
                    continue
                says = inherited or (pair if isinstance(value, (dict, list)) else None)
            kept = self.redact_value(value, name, (*path, name), says)
            if kept is not value:
                changes[name] = kept
        if not changes:
            return fields
        kept_fields = {**fields, **changes}
        return {
            name: value for name, value in kept_fields.items() if value is not None or name not in changes
        }

    def redact_value(self, value: Any, name: str, path: Path, inherited: Kind | None = None) -> Any:
        """What is kept of a value under `name`; None if nothing is."""
        says = inherited if _is_silent(name) else _classify_name(name) or inherited
        if isinstance(value, (dict, list)):
            if len(path) > _MAX_DEPTH:
                self.found.append(Redacted(path, UNSEARCHABLE))
                return None
            if isinstance(value, list):
                return self._redact_list(value, name, path, inherited)
            return self.redact_object(value, path, says)
        if says is not None and _is_possible(says, value):
            self.found.append(Redacted(path, says))
            return None
        return self._redact_string(value, name, path) if isinstance(value, str) else value

    def _redact_list(
        self, values: list[Any], name: str, path: Path, inherited: Kind | None
    ) -> list[Any] | None:
        kept = [
            self.redact_value(value, name, (*path, index), inherited) for index, value in enumerate(values)
        ]
        if all(new is old for new, old in zip(kept, values, strict=True)):
            return values
        return [value for value in kept if value is not None] or None

    def _redact_string(self, text: str, name: str, path: Path) -> str | None:
        self._count(text)
        redaction = redact_text(text, written_phones=not is_id_name(name))
        if redaction.found is None:
            return text
        self.found.append(Redacted(path, redaction.found))
        return redaction.text.strip() or None

    def _find_in_name(self, name: str) -> Kind | None:
        self._count(name)
        return find_personal_data(name)

    def _count(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise TooMuchTextError


def _is_possible(kind: Kind, value: object) -> bool:
    """Whether a value can be what its name says: any under `password`, seven digits under `phone`."""
    if isinstance(value, str):
        return bool(value) and (kind == CREDENTIAL or holds_digits(value))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and (kind == CREDENTIAL or abs(value) >= _MIN_PHONE_NUMBER)  # type: ignore[arg-type]


def _is_possible_in_pair(kind: Kind, value: object) -> bool:
    """Whether the value beside a name can be what the name says. Phones are sold, too, and have prices."""
    if isinstance(value, str) and kind == PHONE:
        return sum(map(str.isdigit, value)) >= _MIN_PAIR_DIGITS
    if isinstance(value, (int, float)) and kind == PHONE:
        return abs(value) >= _MIN_PAIR_NUMBER
    return _is_possible(kind, value)


def _classify_pair(fields: dict[str, Any]) -> Kind | None:
    """What one field says of another beside it: `{"name": "phone", "value": "…"}`."""
    if _PAIR_NAMES.isdisjoint(fields):
        return None
    for name in _PAIR_NAMES.intersection(fields):
        stated = fields[name]
        if (
            isinstance(stated, str)
            and len(stated) <= _MAX_PAIR_NAME
            and (kind := _classify_name(stated)) is not None
        ):
            return kind
    return None


def _is_silent(name: str) -> bool:
    """Whether a name is an identifier that says nothing of its value; and if so, remember it."""
    if name in _SILENT:
        return True
    # A name such as `key` says nothing of its own value, but its value does of another.
    silent = (
        name not in _PAIR_NAMES and name.isascii() and name.isidentifier() and _classify_name(name) is None
    )
    if silent and len(name) <= _MAX_REMEMBERED_CHARACTERS and len(_SILENT) < _MAX_REMEMBERED:
        _SILENT.add(name)
    return silent


def _classify_name(name: str) -> Kind | None:
    """What a name says of its value: a number under `phone`, anything under `password`."""
    if is_credential_name(name):
        return CREDENTIAL
    return PHONE if is_contact_name(name) else None
