"""Findings of `relay doctor` and the console: each code with its severity, its checks and its meaning.

docs/cli.md's table is made from this one.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relay.webhooks.provider import LOST

Severity = Literal["error", "warning", "info"]

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""The worst first."""

FUNNEL: Final[tuple[tuple[str, str], ...]] = (("ViewContent", "AddToCart"), ("AddToCart", "Purchase"))
"""Of each pair the first comes before the second, so there are more of it. TikTok flags the reverse."""


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding. `checks` are the names for `--only`; none where any check may have it."""

    severity: Severity
    checks: tuple[str, ...]
    meaning: str


def funnel_code(earlier: str, later: str) -> str:
    """The code for a pair of `FUNNEL`."""
    return f"funnel_{earlier}_{later}".lower()


def lost_code(reason: str) -> str:
    """The code for webhooks that were ignored for one of the reasons in `LOST`."""
    return f"webhooks_{reason}"


CODES: Final[dict[str, Code]] = {
    "clock_skew": Code("error", ("clock",), "This machine's clock is off by more than a minute."),
    "unhealthy": Code("error", ("health",), "The API rejects every event."),
    "no_response": Code("error", ("clock", "health", "version"), "The API can't be reached."),
    "delivery_paused": Code("error", ("paused",), "An event source of dispatch is switched off."),
    "event_source_not_on_alias": Code("error", ("alias",), "A rollout would not reach dispatch."),
    "test_code_on": Code("error", ("test-code",), "Every event is a test event."),
    "destination_looks_like_pixel": Code(
        "error", ("destinations",), "A pixel's code stands where an event set or app id belongs."
    ),
    "token_missing": Code("error", ("tokens",), "A destination has no access token."),
    "token_rejected": Code(
        "error", ("tokens", "traffic"), "TikTok rejects an access token (`tokens`: with `--test-code`)."
    ),
    "test_event_failed": Code("error", ("tokens",), "TikTok did not take a test event (`--test-code`)."),
    "token_without_destination": Code("info", ("tokens",), "A token is for no destination of the stack."),
    "broken_secret": Code("error", ("tokens", "ingest-secret"), "A secret can't be read."),
    "server_key_missing": Code("error", ("ingest-secret",), "There is no usable server key."),
    "secret_not_in_force": Code("error", ("ingest-secret",), "A signing secret is empty or too short."),
    "queue_age": Code("error", ("queue-age",), "An event waits for more than half an hour."),
    "dead_letters": Code("error", ("dead-letters",), "There are dead letters; counted by reason."),
    "logs_read_in_part": Code("info", ("traffic",), "There are too many log lines to read all of them."),
    "signatures_failing": Code("error", ("traffic",), "A sender's webhooks all have an invalid signature."),
    "unauthenticated": Code("error", ("traffic",), "Requests have a wrong server key, or none."),
    "origin_not_allowed": Code("error", ("traffic",), "Pages send from an origin that is not allowed."),
    "secret_unusable": Code("error", ("traffic",), "Ingest can't use its secret."),
    "queue_unavailable": Code("error", ("traffic",), "SQS did not take events."),
    "history_unavailable": Code(
        "error", ("traffic",), "The table of visits can't be reached; webhooks wait."
    ),
    "internal_error": Code("error", ("traffic",), "Ingest failed by an error of its own."),
    "no_deliveries": Code("error", ("traffic",), "Events are accepted, and nothing is delivered."),
    "code_unknown": Code("warning", ("traffic",), "TikTok answers with a code that the relay does not know."),
    **{
        lost_code(reason): Code("error", ("traffic",), f"Webhooks were ignored as `{reason}`: lost orders.")
        for reason in sorted(LOST)
    },
    "purchases_without_value": Code("warning", ("traffic",), "Purchases have no value or no currency."),
    "content_id_coverage": Code("warning", ("traffic",), "More than 10 % of the events have no content_id."),
    "event_id_missing": Code("warning", ("traffic",), "Events have no event_id of their own."),
    "event_id_random": Code("warning", ("traffic",), "Events have an event_id that looks random."),
    "event_time_wrong_clock": Code("warning", ("traffic",), "A sender's clock or time zone is wrong."),
    "events_rejected": Code("error", ("traffic",), "More than 10 % of the events are rejected."),
    "match_quality_low": Code("warning", ("traffic",), "The mean match quality is below 4 of 10."),
    **{
        funnel_code(earlier, later): Code("warning", ("traffic",), f"There are more {later} than {earlier}.")
        for earlier, later in FUNNEL
    },
    "event_inactive": Code("info", ("traffic",), "An event's name did not come for seven days."),
    "log_retention_missing": Code("warning", ("logs",), "A log group keeps its lines for ever."),
    "alarm_ringing": Code("error", ("alarms",), "An alarm of the stack rings."),
    "alarm_mail_missing": Code("info", ("alarm-mail",), "Alarms go to no address."),
    "alarm_mail_unconfirmed": Code("warning", ("alarm-mail",), "The address did not confirm yet."),
    "version_differs": Code("info", ("version",), "Stack and command are of different versions."),
    "not_checked": Code("info", (), "A check could not ask, for example without permission."),
}
"""Code → what it is, in the order of the checks."""
