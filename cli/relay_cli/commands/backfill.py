"""`relay backfill`: past orders from a file to a stack."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from relay_cli import evaluation, output, secret_documents, secrets_input, web
from relay_cli.backfill import dumps, journal, plan
from relay_cli.backfill import run as running
from relay_cli.backfill.exports import EXPORTS, MapOptions
from relay_cli.backfill.journal import Header, Progress
from relay_cli.backfill.plan import Plan, Scan
from relay_cli.commands.replay import Rate
from relay_cli.commands.send import EVENTS_ROUTE
from relay_cli.errors import FAILED, INTERRUPTED, OK, UsageError
from relay_cli.evaluation import Settings, Totals
from relay_cli.options import COUNTRY, json_option, option, stack_options
from relay_cli.options import command as declare
from relay_cli.stacks import Stack, Target
from relay_cli.times import iso, now

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PREVIEW: Final[int] = 20
RATE: Final[int] = 200
"""Events a second, by default: 720,000 an hour, beside what is live."""

KINDS: Final[tuple[str, ...]] = (
    *dumps.DUMPS,
    *(name for name, export in EXPORTS.items() if export.map_rows is not None),
)


class Moment(click.ParamType[float]):
    """A day or a time in ISO 8601; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads it."""
        if isinstance(value, float):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day or time such as 2026-11-01", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@declare("backfill")
@click.argument("file", type=click.Path(path_type=Path))
@option("--kind", type=click.Choice(KINDS), help="What the file is; recognised by default.")
@option("--dry-run", is_flag=True, help="Assess every order on this machine, and send nothing.")
@option("--yes", is_flag=True, help="Don't ask.")
@option("--rate", type=Rate(), default=RATE, show_default=True, help="Events a second, at most.")
@option("--limit", type=click.IntRange(1), help="Send so many events, and stop.")
@option("--before", type=Moment(), help="Only orders before this day or time: when the stack went live.")
@option("--after", type=Moment(), help="Only orders from this day or time on.")
@option("--currency", default="", help="ISO 4217 code, for exports that don't say it.")
@option("--country", type=COUNTRY, help="ISO 3166 code of phone numbers without a country code (dry run).")
@option("--test-code", default="", help="Send as test events, under this code of Test Events.")
@option("--restart", is_flag=True, help="Forget the journal of an earlier run, and begin again.")
@option("--url", help="Address of the HTTP API, where the stack can't be asked for it.")
@stack_options
@json_option
def command(
    *,
    file: Path,
    kind: str | None,
    dry_run: bool,
    yes: bool,
    rate: float,
    limit: int | None,
    before: float | None,
    after: float | None,
    currency: str,
    country: str | None,
    test_code: str,
    restart: bool,
    url: str | None,
    target: Target,
    as_json: bool,
) -> int:
    """Send past orders of FILE to a stack, with a journal to go on from.

    FILE is an API dump (one order a line: Shopify, WooCommerce, Stripe), an export (CSV of Shopify, Stripe,
    WooCommerce), or Parquet with the same columns. It shows the mapping and the first orders and asks. Orders
    older than 28 days, and unpaid, cancelled and test orders are skipped. What can't be used or is rejected
    is in FILE.rejected.csv (or .jsonl) with the reason. Run the same command again after an interruption.

    Exits with 1 if anything can't be used or was rejected.
    """
    settings = Settings(now(), country)
    map_options = MapOptions(currency)
    if dry_run:
        made = plan.make_plan(file, kind, settings, map_options, before, after, test_code)
        return _dry_run(made, limit, as_json=as_json)
    # Read first, so that a file that can't be used needs no stack.
    plan.make_plan(file, kind, settings, map_options, before, after, test_code)
    stack = None if url else target.open()
    if stack is not None:
        settings = _settings_of(stack, settings)
    made = plan.make_plan(file, kind, settings, map_options, before, after, test_code)
    where = url or (stack.where if stack else "")
    sha256, size = journal.describe_file(file)
    header = Header(
        sha256,
        size,
        made.kind,
        where,
        {"before": before, "after": after, "currency": currency, "test_code": test_code},
    )
    path = journal.journal_path(file)
    progress = None if restart else journal.read_progress(path, header)
    _announce(made, where, progress, as_json=as_json)
    if not yes and progress is None:
        _confirm()
    post = _poster(stack, url)
    return _run(made, path, header, progress, post, rate, limit, as_json=as_json)


def _run(
    made: Plan,
    path: Path,
    header: Header,
    progress: Progress | None,
    post: running.Post,
    rate: float,
    limit: int | None,
    *,
    as_json: bool,
) -> int:
    opened = journal.open_journal(path, header, progress)
    with (
        closing(opened),
        closing(
            running.RejectedFile(made, running.rejected_path(made), opened.progress.rejected_bytes)
        ) as rejected,
        _bar(quiet=as_json) as bar,
    ):
        task = bar.add_task("sending", total=header.size, completed=opened.progress.position)
        result = running.run(
            made,
            opened,
            rejected,
            post,
            rate=rate,
            limit=limit,
            on_batch=lambda done: bar.update(
                task, completed=done.position, description=f"{done.events} events"
            ),
        )
    result.resumed = progress is not None
    _report(result, rejected.path, as_json=as_json)
    if result.interrupted:
        return INTERRUPTED
    return FAILED if result.progress.rejected or result.progress.unusable else OK


def _settings_of(stack: Stack, settings: Settings) -> Settings:
    """The stack's own settings, so that a dump becomes what its webhooks become."""
    from dataclasses import replace

    options = evaluation.options_of(stack.environment("IngestFunction"))
    return replace(settings, options=options) if options is not None else settings


def _poster(stack: Stack | None, url: str | None) -> running.Post:
    if stack is None:
        key = secrets_input.read_secret("server key", "RELAY_SERVER_KEY")
        base_url = (url or "").rstrip("/")
    else:
        keys = secret_documents.server_keys(secret_documents.ingest_secret(stack).read().value)
        key, base_url = (keys[0] if keys else ""), stack.api_url
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    return lambda body: web.request("POST", base_url + EVENTS_ROUTE, body, headers)


def _confirm() -> None:
    if not output.interactive():
        raise UsageError("Say --yes to send them, or --dry-run to assess them. Nothing was sent.")
    if click.prompt("Type yes to send them", default="no", err=True).strip().lower() != "yes":
        raise UsageError("Nothing was sent.")


def _announce(made: Plan, where: str, progress: Progress | None, *, as_json: bool) -> None:
    """Show what the file is, the mapping and the first orders: on standard error, as it is not the result."""
    if as_json:
        return
    output.note(f"{made.source.path}: {made.title}")
    if made.warning:
        output.note(f"note: {made.warning}")
    if progress is not None:
        output.note(
            f"Going on behind record {progress.record}: {progress.accepted} events are accepted already."
        )
        return
    for field, columns in made.mapping.items():
        output.note(f"  {field:<16} ← {columns}")
    for row in plan.preview(list(islice(made.units(), PREVIEW))):
        output.note(f"  {_preview_line(row)}")
    output.note(f"These go to {where}. Orders that the stack has sent already count again after 48 hours:")
    output.note("skip them with --before and the time when it went live.")


def _preview_line(row: dict[str, Any]) -> str:
    if row["problem"]:
        what = "skipped" if row["skipped"] else "can't be used"
        return f"record {row['record']}: {what}: {row['problem']}"
    at = "no time" if row["event_time"] is None else iso(row["event_time"])
    fields = ", ".join(row["customer_fields"]) or "nothing"
    return (
        f"record {row['record']}: {row['event']} {row['event_id']} {at} {row['value']} {row['currency']}, "
        f"{row['items']} items, matched by {fields}"
    )


def _dry_run(made: Plan, limit: int | None, *, as_json: bool) -> int:
    scan, totals = Scan(), Totals()
    first: list[dict[str, Any]] = []
    for unit in made.units():
        if limit is not None and scan.events >= limit:
            break
        scan.add(unit, made.settings.now)
        if len(first) < PREVIEW:
            first += plan.preview([unit])
        assessed = evaluation.evaluate_value(unit.events, made.settings) if unit.events else []
        for assessment in assessed if isinstance(assessed, list) else []:
            totals.add(assessment)
    failed = bool(scan.unusable or totals.states["rejected"])
    if as_json:
        output.data(
            {
                "kind": made.kind,
                "title": made.title,
                "orders": scan.orders,
                "events": scan.events,
                "skipped": dict(scan.skipped.most_common()),
                "older_than_7_days": scan.old,
                "unusable": dict(scan.unusable.most_common()),
                "assessed": totals.as_json(),
                "first": first,
            }
        )
        return FAILED if failed else OK
    output.line(f"{made.source.path}: {made.title}")
    if made.warning:
        output.line(f"note: {made.warning}")
    output.lines(f"  {field:<16} ← {columns}" for field, columns in made.mapping.items())
    output.lines(f"  {_preview_line(row)}" for row in first)
    output.line(
        f"{output.count(scan.orders, 'order')}, {output.count(scan.events, 'event')}, "
        f"{scan.skipped.total()} skipped, "
        f"{scan.unusable.total()} can't be used, {scan.old} older than 7 days"
    )
    output.lines(f"  {number:>7} skipped: {code}" for code, number in scan.skipped.most_common())
    output.lines(f"  {number:>7} can't be used: {code}" for code, number in scan.unusable.most_common())
    output.lines(f"  {number:>7} would be rejected: {code}" for code, number in totals.errors.most_common())
    output.lines(f"  {number:>7} with a warning: {code}" for code, number in totals.warnings.most_common())
    if totals.mean_quality is not None:
        best = ", ".join(f"{key} ({number})" for key, number in totals.missing.most_common(3))
        output.line(f"mean match quality {totals.mean_quality:.1f} of 10; missing most: {best or 'nothing'}")
    output.line("Nothing was sent.")
    return FAILED if failed else OK


def _bar(*, quiet: bool) -> "Bar":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = output.progress_console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)


def _report(result: running.Result, rejected: Path, *, as_json: bool) -> None:
    done = result.progress
    wrote = rejected.stat().st_size if rejected.exists() else 0
    kept = bool(wrote and (done.rejected or done.unusable))
    if not kept:
        rejected.unlink(missing_ok=True)
    if as_json:
        output.data(
            {
                **{name: value for name, value in asdict(done).items() if name != "rejected_bytes"},
                "events": done.events,
                "interrupted": result.interrupted,
                "resumed": result.resumed,
                "rejected_file": str(rejected) if kept else None,
            }
        )
        return
    output.line(
        f"{output.count(done.accepted, 'event')} accepted, {done.rejected} rejected, "
        f"{done.dropped} dropped (no consent); {output.count(done.unusable, 'record')} can't be used, "
        f"{done.skipped} skipped (`--dry-run` counts why)"
    )
    if kept:
        output.line(
            f"{rejected} has those that can't be used or were rejected, with the reason; fix and send it the "
            "same way"
        )
    if result.interrupted:
        output.line("interrupted: run the same command again to go on")
