"""Advice: for a code or a state, what it means and what to do."""

from collections.abc import Mapping
from typing import Any, Final

from relay import json_limits
from relay.event import finished_item, match_quality
from relay.findings import CHECKS
from relay.tiktok import responses
from relay_cli import evaluation

_BY_OUTCOME: Final[Mapping[str, str]] = {
    "throttled": "TikTok asks for fewer requests. The relay backs off by itself; wait.",
    "transient": "TikTok, or the way to it, has a problem of its own. The relay retries by itself.",
    "unauthorised": "TikTok rejects the access token or its right to this pixel. Set a new one: "
    "`relay token set`. The events wait meanwhile.",
    "rejected": "TikTok rejects the content. Look at the dead letters for its words, fix the sender, replay.",
    "partial": "TikTok took a part of a batch. The rows that it names are dead-lettered, the rest delivered.",
    "unknown": "A code that is not in the relay's table. The events are kept and retried; report the code.",
}
"""What to do, by the class of TikTok's response."""


TEST_CODE_ON: Final[str] = (
    "TestEventCode is set: every event is a test event, and TikTok counts none of them. Deploy with it empty."
)

_ACTUAL: Final[Mapping[str, str]] = {
    "personal_data": "personal data",
    "credential": "a credential",
    "event_id_personal": "personal data",
    "event_name_personal": "personal data",
    "contents_sum": "one amount",
    "too_large": "too many bytes",
    "item_texts_omitted": "too many bytes",
    "match_quality_low": f"below {match_quality.LOW:g}",
    "event_time_iso": "in the response to the sender",
}
"""Code → what to say for what was found, which no log line holds."""

_EXPECTED: Final[Mapping[str, str]] = {
    "contents_sum": "another",
    "destination_missing": "such",
    "enum_unknown": "the allowed values (docs/events.md)",
    "events_1_0": "docs/events.md says what 2.0 expects.",
    "match_quality_low": "see Match quality",
    "test_codes_too_many": "the allowed number of",
    "too_deep": str(json_limits.MAX_DEPTH),
    "too_large": f"{finished_item.MAX_BYTES} bytes",
    "item_texts_omitted": f"{finished_item.MAX_BYTES} bytes",
    "too_many_fields": str(json_limits.MAX_MEMBERS),
}


def explain(code: str, field: str = "", *, actual: str = "", expected: str = "") -> dict[str, str]:
    """A finding's or a response's code with its severity and a sentence.

    `actual` and `expected` are what is known of them here: the response to the sender had more.
    """
    if code in CHECKS:
        check = CHECKS[code]
        # A hint, such as "Did you mean `email`?", stands behind a full stop.
        hint = ".{expected}" in check.message
        message = check.message
        if not field:
            message = message.replace("Unknown field `{field}`", "an unknown field").replace(
                "`{field}`", "{field}"
            )
        text = message.format(
            field=field or "a field",
            actual=_ACTUAL.get(code) or actual or "invalid",
            expected="" if hint else _EXPECTED.get(code) or expected or "what docs/events.md says of it",
        )
        text = text[:1].upper() + text[1:] if not field else text
        return {"code": code, "severity": check.severity, "field": field, "message": text}
    if code.startswith("TikTok "):
        number = code.removeprefix("TikTok ")
        outcome = responses.outcome_of_code(int(number)) if number.lstrip("-").isdecimal() else number
        return {"code": code, "severity": "error", "field": "", "message": _BY_OUTCOME.get(outcome, outcome)}
    sentence = evaluation.ignored_because(code)
    known = sentence if sentence != code else _HTTP.get(code, "See docs/operate.md.")
    return {"code": code, "severity": "error", "field": "", "message": known}


_TIME: Final[str] = (
    "The signature is right for another time than now. Is a clock wrong, or was the request held back?"
)

_HTTP: Final[Mapping[str, str]] = {
    # Who sends
    "unauthenticated": "A request without a valid server key or an allowed origin. Compare the key with "
    "`relay key show`, the origin with the parameter AllowedOrigins.",
    "access_token_empty": "A request in TikTok's form without Access-Token. Send the server key there.",
    "access_token_invalid": "A request in TikTok's form whose Access-Token is not the server key "
    "(`relay key show`). TikTok's own token belongs into the TikTok secret.",
    "origin_not_allowed": "A page of an origin that is not allowed. Add it to the parameter AllowedOrigins.",
    "signature_missing": "A webhook without a signature. Is the secret set at the sender?",
    "signature_invalid": "A webhook whose signature is invalid. Compare the sender's secret with the one in "
    "the ingest secret: `relay secret list`.",
    "signature_wrong": "A webhook signed with another secret, or changed on its way. Copy the sender's "
    "secret: `relay secret add`.",
    "signature_malformed": "A webhook whose signature header has another form. Is it of the sender that the "
    "path names?",
    "signature_too_old": _TIME,
    "signature_too_new": _TIME,
    "secret_missing": "The ingest secret has no entry for this sender: `relay secret add`.",
    # What is sent
    "body_empty": "A request without a body.",
    "body_not_json": "The body is not JSON. The response names the line; the payload helper shows it.",
    "body_not_utf8": "The body is not UTF-8.",
    "body_not_an_object": 'The body is JSON, but no object. Send one event, or several as {"events": […]}.',
    "body_too_deep": "The body is nested too deep.",
    "body_too_large": "The body is larger than ingest reads. Send fewer events at a time.",
    "body_unreadable": "The body could not be decoded. Is its encoding the one that the header names?",
    "events_empty": "The list of events is empty.",
    "events_not_a_list": "The member `events` or `data` is no list.",
    "events_too_many": "More events than a request may have. Send fewer at a time.",
    "events_given_twice": "A body with both `events` and `data`. Send one list.",
    "events_1_0": "A request of TikTok's Events API 1.0. docs/events.md says what 2.0 expects.",
    "field_missing": "A request in TikTok's form that lacks a member. The response names it.",
    "content_encoding_unsupported": "The body is compressed. Send it without Content-Encoding.",
    "content_type_unsupported": "The Content-Type is not JSON.",
    "route_unknown": "A path that does not exist. The response names the right one.",
    "method_not_allowed": "A path that exists, with another method. The response names the right one.",
    "consent_invalid": "A visit whose consent is neither granted nor denied.",
    "visit_id_invalid": "A visit with an id that the tag does not make.",
    # How much
    "too_many_requests": "More requests than a page's origin or an address may send. It passes by itself.",
    # The stack itself
    "queue_unavailable": "SQS did not take the events. Their sender received an error and sends them again.",
    "history_unavailable": "The table of visits can't be reached; Stripe sends the webhook again.",
    "secret_unusable": "Ingest can't use its secret: `relay secret list` says what is wrong with it.",
    "settings_invalid": "A setting of ingest can't be read: `relay doctor` names it.",
    "visits_unavailable": "The table of visits can't be reached. Events don't wait for it.",
    "internal_error": "An error of the relay. Report it with the log line `request_failed`.",
}
"""Code of a rejected request, or of an invalid signature → what it means and what to do."""


def for_state(state: str, details: Mapping[str, Any]) -> str:
    """What to do about an event in this state, from the fields of its last log line; empty for nothing."""
    if state == "waiting":
        return _BY_OUTCOME.get(str(details.get("outcome", "")), "The relay retries it by itself.")
    if state == "dead_lettered":
        return "Look at it under Dead letters, fix the cause, and send it again."
    if state == "rejected":
        return "Fix what the findings say and send it again; nothing of it was kept."
    return ""
