"""URLs: user name, host, path, query and fragment, each cleaned by its own rules."""

import re
from typing import Final
from urllib.parse import quote, unquote

from relay.personal_data.detection import (
    MIN_PHONE_DIGITS,
    holds_digits,
    is_harmless,
    redact_escaped,
    redact_plain,
)
from relay.personal_data.escapes import decode_escapes
from relay.personal_data.kinds import CREDENTIAL, PHONE, UNSEARCHABLE, USER_NAME, Kind, Redaction
from relay.personal_data.names import is_contact_name, is_credential_parameter

_PATH_SIGNS: Final[str] = "%=&,:+$!*'()@~"
"""Signs that a part of a path may hold as they are (RFC 3986)."""

_MAX_PARAMETERS: Final[int] = 500
"""Parameters of a URL; real ones have some dozens. A query with more is removed unseen."""

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
    cleaned = f"{scheme}{mark}{host}{slash}{path}"
    cleaned += f"{question_mark}{query}" if query else ""
    return Redaction(cleaned + (f"{hash_mark}{fragment}" if fragment else ""), found[0])


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


def _redact_path(path: str, beside_state: bool, found: list[Kind]) -> str:
    return "/".join(_redact_segment(segment, beside_state, found) for segment in path.split("/"))


def _redact_segment(segment: str, beside_state: bool, found: list[Kind]) -> str:
    """One part of a path, with its own parameters: a session id stands behind a semicolon."""
    if is_harmless(segment):
        return segment
    text, semicolon, parameters = segment.partition(";")
    if parameters:
        parameters = _redact_query(parameters, beside_state, found)
    redaction = redact_escaped(text, written_phones=True)
    if redaction.found is not None:
        found.append(redaction.found)
        text = quote("%20".join(redaction.text.split()), safe=_PATH_SIGNS, errors="replace")
    return f"{text}{semicolon}{parameters}" if parameters else text


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
    kept: list[str] = []
    parameters = query.split("&")
    if len(parameters) > _MAX_PARAMETERS:
        found.append(UNSEARCHABLE)
        return ""
    for parameter in parameters:
        what = _find_in_parameter(parameter, beside_state) if parameter else None
        if what is None:
            kept.append(parameter)
        else:
            found.append(what)
    return "&".join(kept)


def _find_in_parameter(parameter: str, beside_state: bool) -> Kind | None:
    name, _, value = parameter.partition("=")
    harmless = is_harmless(value)
    if not (name.isascii() and name.isidentifier()):
        name = decode_escapes(name) or name
        harmless = False
    if value and _is_credential(name, beside_state):
        return CREDENTIAL
    if harmless:
        return (
            PHONE
            if len(value) >= MIN_PHONE_DIGITS and holds_digits(value) and is_contact_name(name)
            else None
        )
    # In a form, a + that is not escaped is a space; senders who forget to escape mean the sign.
    for text in dict.fromkeys((value, value.replace("+", " "))):
        if (what := _find_in_value(text)) is not None:
            return what
    if holds_digits(value) and is_contact_name(name):
        return PHONE
    return redact_plain(name, written_phones=False).found


def _is_credential(name: str, beside_state: bool) -> bool:
    return is_credential_parameter(name, beside_state=beside_state)


def _find_in_value(value: str) -> Kind | None:
    """What a parameter's value holds. A URL in it is searched as text, so that no nesting costs more."""
    decoded = decode_escapes(value)
    if decoded is None:
        return UNSEARCHABLE
    found = redact_plain(value, written_phones=True).found
    return found or (redact_plain(decoded, written_phones=True).found if decoded != value else None)
