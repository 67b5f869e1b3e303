"""`relay check`: what ingest would make of events and webhook bodies, without sending anything."""

import json
from collections.abc import Iterator
from typing import Any, Final

import click

from relay_cli import documents, evaluation, output, samples
from relay_cli.documents import Document
from relay_cli.errors import FAILED, OK
from relay_cli.evaluation import BodyProblem, Settings, Totals, Verdict
from relay_cli.options import command as declare
from relay_cli.options import json_option
from relay_cli.times import now as present

SENDERS: Final[tuple[str, ...]] = ("auto", "events", *evaluation.WEBHOOK_SENDERS)

MAX_MISSING: Final[int] = 3
"""Missing match keys that are named for an event: the best ones."""


@declare("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="text for people, json, or github for annotations in a workflow.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings as well.")
@click.option(
    "--sender",
    type=click.Choice(SENDERS),
    default="auto",
    show_default=True,
    help="Who sends these bodies; auto recognises them.",
)
@click.option("--topic", default="", help="Topic of Shopify's or WooCommerce's bodies, such as orders/paid.")
@click.option("--country", help="ISO 3166 code of phone numbers without a country code (DefaultCountry).")
@click.option("--now", is_flag=True, help="Move the dates of each body to the present before checking it.")
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
    settings = Settings(present(), country.upper() if country else None)
    style = "json" if as_json else style
    totals, problems, results = Totals(), 0, []
    names = documents.find_files(files)
    for document, outcome in _judged(names, sender, topic, settings, fresh=now):
        if isinstance(outcome, BodyProblem):
            problems += 1
        else:
            for verdict in outcome:
                totals.add(verdict)
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


def _judged(
    names: list[str], sender: str, topic: str, settings: Settings, *, fresh: bool
) -> Iterator[tuple[Document, list[Verdict] | BodyProblem]]:
    for name in names:
        for document in documents.read_documents(name):
            yield document, judge(document, sender, topic, settings, fresh=fresh)


def judge(
    document: Document, sender: str, topic: str, settings: Settings, *, fresh: bool
) -> list[Verdict] | BodyProblem:
    """Judge one document; a list of webhook bodies is judged one by one."""
    value = evaluation.parse_body(document.raw)
    if isinstance(value, BodyProblem):
        return value
    raw = document.raw
    if fresh:
        raw = samples.fresh(raw, settings.now)
    if (
        isinstance(value, list)
        and value
        and (sender != "auto" or evaluation.recognise(value[0])[0] != "events")
    ):
        return _judge_list(raw, document, sender, topic, settings)
    who, what = (document.sender or "", document.topic) if sender == "auto" else (sender, document.topic)
    if not who:
        who, what = evaluation.recognise(value)
    return evaluation.evaluate(raw, who, settings, topic=topic or what)


def _judge_list(
    raw: bytes, document: Document, sender: str, topic: str, settings: Settings
) -> list[Verdict] | BodyProblem:
    from dataclasses import replace

    verdicts: list[Verdict] = []
    for index, body in enumerate(json.loads(raw)):
        single = replace(document, raw=json.dumps(body).encode())
        result = judge(single, sender, topic, settings, fresh=False)
        if isinstance(result, BodyProblem):
            return BodyProblem(result.code, f"entry {index}: {result.message}")
        verdicts += [replace(verdict, index=index) for verdict in result]
    return verdicts


# ── formats ────────────────────────────────────────────────────────────────────────────────────────────────


def _as_json(document: Document, outcome: list[Verdict] | BodyProblem) -> dict[str, Any]:
    where = {"file": document.name, "line": document.line}
    if isinstance(outcome, BodyProblem):
        return where | {"error": {"code": outcome.code, "message": outcome.message}, "events": []}
    return where | {"events": [verdict.as_json() for verdict in outcome]}


def _where(document: Document, verdict: Verdict | None = None) -> str:
    place = f"{document.name}:{document.line}"
    return f"{place}[{verdict.index}]" if verdict is not None and verdict.index else place


def _text(document: Document, outcome: list[Verdict] | BodyProblem) -> Iterator[str]:
    if isinstance(outcome, BodyProblem):
        yield f"{document.name}:{document.line}  unreadable"
        yield f"  error    {outcome.code}: {outcome.message}"
        return
    for verdict in outcome:
        said = [_where(document, verdict), "", verdict.state.replace("_", " ")]
        if verdict.event:
            said.append(f"{verdict.event} {verdict.event_id}")
        if verdict.topic:
            said.append(f"({verdict.sender} {verdict.topic})")
        if verdict.match_quality is not None:
            said.append(f"match quality {verdict.match_quality:.1f} of 10")
        yield " ".join(said)
        if verdict.reason:
            yield f"  reason   {verdict.reason}: {evaluation.ignored_because(verdict.reason)}"
        for finding in verdict.errors:
            yield f"  error    {finding.code}: {finding.message}"
        for finding in verdict.warnings:
            yield f"  warning  {finding.code}: {finding.message}"
        if verdict.missing and verdict.match_quality is not None and verdict.match_quality < 10:
            yield f"  missing  {', '.join(verdict.missing[:MAX_MISSING])}"


def _annotations(document: Document, outcome: list[Verdict] | BodyProblem) -> Iterator[str]:
    """Workflow commands of GitHub Actions (docs.github.com, "Workflow commands for GitHub Actions")."""

    def annotation(level: str, code: str, message: str, where: str = "") -> str:
        file, title = _property(document.name), _property(code)
        text = f"{where}{message}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        return f"::{level} file={file},line={document.line},title={title}::{text}"

    if isinstance(outcome, BodyProblem):
        yield annotation("error", outcome.code, outcome.message)
        return
    for verdict in outcome:
        where = f"event {verdict.index}: " if len(outcome) > 1 else ""
        for finding in verdict.errors:
            yield annotation("error", finding.code, finding.message, where)
        for finding in verdict.warnings:
            yield annotation("warning", finding.code, finding.message, where)


def _property(text: str) -> str:
    for character, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, escaped)
    return text


def _summary(totals: Totals, problems: int, files: int) -> Iterator[str]:
    said = [f"{number} {state.replace('_', ' ')}" for state, number in totals.states.items()]
    if problems:
        said.append(f"{problems} unreadable")
    yield ""
    yield f"{totals.events} events in {files} file{'' if files == 1 else 's'}: {', '.join(said) or 'none'}"
    if totals.mean_quality is not None:
        best = [
            f"{key} ({number} of {totals.judged})" for key, number in totals.missing.most_common(MAX_MISSING)
        ]
        helps = f"; would help: {', '.join(best)}" if best else ""
        yield f"mean match quality {totals.mean_quality:.1f} of 10{helps}"
