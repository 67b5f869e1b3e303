"""`relay check`: what ingest would make of events and webhook bodies, without sending anything."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from relay_cli import documents, evaluation, output
from relay_cli.backfill import dumps, readers
from relay_cli.documents import Document
from relay_cli.errors import FAILED, OK
from relay_cli.evaluation import Assessment, BodyProblem, Settings, Totals
from relay_cli.options import COUNTRY, json_option, option
from relay_cli.options import command as declare
from relay_cli.times import now as present
from relay_senders import samples

SENDERS: Final[tuple[str, ...]] = ("auto", "events", *evaluation.WEBHOOK_SENDERS)

MAX_MISSING: Final[int] = 3
"""Missing match keys that are named for an event: the best ones."""


@declare("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="text for people, json, or github for annotations in a workflow.",
)
@option("--strict", is_flag=True, help="Exit with 1 on warnings as well.")
@option(
    "--sender",
    type=click.Choice(SENDERS),
    default="auto",
    show_default=True,
    help="Who sends these bodies; auto recognises them.",
)
@option("--topic", default="", help="Topic of Shopify's or WooCommerce's bodies, such as orders/paid.")
@option(
    "--country", type=COUNTRY, help="ISO 3166 code of phone numbers without a country code (DefaultCountry)."
)
@option("--now", is_flag=True, help="Move the dates of each body to the present before checking it.")
@json_option
def command(
    *,
    files: tuple[str, ...],
    style: str,
    strict: bool,
    sender: str,
    topic: str,
    country: str | None,
    now: bool,
    as_json: bool,
) -> int:
    """Check events and webhook bodies with ingest's own code. Nothing is sent, and no network is used.

    FILE is JSON, an array, or JSON Lines (also gzipped); a folder is searched; - is standard input. The
    relay's own events, TikTok's requests and the webhooks of every provider are recognised.

    Exits with 1 if an event would be rejected.
    """
    settings = Settings(present(), country)
    style = "json" if as_json else style
    totals, problems, results = Totals(), 0, []
    names = documents.find_files(files)
    for document, outcome in _assessed(names, sender, topic, settings, fresh=now):
        if isinstance(outcome, BodyProblem):
            problems += 1
        else:
            for assessment in outcome:
                totals.add(assessment)
        if style == "json":
            results.append(_as_json(document, outcome))
        elif style == "github":
            output.lines(_annotations(document, outcome))
        else:
            output.lines(_text(document, outcome))
    failed = bool(problems or totals.states["rejected"] or (strict and totals.warnings))
    if style == "json":
        output.data({"ok": not failed, "unreadable": problems, **totals.as_json(), "results": results})
    elif style == "text":
        output.lines(_summary(totals, problems, len(names)))
    return FAILED if failed else OK


def _assessed(
    names: list[str], sender: str, topic: str, settings: Settings, *, fresh: bool
) -> Iterator[tuple[Document, list[Assessment] | BodyProblem]]:
    for name in names:
        for document in documents.read_documents(name):
            yield document, assess(document, sender, topic, settings, fresh=fresh)


def assess(
    document: Document, sender: str, topic: str, settings: Settings, *, fresh: bool
) -> list[Assessment] | BodyProblem:
    """Assess one document; a list of webhook bodies is assessed one by one."""
    value = evaluation.parse_body(document.raw)
    if isinstance(value, BodyProblem):
        return value
    raw = document.raw
    if fresh:
        raw = samples.fresh(raw, settings.now)
    listed = value if isinstance(value, list) else _response(value)
    if listed is not None and not listed:
        return evaluation.evaluate_value([], settings)
    if listed and (sender != "auto" or _recognise(listed[0])[0] != "events"):
        fresh_value = json.loads(raw)
        bodies = fresh_value if isinstance(fresh_value, list) else readers.unwrap(fresh_value)
        return _assess_list(bodies or [], document, sender, topic, settings)
    who, what = (document.sender or "", document.topic) if sender == "auto" else (sender, document.topic)
    if not who:
        who, what = _recognise(value)
    if who == "stripe" and isinstance(value, dict) and value.get("object") in dumps.STRIPE_OBJECTS:
        raw = json.dumps(dumps.as_webhook(json.loads(raw), who)[0]).encode()
    return evaluation.evaluate(raw, who, settings, topic=topic or what)


def _response(value: object) -> list[Any] | None:
    """What a platform's API answered with a list in it; None for a request with events."""
    is_response = isinstance(value, dict) and ("orders" in value or value.get("object") == "list")
    return readers.unwrap(value) if is_response else None


def _recognise(value: object) -> tuple[str, str]:
    if isinstance(value, dict) and value.get("object") in dumps.STRIPE_OBJECTS:
        return "stripe", ""
    return evaluation.recognise(value)


def _assess_list(
    bodies: Sequence[object], document: Document, sender: str, topic: str, settings: Settings
) -> list[Assessment] | BodyProblem:
    from dataclasses import replace

    assessments: list[Assessment] = []
    for index, body in enumerate(bodies):
        single = replace(document, raw=json.dumps(body).encode())
        result = assess(single, sender, topic, settings, fresh=False)
        if isinstance(result, BodyProblem):
            return BodyProblem(result.code, f"entry {index}: {result.message}")
        assessments += [replace(assessment, index=index) for assessment in result]
    return assessments


# ── formats ────────────────────────────────────────────────────────────────────────────────────────────────


def _as_json(document: Document, outcome: list[Assessment] | BodyProblem) -> dict[str, Any]:
    where = {"file": document.name, "line": document.line}
    if isinstance(outcome, BodyProblem):
        return where | {"error": {"code": outcome.code, "message": outcome.message}, "events": []}
    return where | {"events": [assessment.as_json() for assessment in outcome]}


def _where(document: Document, assessment: Assessment | None = None) -> str:
    place = f"{document.name}:{document.line}"
    return f"{place}[{assessment.index}]" if assessment is not None and assessment.index else place


def _text(document: Document, outcome: list[Assessment] | BodyProblem) -> Iterator[str]:
    if isinstance(outcome, BodyProblem):
        yield f"{document.name}:{document.line}  unreadable"
        yield f"  error    {outcome.code}: {outcome.message}"
        return
    for assessment in outcome:
        parts = [_where(document, assessment), "", assessment.state.replace("_", " ")]
        if assessment.event:
            parts.append(f"{assessment.event} {assessment.event_id}")
        if assessment.topic:
            parts.append(f"({assessment.sender} {assessment.topic})")
        if assessment.match_quality is not None:
            parts.append(f"match quality {assessment.match_quality:.1f} of 10")
        yield " ".join(parts)
        if assessment.reason:
            yield f"  reason   {assessment.reason}: {evaluation.ignored_because(assessment.reason)}"
        for finding in assessment.errors:
            yield f"  error    {finding.code}: {finding.message}"
        for finding in assessment.warnings:
            yield f"  warning  {finding.code}: {finding.message}"
        if assessment.missing and assessment.match_quality is not None and assessment.match_quality < 10:
            yield f"  missing  {', '.join(assessment.missing[:MAX_MISSING])}"


def _annotations(document: Document, outcome: list[Assessment] | BodyProblem) -> Iterator[str]:
    """Workflow commands of GitHub Actions (docs.github.com, "Workflow commands for GitHub Actions")."""

    def annotation(level: str, code: str, message: str, where: str = "") -> str:
        file, title = _property(document.name), _property(code)
        text = f"{where}{message}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        return f"::{level} file={file},line={document.line},title={title}::{text}"

    if isinstance(outcome, BodyProblem):
        yield annotation("error", outcome.code, outcome.message)
        return
    for assessment in outcome:
        where = f"event {assessment.index}: " if len(outcome) > 1 else ""
        for finding in assessment.errors:
            yield annotation("error", finding.code, finding.message, where)
        for finding in assessment.warnings:
            yield annotation("warning", finding.code, finding.message, where)


def _property(text: str) -> str:
    for character, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, escaped)
    return text


def _summary(totals: Totals, problems: int, files: int) -> Iterator[str]:
    counts = [f"{number} {state.replace('_', ' ')}" for state, number in totals.states.items()]
    if problems:
        counts.append(f"{problems} unreadable")
    yield ""
    counted = f"{output.count(totals.events, 'event')} in {output.count(files, 'file')}"
    yield f"{counted}: {', '.join(counts) or 'none'}"
    if totals.mean_quality is not None:
        best = [
            f"{key} ({number} of {totals.assessed})"
            for key, number in totals.missing.most_common(MAX_MISSING)
        ]
        helps = f"; would help: {', '.join(best)}" if best else ""
        yield f"mean match quality {totals.mean_quality:.1f} of 10{helps}"
