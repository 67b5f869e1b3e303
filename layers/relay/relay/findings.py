"""Findings: what can be said of an event, as one table. Every code that an answer may carry is a row here.

An error refuses the event; a warning goes with an accepted one. Codes are stable: programs compare them.
"""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one field of one event, without the value that it was found in."""

    code: str
    field: str
    message: str

    @property
    def severity(self) -> Severity:
        return CHECKS[self.code].severity

    def as_json(self) -> dict[str, str]:
        """The finding as the API answers it."""
        return {"code": self.code, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Check:
    """What is checked: how bad it is, and the sentence that tells the sender what to do."""

    severity: Severity
    says: str


def _error(says: str) -> Check:
    return Check("error", says)


def _warning(says: str) -> Check:
    return Check("warning", says)


CHECKS: Final[dict[str, Check]] = {
    # The event as a whole
    "not_an_object": _error("An event is a JSON object; this is {found}."),
    "wrong_type": _error("{field} is {found}; wanted: {wanted}."),
    "too_large": _error(
        "The event takes {found} once normalised; at most {wanted} fit into a queue message."
    ),
    "too_many_fields": _error(
        "The event holds more than {wanted} fields and list entries, more than any event needs."
    ),
    "unreadable_text": _error("{field} holds half of a surrogate pair, which is no text in UTF-8."),
    "number_out_of_range": _error("{field} is not a finite number; JSON has no NaN and no infinity."),
    "unknown_field": _warning(
        "{field} is no field of an event and was left out. Shop data belongs in properties."
    ),
    "unknown_property": _warning("{field} is not in TikTok's table; it goes out as it is."),
    "unknown_user_field": _warning(
        "{field} is no field of user and was left out: it could be anybody's data."
    ),
    "given_twice": _warning("{field} is given flat and nested; the nested one was taken."),
    "events_1_0": _error("{field} is from Events API 1.0. {wanted}"),
    # Destination
    "event_source_unknown": _error("event_source is {found}; wanted is web, app, offline or crm."),
    "event_source_in_item": _warning(
        "event_source belongs beside data, not inside an item; it was read from there."
    ),
    "destination_unknown": _error(
        "event_source_id is no destination of this relay for that event_source. Leave it out, or add it."
    ),
    "event_source_browser": _error("A page sends web events only; this one says another event_source."),
    "destination_missing": _error(
        "This relay has no destination for {wanted} events. Add one to Destinations."
    ),
    # Name
    "event_missing": _error("The event has no name. Send event, such as Purchase or ViewContent."),
    "event_name_invalid": _error(
        "A custom event name has at most 50 characters, begins with a letter and holds only letters, digits, "
        "_ and -."
    ),
    "event_renamed": _warning("TikTok renamed this event in May 2025: it goes out as {wanted}."),
    "event_reserved": _warning("TikTok maps this reserved name to a standard one: it goes out as {wanted}."),
    "event_spelling": _warning("Taken for the standard event {wanted}; send it spelled like that."),
    "event_custom": _warning(
        "No standard event: it goes out as a custom one, which campaigns can't optimise for."
    ),
    "event_not_standard": _error(
        "An offline event must have a standard name; TikTok takes no custom ones there."
    ),
    "event_not_custom": _error("A CRM event must have a custom name; TikTok takes no standard ones there."),
    # Id
    "event_id_number": _warning("event_id was a number; TikTok wants text, so it was made text."),
    "event_id_from_order": _warning(
        "No event_id: order_id was taken. Send the same event_id from the pixel."
    ),
    "event_id_made": _warning(
        "No event_id and no order_id: one was made from the event's content. Nothing that the pixel "
        "sends can be deduplicated with it."
    ),
    "event_id_looks_random": _warning(
        "event_id holds a clock or a random part although an order_id is present; a retry or the pixel would "
        "count again. Send the order's id."
    ),
    "event_id_personal": _warning(
        "event_id holds what looks like {found}; its SHA-256 goes out. Send an id that is nobody's address, "
        "or the same digest from the pixel."
    ),
    # Time
    "event_time_missing": _warning("No event_time: the time of receipt was taken. Send Unix seconds."),
    "event_time_wrong": _error("event_time is {found}; wanted is Unix seconds, such as 1795000000."),
    "event_time_milliseconds": _warning(
        "event_time was in milliseconds and was converted. Send Unix seconds."
    ),
    "event_time_iso": _warning("event_time was a date in text and was converted. Send Unix seconds."),
    "event_time_text": _warning("event_time was a number in text and was converted. Send a JSON number."),
    "event_time_fraction": _warning("event_time had a fraction, which was cut off. Send whole seconds."),
    "event_time_too_old": _error("event_time is more than 28 days ago, which TikTok no longer attributes."),
    "event_time_old": _warning("event_time is more than 7 days ago; TikTok may not attribute it any more."),
    "event_time_future": _error(
        "event_time is more than 10 minutes ahead. Check the clock, or the time zone."
    ),
    "event_time_browser": _warning(
        "The browser's clock is more than 10 minutes ahead; the time of receipt was taken."
    ),
    # Match keys
    "no_match_key": _error(
        "Nothing to match on is left. Send at least one of email, phone, external_id, ttclid, ttp, or ip "
        "with user_agent."
    ),
    "identifier_blank": _warning("{field} is blank and was left out; an empty value is never hashed."),
    "identifier_placeholder": _warning(
        "{field} is a placeholder such as null or undefined, or a template that was not filled in, and "
        "was left out."
    ),
    "identifier_type": _warning("{field} is {found} and was left out; wanted is text or a list of texts."),
    "email_invalid": _warning("{field} can't be an e-mail address and was left out."),
    "phone_invalid": _warning(
        "{field} can't be a phone number and was left out. Send E.164, such as +12133734253."
    ),
    "phone_no_country": _warning(
        "{field} has no country code and none is known, so it was left out. Send E.164, or country."
    ),
    "phone_without_plus": _warning("{field} had no +; it was read as an international number. Send E.164."),
    "phone_ambiguous": _warning(
        "{field} is valid both as a national number and as an international one without its +, so both "
        "digests go out. Send E.164."
    ),
    "digest_invalid": _warning("{field} is no SHA-256 digest (64 hex characters) and was left out."),
    "digest_of_nothing": _warning(
        "{field} is the SHA-256 of an empty value or of a placeholder such as null, and was left out. Hash "
        "only values that exist."
    ),
    "ip_invalid": _warning("{field} is no IP address and was left out."),
    "ip_list": _warning(
        "{field} is a list of addresses; the first public one goes out. Send the visitor's own."
    ),
    "ip_not_public": _warning(
        "{field} is a private or local address and was left out. Send the visitor's own."
    ),
    "ip_without_user_agent": _warning("ip only matches together with user_agent; send both."),
    "browser_ip": _warning(
        "{field} from a browser is taken from the request itself; what was sent was left out."
    ),
    "value_invalid": _warning("{field} is {found} and was left out; wanted is {wanted}."),
    "country_unknown": _warning("{field} is no country that ISO 3166 knows and was left out."),
    "match_quality_low": _warning("Match quality is {found} of 10. What would help most: {wanted}."),
    # Properties
    "value_not_a_number": _error("{field} is {found}; wanted is a plain number, such as 129.9."),
    "number_as_text": _warning("{field} was a number in text and was made a number."),
    "number_made_text": _warning("{field} was a number; TikTok wants text, so it was made text."),
    "currency_unknown": _error("{field} is no ISO 4217 code, such as USD."),
    "currency_not_taken": _warning(
        "TikTok does not take this currency: value and currency were left out, so that the event itself "
        "counts. Convert them to send them."
    ),
    "currency_missing": _warning(
        "value has no currency beside it, so TikTok can't report revenue. Send currency."
    ),
    "value_missing": _warning("No value and currency: TikTok can't report revenue or bid on it. Send both."),
    "value_negative": _warning("{field} is negative; TikTok counts no refunds."),
    "contents_sum": _warning("value is {found}, but the items' price × quantity add up to {wanted}."),
    "content_type_missing": _warning(
        "Items without content_type can't be looked up. Send product, or product_group."
    ),
    "content_missing": _warning("No content_id: catalogue ads can't use the event. Send content_id."),
    "offline_match_key": _warning(
        "TikTok matches offline events by email and phone only; this one has neither."
    ),
    "search_missing": _warning("A Search without search_string says nothing. Send what was searched for."),
    "enum_unknown": _warning("{field} is none of {wanted} and was left out."),
    "date_invalid": _warning("{field} is no date that TikTok reads (YYYYMMDD, YYYY-MM-DD, or with a time)."),
    "personal_data": _warning(
        "{field} held what looks like {found}, which TikTok forbids there; it was taken out."
    ),
    "credential": _warning(
        "{field} held {found}, which lets whoever reads it act as the customer or the shop; it was removed."
    ),
    # Page, app, lead
    "url_missing": _warning("No url: TikTok wants the page that a web event happened on."),
    "url_no_scheme": _warning("{field} had no scheme; https:// was put before it."),
    "url_invalid": _warning("{field} is no absolute http(s) address and was left out."),
    "app_id_missing": _error("An app event needs app.app_id: the store's id or the package name."),
    "lead_id_missing": _error("A CRM event needs lead.lead_id."),
    "source_id_looks_like_pixel": _warning(
        "This event set id looks like a pixel code; offline wants an event set id."
    ),
    # Consent
    "consent_unclear": _error("consent is {found}; wanted is granted or denied."),
}


def finding(code: str, field: str, found: str = "", wanted: str = "") -> Finding:
    """A row of the table, filled in. `found` and `wanted` must be safe to show: a kind or a size, never a
    value."""
    return Finding(code, field, CHECKS[code].says.format(field=field, found=found, wanted=wanted))


def kind(value: object) -> str:
    """What a value is, in words that give nothing of it away: "text of 12 characters", "a list", "true or
    false"."""
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
            return "of another kind"


def shown(name: str, otherwise: str) -> str:
    """A field's name that a sender chose, where it can be shown: it could be an address, or a secret."""
    return name if name.isidentifier() and len(name) <= 40 and not any(map(str.isdigit, name)) else otherwise
