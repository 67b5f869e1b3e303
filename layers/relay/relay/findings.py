"""Findings: the table of all that can be wrong with an event, and the collector of one event's findings.

An error rejects the event; a warning goes with an accepted one. Codes are stable: programs compare them.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning"]

MAX_FINDINGS: Final[int] = 100
"""Errors, and warnings, that are listed of one event: the sender of a thousand mistakes fixes the first ones
first."""


class Finding(NamedTuple):
    """One thing that is wrong with one field of one event. It never holds the field's value."""

    code: str
    field: str
    message: str

    def as_json(self) -> dict[str, str]:
        """The finding as the API returns it."""
        return {"code": self.code, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: severity, and the message with its placeholders field, actual and expected."""

    severity: Severity
    message: str


_error: Final = partial(Check, "error")
_warning: Final = partial(Check, "warning")

CHECKS: Final[dict[str, Check]] = {
    # The event as a whole
    "not_an_object": _error("An event is a JSON object; this is {actual}."),
    "wrong_type": _error("{field} is {actual}; expected {expected}."),
    "too_large": _error("The event has {actual} after normalisation; at most {expected} are accepted."),
    "item_texts_omitted": _warning(
        "The event has {actual} after normalisation; at most {expected} are accepted. The names, "
        "categories and brands of its items were omitted; catalogue ads match their ids."
    ),
    "too_many_fields": _error("The event has more than {expected} fields and list entries."),
    "too_deep": _error("The event is nested deeper than {expected} levels."),
    "unprocessable": _error(
        "The relay failed to process this event. Report it with the request id; resending will not help."
    ),
    "unreadable_text": _error("{field} contains a lone surrogate, which has no UTF-8 form."),
    "text_cut": _warning("{field} contained half of a character (a lone surrogate), which was removed."),
    "control_characters": _error("{field} contains control characters, which no id has."),
    "number_out_of_range": _error("{field} is not a finite number in the supported range."),
    "unknown_field": _warning("Unknown field `{field}`, ignored.{expected}"),
    "unknown_envelope_field": _warning("`{field}` beside the list of events is ignored.{expected}"),
    "unknown_property": _warning("{field} is not in TikTok's table; it goes out all the same.{expected}"),
    "identifier_misplaced": _warning(
        "{field} identifies a person and was omitted: it belongs in {expected}, where it is hashed."
    ),
    "unknown_user_field": _warning("Unknown field `{field}`, ignored: it could identify a person.{expected}"),
    "given_twice": _warning("{field} is present both flat and nested; the nested value is used."),
    "read_as_list": _warning("{field} is {actual} and was read as a list. Send a JSON list."),
    "read_as_single": _warning("{field} is {actual} and was read as a single value. Send {expected}."),
    "events_1_0": _error("{field} belongs to Events API 1.0. {expected}"),
    # Destination
    "event_source_unknown": _error("event_source is {actual}; expected web, app, offline or crm."),
    "event_source_in_item": _warning(
        "event_source belongs beside data, not inside an item; it was read from the item."
    ),
    "destination_unknown": _error(
        "event_source_id is not a destination of this relay for that event_source. Omit it, or add it."
    ),
    "event_source_browser": _error("A browser sends web events only; this one has another event_source."),
    "destination_browser": _warning("{field} from a browser is ignored: only servers choose a destination."),
    "destination_missing": _error(
        "This relay has no destination for {expected} events. Add one to Destinations."
    ),
    "test_code_invalid": _error("test_event_code is {actual}; expected a code such as TEST12345."),
    "test_codes_too_many": _error(
        "The request has more than {expected} different values of test_event_code."
    ),
    # Name
    "event_missing": _error("The event has no name. Send event, such as Purchase or ViewContent."),
    "event_name_invalid": _error(
        "A custom event name has at most 50 characters, starts with a letter and contains only letters, "
        "digits, _ and -.{expected}"
    ),
    "event_name_personal": _error(
        "event contains {actual}, which TikTok forbids there. Send a name that identifies no person."
    ),
    "event_renamed": _warning("TikTok renamed this event in May 2025: it goes out as {expected}."),
    "event_reserved": _warning(
        "TikTok maps this reserved name to a standard one: it goes out as {expected}."
    ),
    "event_spelling": _warning("Read as the standard event {expected}. Send that spelling."),
    "event_ending": _warning("TikTok supports this event until 2027. Plan to send {expected}."),
    "event_custom": _warning(
        "Not a standard event: it goes out as a custom one, which campaigns can't optimise for.{expected}"
    ),
    "event_crm_standard": _warning(
        "TikTok's table asks for custom names of CRM events; its samples and help pages use standard ones."
    ),
    "event_not_standard": _error(
        "An offline event must have a standard name; TikTok accepts no custom ones there.{expected}"
    ),
    # Id
    "event_id_number": _warning("event_id is a number; TikTok expects text, so it was converted to text."),
    "event_id_placeholder": _warning(
        "event_id is a placeholder such as undefined, or a template that was not filled in, and was ignored."
    ),
    "event_id_from_order": _warning("No event_id: order_id is used. Send the same event_id from the pixel."),
    "event_id_made": _warning(
        "No event_id and no order_id: an id was made from the event's content. Nothing that the pixel "
        "sends can be deduplicated with it."
    ),
    "event_id_looks_random": _warning(
        "event_id contains a clock or a random part although an order_id is present; a retry or the pixel "
        "would count again. Send the order's id."
    ),
    "event_id_personal": _warning(
        "event_id contains {actual}; its SHA-256 goes out. Send an id that identifies no person, or the same "
        "digest from the pixel."
    ),
    # Time
    "event_time_missing": _warning("No event_time: the time of receipt is used. Send Unix seconds."),
    "event_time_wrong": _error("event_time is {actual}; expected Unix seconds, such as 1795000000."),
    "event_time_milliseconds": _warning(
        "event_time is in milliseconds and was converted, in UTC. Send Unix seconds."
    ),
    "event_time_iso": _warning(
        "event_time is a date in text and was converted; its zone is {actual}. Send Unix seconds."
    ),
    "event_time_text": _warning("event_time is a number in text and was converted. Send a JSON number."),
    "event_time_fraction": _warning("event_time has a fraction, which was cut off. Send whole seconds."),
    "event_time_too_old": _error("event_time is more than 28 days ago, which TikTok no longer attributes."),
    "event_time_old": _warning("event_time is more than 7 days ago; TikTok may no longer attribute it."),
    "event_time_future": _error(
        "event_time is more than 10 minutes ahead. Check the clock and the time zone."
    ),
    "event_time_browser": _warning(
        "The browser's clock is more than 10 minutes ahead; the time of receipt is used."
    ),
    # Match keys
    "no_match_key": _error(
        "No match key is left. Send at least one of email, phone, external_id, ttclid, ttp, or ip with "
        "user_agent."
    ),
    "identifier_blank": _warning("{field} is blank and was omitted; a blank value is never hashed."),
    "identifier_placeholder": _warning(
        "{field} is a placeholder such as null or undefined, or a template that was not filled in, and was "
        "omitted."
    ),
    "identifier_type": _warning("{field} is {actual} and was omitted; expected text or a list of texts."),
    "email_invalid": _warning("{field} is not an e-mail address and was omitted."),
    "phone_invalid": _warning(
        "{field} is not a phone number and was omitted. Send E.164, such as +12133734253."
    ),
    "phone_no_country": _warning(
        "{field} has no country code and none is known, so it was omitted. Send E.164, or country."
    ),
    "phone_without_plus": _warning("{field} has no +; it was read as an international number. Send E.164."),
    "phone_ambiguous": _warning(
        "{field} is valid in two readings (a national number, an international one without its +, or one "
        "after another country's prefix), so both digests go out. Send E.164."
    ),
    "digest_invalid": _warning("{field} is not a SHA-256 digest (64 hex characters) and was omitted."),
    "digest_of_nothing": _warning(
        "{field} is the SHA-256 of an empty value or of a placeholder such as null, and was omitted. Hash "
        "only values that exist."
    ),
    "ip_invalid": _warning("{field} is not an IP address and was omitted."),
    "ip_list": _warning(
        "{field} is a list of addresses; the first public one goes out. Send the visitor's own."
    ),
    "ip_not_public": _warning(
        "{field} is a private or local address and was omitted. Send the visitor's own."
    ),
    "ip_without_user_agent": _warning("ip only matches together with user_agent; send both."),
    "browser_ip": _warning(
        "{field} from a browser is taken from the request itself; the value in the body was ignored."
    ),
    "value_invalid": _warning("{field} is {actual} and was omitted; expected {expected}."),
    "country_unknown": _warning("{field} is not a country in ISO 3166 and was omitted."),
    "match_quality_low": _warning("Match quality is {actual} of 10. What would help most: {expected}."),
    # Properties
    "value_not_a_number": _error("{field} is {actual}; expected a plain number, such as 129.9."),
    "number_as_text": _warning("{field} is a number in text and was converted to a number."),
    "number_made_text": _warning("{field} is a number; TikTok expects text, so it was converted to text."),
    "currency_unknown": _error("{field} is not an ISO 4217 code (for example USD)."),
    "currency_not_taken": _warning(
        "TikTok does not support this currency: value and currency were omitted, so that the event itself "
        "counts. Convert the amount to send it."
    ),
    "currency_missing": _warning("value has no currency, so TikTok can't report revenue. Send currency."),
    "value_missing": _warning("Without value and currency TikTok can't report revenue or bid on it."),
    "value_derived": _warning(
        "value is missing and was computed from the items: the sum of price × quantity."
    ),
    "value_negative": _warning("{field} is negative; TikTok counts no refunds."),
    "contents_sum": _warning("value is {actual}, but the items' price × quantity add up to {expected}."),
    "content_type_missing": _warning(
        "Items without content_type can't be looked up. Send product, or product_group."
    ),
    "content_missing": _warning("No content_id: catalogue ads can't use the event. Send content_id."),
    "offline_match_key": _warning(
        "TikTok matches offline events by email and phone only; this event has neither."
    ),
    "search_missing": _warning("A Search event has no search_string. Send what was searched for."),
    "enum_unknown": _warning("{field} is not one of {expected} and was omitted."),
    "date_invalid": _warning(
        "{field} is not a date in TikTok's formats (YYYYMMDD, YYYY-MM-DD, or with a time) and was omitted."
    ),
    "personal_data": _warning("{field} contained {actual}, which TikTok forbids there; it was redacted."),
    "credential": _warning(
        "{field} contained {actual}, with which anyone can act as the customer or the shop; it was removed."
    ),
    # Page, app, lead
    "url_missing": _warning("No url: TikTok expects the page that a web event happened on."),
    "url_no_scheme": _warning("{field} has no scheme; https:// was added."),
    "url_too_long": _warning("{field} is {actual} and was omitted; a URL has at most {expected} characters."),
    "url_invalid": _warning("{field} is not an absolute http(s) URL and was omitted."),
    "app_id_missing": _error("An app event needs app.app_id: the store's id or the package name."),
    "lead_id_missing": _error("A CRM event needs lead.lead_id."),
    "source_id_looks_like_pixel": _warning(
        "This event set id looks like a pixel code; offline and CRM events expect an event set id."
    ),
    # Consent
    "consent_unclear": _error("consent is {actual}; expected granted or denied."),
}


def finding(code: str, field: str, actual: str = "", expected: str = "") -> Finding:
    """Fill in a row of the table. `actual` and `expected` must be safe to show: a type or a size, never a
    value."""
    return Finding(code, field, CHECKS[code].message.format(field=field, actual=actual, expected=expected))


@dataclass(slots=True)
class Findings:
    """Collector of the findings of one event. Knows under which paths the sender wrote its fields."""

    sections: Container[str] = ()
    """The names of the sections (user, properties …) that the sender wrote nested, and maybe others; a field
    of any other section stands at the top."""
    flat: Container[tuple[str | int, ...]] = ()
    """Section and name of fields that stand at the top, beside their section."""
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    flat_item: bool = False
    """Whether the one item of a flat event stands at the top as well."""
    to_search: list[object] = field(default_factory=list)
    """What may hold personal data: texts, lists of texts, objects with undeclared properties."""
    prefix: str = ""
    """The path of the object that is being validated."""
    index: int = 0
    """The place in its list of the next object that is validated."""
    places: dict[str, list[int]] = field(default_factory=dict)
    """Path of a list → the place of each entry that is kept in the list that the sender wrote."""

    def path(self, section: str, *steps: str | int) -> str:
        """Path of a field as the sender wrote it, or would have to write it.

        >>> Findings(["properties"]).path("properties", "contents", 1, "price")
        'properties.contents[1].price'
        >>> Findings().path("page", "url")
        'url'
        """
        if self.flat_item and section == "properties" and steps[:2] == ("contents", 0):
            steps = steps[2:] or ("content_id",)
        path = section if section in self.sections and (section, *steps[:1]) not in self.flat else ""
        for step in steps:
            if isinstance(step, int):
                path += f"[{self.places[path][step] if path in self.places else step}]"
            else:
                path += f".{step}" if path else step
        return path

    def add(self, code: str, field: str, actual: str = "", expected: str = "") -> None:
        """Add a finding on the field at the path `field`; see `finding`."""
        self.fields.add(field)
        found = self.errors if CHECKS[code].severity == "error" else self.warnings
        if len(found) < MAX_FINDINGS:
            found.append(finding(code, field, actual, expected))

    def add_missing(self, code: str, field: str) -> None:
        """Add that a field is missing, unless a finding already says what was wrong with it.

        An error is only omitted if there is another one on the field.
        """
        if field not in self.fields or (
            CHECKS[code].severity == "error" and all(error.field != field for error in self.errors)
        ):
            self.add(code, field)


def describe_type(value: object) -> str:
    """Describe a value without revealing it: "text of 12 characters", "a list of 2", "true or false"."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
        case _:
            return "of another type"


def safe_name(name: str) -> str:
    """A field name that a sender chose, if it can be shown: it could be an address, or a secret."""
    return name if name.isidentifier() and len(name) <= 40 and not any(map(str.isdigit, name)) else "a field"


# ── suggestions: the known name that an unknown one was probably meant to be ────────────────────────────────
#
# The work for one name grows with its length only, so that an event full of unknown names costs little.

_MAX_NAME: Final[int] = 40
"""Characters of the longest name that is looked up; the longest known one has 24."""

_MIN_NAME: Final[int] = 4
"""Shorter names are one letter away from too many others."""


def fold_name(name: str) -> str:
    """A name without case and punctuation: `firstName` and `first-name` are one."""
    return "".join(filter(str.isalnum, name)).lower()


def _without_one_letter(name: str) -> Iterator[str]:
    yield name
    for place in range(len(name)):
        yield name[:place] + name[place + 1 :]


class Suggestions:
    """Looks names up among `known` ones, ignoring case, punctuation, and one wrong, missing, extra or swapped
    letter; `synonyms` maps what other tools call the same thing.

    >>> suggestions = Suggestions(["email", "event_time"])
    >>> suggestions.find("emial"), suggestions.find("eventTime"), suggestions.find("colour")
    ('email', 'event_time', None)
    """

    def __init__(self, known: Iterable[str], synonyms: dict[str, str] | None = None) -> None:
        self._exact = {fold_name(name): name for name in sorted(known)}
        self._exact |= {fold_name(name): meant for name, meant in (synonyms or {}).items()}
        self._near: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """The known name that `name` was probably meant to be, or None."""
        if len(name) > _MAX_NAME:
            return None
        folded = fold_name(name)
        if folded in self._exact or len(folded) < _MIN_NAME:
            return self._exact.get(folded)
        if not self._near:
            # Built at the first unknown name: most events have none.
            for known, meant in self._exact.items():
                if len(known) >= _MIN_NAME:
                    for variant in _without_one_letter(known):
                        self._near.setdefault(variant, meant)
        return next(
            (self._near[variant] for variant in _without_one_letter(folded) if variant in self._near), None
        )

    def sentence(self, name: str) -> str:
        """A sentence to append to a message, or nothing."""
        meant = self.find(name)
        return f" Did you mean `{meant}`?" if meant is not None and meant != name else ""
