"""Diagnostics: what the log lines of a period say is wrong, how large the share is, and since when.

`relay doctor` and the console show them. Pure: lines in, diagnoses out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from relay.webhooks.provider import LOST
from relay_cli.findings import CODES, FUNNEL, SEVERITIES, Severity, funnel_code, lost_code
from relay_cli.logs import LogLine
from relay_cli.times import iso

MAX_CONTENT_MISSING: Final[float] = 0.1
"""TikTok reports an error for an event name of which fewer than 90 % carry a content_id."""

MIN_EVENTS: Final[int] = 5
"""Fewer events say nothing about shares."""

MIN_MEAN_QUALITY: Final[float] = 4.0
"""Below this, most events have one strong match key at the most."""

QUIET_SECONDS: Final[float] = 7 * 86_400
"""TikTok calls an event active that it received within seven days."""

DELIVERY_SECONDS: Final[float] = 900.0
"""Accepted events are delivered within seconds; a quarter of an hour is trouble."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that is wrong: stable code, what was found, why it matters, what to do.

    `share` is of the events it could concern, from 0 to 1; `since` is the first line that shows it, Unix
    seconds.
    """

    code: str
    severity: Severity
    what: str
    why: str
    fix: str
    share: float | None = None
    since: float | None = None
    events: int = 0

    def as_json(self) -> dict[str, Any]:
        """The diagnosis for `--json` and the console."""
        return {
            "code": self.code,
            "severity": self.severity,
            "what": self.what,
            "why": self.why,
            "fix": self.fix,
            "share": None if self.share is None else round(self.share, 4),
            "since": None if self.since is None else iso(self.since),
            "events": self.events,
        }


@dataclass
class Counts:
    """What is counted over the lines of a period."""

    received: int = 0
    accepted: int = 0
    delivered: int = 0
    waiting_since: float | None = None
    """The first acceptance after the last delivery."""

    qualities: list[float] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    described: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    """Errors and warnings together; `errors` are those of rejected events alone."""

    errors: Counter[str] = field(default_factory=Counter)
    first_code: dict[str, float] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    last_name: dict[str, float] = field(default_factory=dict)
    invalid: Counter[str] = field(default_factory=Counter)
    first_invalid: dict[str, float] = field(default_factory=dict)
    last_valid: dict[str, float] = field(default_factory=dict)
    last_invalid: dict[str, float] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    first_problem: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, tuple[str, float, str]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)


def count(lines: Iterable[LogLine]) -> Counts:
    """Counts what the lines say."""
    counts = Counts()
    for line in sorted(lines, key=lambda each: each.at):
        match line.name:
            case "events_received":
                _count_received(counts, line)
            case "tiktok_responded":
                _count_response(counts, line)
            case "webhook_signature_invalid":
                sender = line.text("sender")
                counts.invalid[sender] += 1
                counts.first_invalid.setdefault(sender, line.at)
                counts.last_invalid[sender] = max(line.at, counts.last_invalid.get(sender, 0.0))
            case "webhook_ignored":
                counts.last_valid[line.text("sender")] = line.at
                counts.lost[line.text("reason")] += 1
            case "request_rejected":
                problem = line.text("problem")
                counts.problems[problem] += 1
                counts.first_problem.setdefault(problem, line.at)
    return counts


def _count_received(counts: Counts, line: LogLine) -> None:
    accepted = _number(line.fields.get("accepted"))
    counts.received += accepted + _number(line.fields.get("rejected"))
    counts.accepted += accepted
    if accepted and counts.waiting_since is None:
        counts.waiting_since = line.at
    counts.last_valid[line.text("sender")] = line.at
    for name in ("rejected_codes", "warning_codes"):
        held = line.fields.get(name)
        for code, number in held.items() if isinstance(held, dict) else ():
            counts.codes[code] += _number(number)
            if name == "rejected_codes":
                counts.errors[code] += _number(number)
            counts.first_code.setdefault(code, line.at)
    entries = line.fields.get("events")
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        name = str(entry.get("event", ""))
        counts.names[name] += 1
        counts.last_name[name] = max(line.at, counts.last_name.get(name, 0.0))
        quality = entry.get("match_quality")
        if isinstance(quality, (int, float)):
            counts.described += 1
            counts.qualities.append(float(quality))
            keys = entry.get("match_keys")
            counts.keys.update(set(keys) if isinstance(keys, list) else ())


def _count_response(counts: Counts, line: LogLine) -> None:
    outcome = line.text("outcome")
    if outcome == "delivered":
        counts.delivered += _number(line.fields.get("batch_size"))
        counts.waiting_since = None
    destination = f"{line.text('event_source')}/{line.text('event_source_id')}"
    counts.outcomes[destination] = (outcome, line.at, line.text("tiktok_code"))


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def diagnose(lines: Sequence[LogLine], now: float) -> list[Diagnosis]:
    """Everything that the lines of a period show to be wrong, the worst first."""
    counts = count(lines)
    found = [
        *_signatures(counts),
        *_requests(counts),
        *_delivery(counts, now),
        *_outcomes(counts),
        *_webhooks(counts),
        *_contents(counts),
        *_quality(counts),
        *_funnel(counts),
        *_quiet(counts, now),
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _diagnosis(
    code: str,
    what: str,
    why: str,
    fix: str,
    share: float | None = None,
    since: float | None = None,
    events: int = 0,
) -> Diagnosis:
    return Diagnosis(code, CODES[code].severity, what, why, fix, share, since, events)


def _signatures(counts: Counts) -> Iterable[Diagnosis]:
    for sender, number in counts.invalid.items():
        valid = counts.last_valid.get(sender)
        if valid is not None and valid > counts.first_invalid[sender]:
            continue
        yield _diagnosis(
            "signatures_failing",
            f"Webhooks of {sender} with an invalid signature: {number}; with a valid one: none.",
            "The signing secret is another one than the sender's. Shopify deletes a subscription after eight "
            "failures in four hours.",
            f"Copy the secret from {sender} and run `relay secret add {sender}`.",
            1.0,
            counts.first_invalid[sender],
            number,
        )


_PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "origin_not_allowed": (
        "Pages of an origin that is not in AllowedOrigins send events, and all of them are rejected.",
        "Add the origin of your pages to AllowedOrigins and deploy.",
    ),
    "unauthenticated": (
        "Requests come with a wrong server key, or without one and from an origin that is not allowed.",
        "Give your back end the key that `relay key show` prints; add your pages to AllowedOrigins.",
    ),
    "secret_unusable": (
        "Ingest can't use its secret, so it answers 503 to every sender that needs one.",
        "Restore the ingest secret: `relay secret list` says what is wrong with it.",
    ),
    "queue_unavailable": (
        "SQS did not take events; their senders received an error and have to send them again.",
        "Look whether the queue exists and whether ingest may send to it.",
    ),
    "history_unavailable": (
        "The table of visits can't be reached; first payments after trials wait for it.",
        "Look whether the table exists and whether ingest may use it.",
    ),
    "internal_error": (
        "Ingest failed. This is an error of the relay's.",
        "Report it with the log line request_failed.",
    ),
}


def _requests(counts: Counts) -> Iterable[Diagnosis]:
    for problem, number in counts.problems.items():
        if problem in _PROBLEMS:
            why, fix = _PROBLEMS[problem]
            what = f"Requests rejected with {problem}: {number}."
            yield _diagnosis(problem, what, why, fix, None, counts.first_problem[problem], number)


def _delivery(counts: Counts, now: float) -> Iterable[Diagnosis]:
    waited = 0.0 if counts.waiting_since is None else now - counts.waiting_since
    if waited > DELIVERY_SECONDS:
        yield _diagnosis(
            "no_deliveries",
            f"Events were accepted, and nothing was delivered for {waited / 60:.0f} minutes.",
            "Accepted events are delivered within seconds.",
            "Look at the other findings: a paused delivery, a token that TikTok rejects, or an outage.",
            None,
            counts.waiting_since,
            counts.accepted,
        )


def _outcomes(counts: Counts) -> Iterable[Diagnosis]:
    for destination, (outcome, at, code) in counts.outcomes.items():
        source_id = destination.partition("/")[2]
        if outcome == "unauthorised":
            yield _diagnosis(
                "token_rejected",
                f"TikTok rejects the access token of {destination}" + (f" (code {code})." if code else "."),
                "Its events wait until there is a token that works, for 13 days at most.",
                f"Make a new token in Events Manager and run `relay token set {source_id}`.",
                None,
                at,
            )
        elif outcome == "unknown":
            yield _diagnosis(
                "code_unknown",
                f"TikTok answers {destination} with code {code}, which is not in the relay's table.",
                "Its events are kept and retried.",
                "Look the code up in TikTok's return codes and report it.",
                None,
                at,
            )


def _webhooks(counts: Counts) -> Iterable[Diagnosis]:
    for reason in sorted(LOST):
        if number := counts.lost[reason]:
            yield _diagnosis(
                lost_code(reason),
                f"Webhooks without data ({reason}): {number}.",
                "Each of them is an order that TikTok never sees.",
                "docs/webhook-mapping.md says what to set at the sender.",
                None,
                None,
                number,
            )


def _contents(counts: Counts) -> Iterable[Diagnosis]:
    total = counts.received
    if total < MIN_EVENTS:
        return
    rules: dict[str, tuple[float, tuple[str, ...], str, str]] = {
        "purchases_without_value": (
            0.0,
            ("value_missing", "currency_missing"),
            "TikTok can neither report revenue nor bid on it.",
            "Send value and currency with every Purchase.",
        ),
        "content_id_coverage": (
            MAX_CONTENT_MISSING,
            ("content_missing",),
            "TikTok reports an error where fewer than 90 % of the events carry a content_id.",
            "Send content_id, the id in your TikTok catalogue.",
        ),
        "event_id_missing": (
            0.0,
            ("event_id_made",),
            "Nothing that the pixel sends can be deduplicated with a made id, so such events count twice.",
            "Send the order's id as event_id, the same from the pixel and from the server.",
        ),
        "event_id_random": (
            0.0,
            ("event_id_looks_random",),
            "A retry, or the pixel, counts again.",
            "Send the order's id as event_id.",
        ),
        "event_time_wrong_clock": (
            0.0,
            ("event_time_future", "event_time_browser"),
            "A clock, or a time zone, is wrong at the sender.",
            "Send event_time in Unix seconds, in UTC.",
        ),
    }
    for code, (limit, codes, why, fix) in rules.items():
        number = max(counts.codes[name] for name in codes)
        share = min(number / total, 1.0)
        if number and share > limit:
            since = min(counts.first_code[name] for name in codes if name in counts.first_code)
            named = ", ".join(name for name in codes if counts.codes[name])
            what = f"{number} of {total} events ({share:.0%}): {named}."
            yield _diagnosis(code, what, why, fix, share, since, number)
    rejected = total - counts.accepted
    if rejected and rejected / total > MAX_CONTENT_MISSING:
        worst = ", ".join(code for code, _ in counts.errors.most_common(3))
        yield _diagnosis(
            "events_rejected",
            f"{rejected} of {total} events ({rejected / total:.0%}) were rejected. Most frequent: {worst}.",
            "A rejected event never reaches TikTok.",
            "`relay check` explains each code for a body of yours.",
            rejected / total,
            None,
            rejected,
        )


def _quality(counts: Counts) -> Iterable[Diagnosis]:
    if len(counts.qualities) < MIN_EVENTS:
        return
    mean = sum(counts.qualities) / len(counts.qualities)
    if mean < MIN_MEAN_QUALITY:
        coverage = [
            f"{key} {counts.keys[key] / counts.described:.0%}"
            for key in ("email", "phone", "external_id", "ttclid", "ttp", "ip")
        ]
        yield _diagnosis(
            "match_quality_low",
            f"The mean match quality is {mean:.1f} of 10. Coverage: {', '.join(coverage)}.",
            "What TikTok can't match to a person it can't attribute to an ad.",
            "Send the keys with the lowest coverage; ttclid and email weigh most.",
            None,
            None,
            len(counts.qualities),
        )


def _funnel(counts: Counts) -> Iterable[Diagnosis]:
    for earlier, later in FUNNEL:
        if counts.names[later] >= MIN_EVENTS and counts.names[earlier] < counts.names[later]:
            yield _diagnosis(
                funnel_code(earlier, later),
                f"There are more {later} ({counts.names[later]}) than {earlier} ({counts.names[earlier]}).",
                "TikTok flags a pixel whose funnel is upside down, and learns less from it.",
                f"Send {earlier} as well, from the page or from your back end.",
            )


def _quiet(counts: Counts, now: float) -> Iterable[Diagnosis]:
    for name, at in counts.last_name.items():
        if not name or now - at <= QUIET_SECONDS:
            continue
        yield _diagnosis(
            "event_inactive",
            f"No {name} came for {(now - at) / 86_400:.0f} days.",
            "TikTok shows an event as active for seven days.",
            "Look whether its page or webhook still sends it.",
            None,
            at,
        )
