"""Advice: for a code or a state, what it means and what to do."""

from collections.abc import Mapping
from typing import Any, Final

from relay.event import body as bodies
from relay.event import match_quality
from relay.event.pipeline import MAX_ITEM_BYTES
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


_ACTUAL: Final[Mapping[str, str]] = {
    "personal_data": "personal data",
    "credential": "a credential",
    "event_id_personal": "personal data",
    "event_name_personal": "personal data",
    "contents_sum": "one amount",
    "too_large": "too many bytes",
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
    "too_deep": str(bodies.MAX_DEPTH),
    "too_large": f"{MAX_ITEM_BYTES} bytes",
    "too_many_fields": str(bodies.MAX_MEMBERS),
}


def explain(code: str, field: str = "", *, actual: str = "", expected: str = "") -> dict[str, str]:
    """A finding's or a response's code with its severity and a sentence.

    `actual` and `expected` are what is known of them here: the response to the sender had more.
    """
    if code in CHECKS:
        check = CHECKS[code]
        # A hint, such as "Did you mean `email`?", stands behind a full stop.
        hint = ".{expected}" in check.message
        text = check.message.format(
            field=field or "a field",
            actual=_ACTUAL.get(code) or actual or "of another form",
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


_HTTP: Final[Mapping[str, str]] = {
    "unauthenticated": "Requests without a valid server key or an allowed origin. Compare the key with "
    "`relay secret list`, the origin with the parameter AllowedOrigins.",
    "signature_missing": "Webhooks without a signature. Is the secret set at the sender?",
    "signature_invalid": "Webhooks whose signature is invalid. Compare the sender's secret with the one in "
    "the ingest secret: `relay secret list`.",
    "secret_missing": "The ingest secret has no entry for this sender: `relay secret add`.",
    "body_not_json": "Requests whose body is not JSON.",
    "body_too_large": "Requests larger than ingest reads. Send fewer events at a time.",
    "origin_not_allowed": "A page of an origin that is not allowed. Add it to the parameter AllowedOrigins.",
    "route_unknown": "Requests to a path that does not exist. The answer names the right one.",
}


def for_state(state: str, details: Mapping[str, Any]) -> str:
    """What to do about an event in this state, from the fields of its last log line; empty for nothing."""
    if state == "waiting":
        return _BY_OUTCOME.get(str(details.get("outcome", "")), "The relay retries it by itself.")
    if state == "dead_lettered":
        return "Look at it under Dead letters, fix the cause, and send it again."
    if state == "rejected":
        return "Fix what the findings say and send it again; nothing of it was kept."
    return ""
