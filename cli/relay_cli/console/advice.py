"""Advice: for a code or a state, what it means and what to do."""

from collections.abc import Mapping
from typing import Any, Final

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


def explain(code: str) -> dict[str, str]:
    """A finding's or a response's code with its severity and a sentence."""
    if code in CHECKS:
        check = CHECKS[code]
        text = check.message.format(field="The field", actual="another value", expected="another form")
        return {"code": code, "severity": check.severity, "field": "", "message": text}
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
