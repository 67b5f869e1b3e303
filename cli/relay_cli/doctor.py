"""Doctor: is a stack set up so that its events arrive? Each check asks one thing of the stack.

A check yields findings: what was found, why it matters, what to do. A check that may not ask (no permission)
is itself a finding, and never hides the others.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Final

from relay.aws.secret_texts import shown_name, texts_in_force
from relay.event.routing import PIXEL_CODE
from relay.tiktok.access_tokens import access_token
from relay_cli import (
    aws_errors,
    destinations,
    diagnostics,
    event_sources,
    secret_documents,
    tiktok_api,
    web,
)
from relay_cli.dead_letters import count_messages, reading
from relay_cli.diagnostics import Diagnosis
from relay_cli.errors import CliError
from relay_cli.findings import CODES, SEVERITIES
from relay_cli.logs import GROUPS, CloudWatchLogs, LogLine
from relay_cli.stacks import Stack
from relay_cli.times import age, now

MAX_SKEW_SECONDS: Final[float] = 60.0

MAX_QUEUE_AGE_SECONDS: Final[float] = 1800.0
"""As the template's OldestEventAlarm."""

HIDDEN_SECONDS: Final[int] = 60
"""How long dead letters are hidden from others while they are counted."""


@dataclass
class Patient:
    """The stack, and what several checks ask of it. `test_code` allows a test event to TikTok."""

    stack: Stack
    since: float
    test_code: str | None = None
    url: str | None = None
    """Address of the API where the stack's own is closed."""

    @cached_property
    def newest(self) -> tuple[list[LogLine], float]:
        """The log lines of the period, or the newest of them, and the time that they begin at."""
        found, begin = CloudWatchLogs(self.stack).newest(self.since)
        return [line for _, line in found], begin

    @cached_property
    def health(self) -> web.Response:
        """The response of the health route."""
        url = (self.url or self.stack.api_url).rstrip("/")
        return web.request("GET", f"{url}/v1/health", seconds=15)

    def environment(self, logical_id: str) -> dict[str, str]:
        """The environment that a function really has."""
        if logical_id not in self._environments:
            self._environments[logical_id] = self.stack.environment(logical_id)
        return self._environments[logical_id]

    @cached_property
    def _environments(self) -> dict[str, dict[str, str]]:
        return {}

    @cached_property
    def tokens(self) -> dict[str, Any]:
        """The TikTok secret."""
        return secret_documents.tiktok_secret(self.stack).read().value

    @cached_property
    def destinations(self) -> list[tuple[str, str]]:
        """Event source and id of each destination that ingest has."""
        held = self.environment("IngestFunction")
        pixel = held.get("PIXEL_ID") or self.stack.parameters.get("PixelId", "")
        listed = held.get("DESTINATIONS", self.stack.parameters.get("Destinations", ""))
        found = [("web", pixel)]
        for entry in listed.split(","):
            source, _, source_id = map(str.strip, entry.partition(":"))
            if source_id:
                found.append((source, source_id))
        return [place for place in dict.fromkeys(found) if place[1]]


def _finding(code: str, what: str, why: str, fix: str, events: int = 0) -> Diagnosis:
    return Diagnosis(code, CODES[code].severity, what, why, fix, events=events)


# ── the stack itself ───────────────────────────────────────────────────────────────────────────────────────


def check_clock(patient: Patient) -> Iterable[Diagnosis]:
    """This machine's clock against AWS's."""
    date = patient.health.headers.get("date", "")
    try:
        skew = now() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return
    if abs(skew) > MAX_SKEW_SECONDS:
        direction = "ahead" if skew > 0 else "behind"
        yield _finding(
            "clock_skew",
            f"This machine's clock is {abs(skew):.0f} s {direction}.",
            "AWS rejects signatures that are five minutes off, and events made here get a wrong event_time.",
            "Set the clock, or let it be set by NTP.",
        )


def check_health(patient: Patient) -> Iterable[Diagnosis]:
    """The health route."""
    if patient.health.ok:
        return
    body = patient.health.json()
    detail = body.get("detail", "") if isinstance(body, dict) else ""
    yield _finding(
        "unhealthy",
        f"/v1/health answers {patient.health.phrase}. {detail}".strip(),
        "Ingest rejects every event.",
        "Fix the parameter or the secret that the answer names, and deploy.",
    )


def check_paused(patient: Patient) -> Iterable[Diagnosis]:
    """The event sources of dispatch."""
    for source in event_sources.list_event_sources(patient.stack):
        if source.state not in ("Enabled", "Creating", "Enabling", "Updating"):
            yield _finding(
                "delivery_paused",
                f"The event source {source.name} is {source.state.lower()}.",
                "Nothing is delivered; SQS forgets events after 14 days.",
                "Run `relay resume`.",
            )


def check_alias(patient: Patient) -> Iterable[Diagnosis]:
    """Event sources and alias belong together, or a deployment changes nothing."""
    aliases = [name for name in patient.stack.resources if name.startswith("DispatchFunctionAlias")]
    for source in event_sources.list_event_sources(patient.stack) if aliases else ():
        if source.function.count(":") < 7:
            yield _finding(
                "event_source_not_on_alias",
                f"The event source {source.name} calls $LATEST, although dispatch has an alias.",
                "A gradual rollout and its roll-back don't reach it.",
                "Deploy the template again without changes by hand.",
            )


def check_logs(patient: Patient) -> Iterable[Diagnosis]:
    """Retention of the log groups."""
    client = patient.stack.client("logs")
    for function, logical in GROUPS.items():
        name = patient.stack.resource(logical)
        groups = client.describe_log_groups(logGroupNamePrefix=name).get("logGroups", [])
        for group in groups:
            if group["logGroupName"] == name and not group.get("retentionInDays"):
                yield _finding(
                    "log_retention_missing",
                    f"The log group of {function} keeps its lines for ever.",
                    "It grows, and costs, without end.",
                    "Deploy the template again, or set LogRetentionDays.",
                )


def check_alarms(patient: Patient) -> Iterable[Diagnosis]:
    """The alarms that ring."""
    names = {
        name: logical for logical, name in patient.stack.resources_of_type("AWS::CloudWatch::Alarm").items()
    }
    if not names:
        return
    found = patient.stack.client("cloudwatch").describe_alarms(AlarmNames=list(names), StateValue="ALARM")
    for alarm in found.get("MetricAlarms", []):
        rings = age(now() - alarm["StateUpdatedTimestamp"].timestamp())
        yield _finding(
            "alarm_ringing",
            f"{names[alarm['AlarmName']]} rings, for {rings} at least.",
            alarm.get("AlarmDescription", ""),
            "docs/operate.md says of each alarm what to do.",
        )


def check_alarm_mail(patient: Patient) -> Iterable[Diagnosis]:
    """Whether anybody hears the alarms."""
    topic = patient.stack.resources.get("AlarmTopic")
    if not topic:
        yield _finding(
            "alarm_mail_missing",
            "AlarmEmail is empty: alarms show in CloudWatch only.",
            "A rejected token goes unnoticed until you look.",
            "Deploy with AlarmEmail set.",
        )
        return
    found = patient.stack.client("sns").list_subscriptions_by_topic(TopicArn=topic).get("Subscriptions", [])
    confirmed = [
        subscription for subscription in found if subscription.get("SubscriptionArn", "").startswith("arn:")
    ]
    if not confirmed:
        yield _finding(
            "alarm_mail_unconfirmed",
            "The address of AlarmEmail has not confirmed its subscription.",
            "Alarms are sent to nobody.",
            "Open AWS's mail and confirm; subscribe again if its link has expired (three days).",
        )


# ── destinations, tokens, secrets ──────────────────────────────────────────────────────────────────────────


def check_test_code(patient: Patient) -> Iterable[Diagnosis]:
    """A test code that was left on."""
    code = patient.environment("IngestFunction").get("TEST_EVENT_CODE", "")
    if code:
        yield _finding(
            "test_code_on",
            f"TestEventCode is {code}.",
            "Every event is a test event and counts for nothing.",
            "Deploy with TestEventCode empty.",
        )


def check_destinations(patient: Patient) -> Iterable[Diagnosis]:
    """Ids that can't be what they are used as."""
    for source, source_id in patient.destinations:
        if source != "web" and PIXEL_CODE.fullmatch(source_id):
            yield _finding(
                "destination_looks_like_pixel",
                f"The destination {source}:{source_id} looks like a pixel code.",
                f"TikTok expects an event set id or app id for {source} events, and rejects the pixel's.",
                "Copy the id from Events Manager and change Destinations.",
            )


def check_tokens(patient: Patient) -> Iterable[Diagnosis]:
    """A token for each destination; accepted by TikTok, where a test code allows to ask."""
    entries = {name: texts_in_force(held) for name, held in patient.tokens.items()}
    for source, source_id in patient.destinations:
        token = access_token(entries, source_id)
        if token is None:
            yield _finding(
                "token_missing",
                f"There is no usable access token for {source}:{source_id}.",
                "Its events wait, for 13 days at most.",
                f"Make one in Events Manager and run `relay token set {source_id}`.",
            )
        elif patient.test_code:
            url = patient.environment("DispatchFunction").get("TIKTOK_API_URL") or destinations.tiktok_url(
                patient.stack
            )
            outcome = tiktok_api.try_token(url, source, source_id, token, patient.test_code)
            if not outcome.delivered:
                yield _finding(
                    "token_rejected" if outcome.rejects_token else "test_event_failed",
                    f"TikTok did not take a test event for {source}:{source_id}: {outcome}.",
                    "Its events wait, for 13 days at most.",
                    f"Make a new token in Events Manager and run `relay token set {source_id}`.",
                )
    known = {source_id for _, source_id in patient.destinations}
    for number, name in enumerate(patient.tokens, start=1):
        if name in known:
            continue
        yield _finding(
            "token_without_destination",
            f"The TikTok secret has a token for {shown_name(name, number)}, which is not a destination of "
            "the stack.",
            "No event goes there unless it names it.",
            "Add it to Destinations, or remove the entry.",
        )


def check_ingest_secret(patient: Patient) -> Iterable[Diagnosis]:
    """Entries of the ingest secret that are not in force."""
    held = secret_documents.ingest_secret(patient.stack).read().value
    if not any(texts_in_force(secret_documents.server_keys(held))):
        yield _finding(
            "server_key_missing",
            "The ingest secret holds no usable server key.",
            "Every back end is rejected.",
            "Run `relay key rotate`.",
        )
    for number, (entry_name, entry) in enumerate(held.items(), start=1):
        if entry_name in ("server_key", "server_keys"):
            continue
        name = shown_name(entry_name, number)
        texts = texts_in_force(entry)
        if not texts or not all(texts):
            yield _finding(
                "secret_not_in_force",
                f"An entry of {name} in the ingest secret is empty, shorter than 16 characters or no text.",
                f"The relay ignores it, so webhooks of {name} may be rejected.",
                f"Run `relay secret add {name}` with the sender's secret, and retire the other one.",
            )


# ── queues ─────────────────────────────────────────────────────────────────────────────────────────────────


def check_queue_age(patient: Patient) -> Iterable[Diagnosis]:
    """How long the oldest event waits."""
    for output in ("QueueUrl", "RetryQueueUrl"):
        url = patient.stack.outputs.get(output)
        if not url:
            continue
        name = url.rpartition("/")[2]
        oldest = _oldest(patient, name)
        if oldest > MAX_QUEUE_AGE_SECONDS:
            yield _finding(
                "queue_age",
                f"The oldest event on {name} waits for {age(oldest)}.",
                "Seconds are normal; TikTok merges the browser's copy of an event only within minutes.",
                "Look at the other findings: a paused delivery, a rejected token, or an outage at TikTok.",
            )


def _oldest(patient: Patient, queue: str) -> float:
    from datetime import UTC, datetime, timedelta

    end = datetime.fromtimestamp(now(), UTC)
    found = patient.stack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=end - timedelta(minutes=15),
        EndTime=end + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )
    points = sorted(found.get("Datapoints", []), key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) if points else 0.0


def check_dead_letters(patient: Patient) -> Iterable[Diagnosis]:
    """Dead letters, by reason."""
    queues = patient.stack.queues()
    if not count_messages(queues.sqs, queues.dead_letter_queue_url).total:
        return
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        reasons = Counter(dead_letter.reason for dead_letter in dead_letters.values())
        oldest = min((dead_letter.received_at for dead_letter in dead_letters.values()), default=now())
    total = len(dead_letters) + dead_letters.not_read
    if total:
        reasons_text = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        read = f": {reasons_text}; the oldest {age(now() - oldest)} ago" if reasons else ""
        not_read = f" ({dead_letters.describe_not_read()})" if dead_letters.not_read else ""
        yield _finding(
            "dead_letters",
            f"{total} events are dead letters{read}{not_read}.",
            "SQS forgets a dead letter after 14 days.",
            "`relay dlq list` shows them with TikTok's words; fix the cause, then `relay replay`.",
            total,
        )


# ── what the logs say ──────────────────────────────────────────────────────────────────────────────────────


def check_traffic(patient: Patient) -> Iterable[Diagnosis]:
    """Signatures, rejected requests, deliveries, value, content ids, event ids, match quality, funnel."""
    lines, begin = patient.newest
    if begin > patient.since:
        yield _finding(
            "logs_read_in_part",
            f"Of very many log lines the newest {len(lines)} were read, of the last {age(now() - begin)}.",
            "What this check finds, and its shares, are of those events only.",
            "The dashboard and the saved queries of docs/operate.md look at longer periods.",
        )
    yield from diagnostics.diagnose(lines, now())


def check_version(patient: Patient) -> Iterable[Diagnosis]:
    """The version of the stack beside the command's."""
    from relay_cli.main import installed_version

    body = patient.health.json()
    deployed = body.get("version") if isinstance(body, dict) else None
    mine = installed_version()
    if isinstance(deployed, str) and deployed and mine[0].isdigit() and deployed != mine:
        yield _finding(
            "version_differs",
            f"The stack is of version {deployed}, this command of {mine}.",
            "A newer command may know more than the stack does, or the reverse.",
            "Deploy the same version, or install it.",
        )


CHECKS: Final[dict[str, Callable[[Patient], Iterable[Diagnosis]]]] = {
    "clock": check_clock,
    "health": check_health,
    "paused": check_paused,
    "alias": check_alias,
    "test-code": check_test_code,
    "destinations": check_destinations,
    "tokens": check_tokens,
    "ingest-secret": check_ingest_secret,
    "queue-age": check_queue_age,
    "dead-letters": check_dead_letters,
    "traffic": check_traffic,
    "logs": check_logs,
    "alarms": check_alarms,
    "alarm-mail": check_alarm_mail,
    "version": check_version,
}
"""Name (for `--only`) → check."""


def examine(patient: Patient, only: Iterable[str] = ()) -> list[Diagnosis]:
    """Run the checks; the worst findings first."""
    found: list[Diagnosis] = []
    for name in only or CHECKS:
        try:
            found += CHECKS[name](patient)
        except CliError as error:
            found.append(_problem(name, error.code, str(error)))
        except Exception as error:
            if not aws_errors.is_aws_error(error):
                raise
            message, code = aws_errors.explain(error)
            found.append(_problem(name, code, message))
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


_SEVERE: Final[frozenset[str]] = frozenset({"broken_secret", "no_response"})
"""Codes of errors that are findings by themselves; others only keep a check from asking."""


def _problem(name: str, code: str, message: str) -> Diagnosis:
    if code in _SEVERE:
        why = {
            "broken_secret": "Nothing in it is in force.",
            "no_response": "The API can't be reached from here.",
        }[code]
        return _finding(code, message, why, "Fix it, then run `relay doctor` again.")
    fix = (
        "Grant the permission that docs/cli.md lists" if code == "access_denied" else "Fix it, and ask again"
    )
    return _finding(
        "not_checked",
        f"The check {name} could not ask: {message}",
        "What it would have found is unknown.",
        f"{fix}, or skip the check with --only.",
    )
