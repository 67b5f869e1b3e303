"""Defects of the `relay` command: replay, dead letters, secrets, backfill, output."""

from typing import Final

from tests.mutants.defect import Defect

CLI: Final = "tests/integration/test_cli.py"
SECRETS: Final = "tests/integration/test_cli_secrets.py"
BACKFILL: Final = "tests/unit/cli/test_backfill.py"

DEFECTS: Final[tuple[Defect, ...]] = (
    Defect(
        "replay deletes dead letters that the queue did not take",
        "cli/relay_cli/replaying.py",
        "taken = [dead_letter for place, dead_letter in enumerate(block) if place not in failed]",
        "taken = list(block)",
        (f"{CLI}::test_replay_never_deletes_a_dead_letter_that_the_queue_did_not_take",),
    ),
    Defect(
        "Ctrl-C while reading leaves dead letters hidden",
        "cli/relay_cli/dead_letters.py",
        "    finally:\n        release(sqs, queue_url, list(dead_letters.values()))",
        "    except ZeroDivisionError:\n        release(sqs, queue_url, list(dead_letters.values()))",
        (f"{CLI}::test_ctrl_c_while_reading_hides_no_dead_letter",),
    ),
    Defect(
        "two events with one event_id share a line",
        "cli/relay_cli/tracing.py",
        'return f"{event_id_digest}-{name}" if name else event_id_digest',
        "return event_id_digest",
        ("tests/unit/cli/test_tracing.py::test_two_events_with_one_event_id_are_two_traces",),
    ),
    Defect(
        "an event is accepted although it was delivered, since ingest logged later",
        "cli/relay_cli/tracing.py",
        "hop.at - attempt[0].at <= RECEIPT_SECONDS",
        "hop.at - attempt[0].at < 0",
        ("tests/unit/cli/test_tracing.py::test_receipt_that_was_logged_after_the_delivery_comes_first",),
    ),
    Defect(
        "the newest log lines of a busy minute are missing",
        "cli/relay_cli/logs.py",
        "if full and width > MIN_WINDOW_SECONDS:",
        "if full and width < MIN_WINDOW_SECONDS:",
        ("tests/unit/cli/test_logs.py",),
    ),
    Defect(
        "doctor reads the settings of a version that is not in force",
        "cli/relay_cli/stacks.py",
        "FunctionName=alias or self.resource(function)",
        "FunctionName=self.resource(function)",
        ("tests/unit/cli/test_doctor.py",),
    ),
    Defect(
        "terminal escapes of an event id are printed as they are",
        "cli/relay_cli/output.py",
        "    return str(value).translate(_ESCAPED)",
        "    return str(value)",
        (f"{CLI}::test_hostile_event_id_is_shown_escaped",),
    ),
    Defect(
        "a table cell is read as markup",
        "cli/relay_cli/output.py",
        "    to.add_row(*(value if isinstance(value, Text) else cell(value) for value in values))",
        "    to.add_row(*(Text.from_markup(str(value)) for value in values))",
        (f"{CLI}::test_hostile_event_id_is_shown_escaped",),
    ),
    Defect(
        "replay sends events older than 48 hours without a yes",
        "cli/relay_cli/commands/replay.py",
        "            if old and not yes:",
        "            if old and yes:",
        (f"{CLI}::test_events_older_than_48_hours_need_a_yes",),
    ),
    Defect(
        "drop without a filter deletes everything",
        "cli/relay_cli/commands/dlq.py",
        "    if filters == Filters() and not ids and not everything:",
        "    if filters is None:",
        (f"{CLI}::test_nothing_is_dropped_by_accident",),
    ),
    Defect(
        "setting one pixel's token removes the others",
        "cli/relay_cli/secret_documents.py",
        "    return {**document, source_id: token}",
        "    return {source_id: token}",
        (f"{SECRETS}::test_setting_one_pixels_token_never_touches_anothers",),
    ),
    Defect(
        "a change of a secret that met another one counts as done",
        "cli/relay_cli/secret_documents.py",
        '            if error.response["Error"]["Code"] in _CONFLICTS:\n                return False',
        '            if error.response["Error"]["Code"] in _CONFLICTS:\n                return True',
        (f"{SECRETS}::test_change_of_another_at_the_same_time_is_kept",),
    ),
    Defect(
        "a token that TikTok rejects is written all the same",
        "cli/relay_cli/commands/token.py",
        "        if not outcome.delivered:",
        "        if outcome is None:",
        (f"{SECRETS}::test_token_is_tried_first_and_not_written_where_tiktok_rejects_it",),
    ),
    Defect(
        "a rotated server key ends the old one at once",
        "cli/relay_cli/secret_documents.py",
        '"server_keys": [other for other in old if other != key]',
        '"server_keys": []',
        (f"{SECRETS}::test_server_key_is_rotated_with_an_overlap",),
    ),
    Defect(
        "a secret that is not JSON is overwritten",
        "cli/relay_cli/secret_documents.py",
        "            value = None\n        if not isinstance(value, dict):",
        "            value = {}\n        if not isinstance(value, dict):",
        (f"{SECRETS}::test_broken_secret_is_never_overwritten",),
    ),
    Defect(
        "backfill notes a batch before the relay confirmed it",
        "cli/relay_cli/backfill/run.py",
        "            confirmed = _send(batch, rejected, journal.progress, post, sleep)\n",
        "            journal.confirm(replace(journal.progress, record=batch.units[-1].last.number, "
        "position=batch.units[-1].last.position), [])\n"
        "            confirmed = _send(batch, rejected, journal.progress, post, sleep)\n",
        (f"{BACKFILL}::test_killed_run_goes_on_loses_nothing_and_counts_nothing_twice",),
    ),
    Defect(
        "the journal is not on disk before the next request",
        "cli/relay_cli/backfill/journal.py",
        '        self._opened.write(json.dumps({**asdict(progress), "ids": digest}) + "\\n")\n'
        "        self._opened.flush()\n        os.fsync(self._opened.fileno())",
        '        self._opened.write(json.dumps({**asdict(progress), "ids": digest}) + "\\n")\n'
        "        self._opened.flush()",
        (f"{BACKFILL}::test_journal_is_on_disk_before_the_next_request",),
    ),
    Defect(
        "rejected rows of a killed run are written twice",
        "cli/relay_cli/backfill/run.py",
        "        self._opened.truncate(size)\n        self._opened.seek(size)",
        "        self._opened.seek(0, 2)",
        (f"{BACKFILL}::test_kill_between_rejected_rows_and_journal_writes_no_row_twice",),
    ),
    Defect(
        "backfill sends orders that are older than 28 days",
        "cli/relay_cli/backfill/plan.py",
        "        if min(times) < self.settings.now - MAX_AGE_SECONDS:",
        "        if min(times) < 0:",
        (f"{BACKFILL}::test_shopify_order_that_is_no_sale_is_skipped_and_a_broken_one_is_not",),
    ),
    Defect(
        "backfill sends without a yes",
        "cli/relay_cli/commands/backfill.py",
        "    if not yes and progress is None:\n        _confirm()\n",
        "",
        (f"{BACKFILL}::test_nothing_is_sent_without_a_yes",),
    ),
    Defect(
        "events go to TikTok live without being asked for",
        "cli/relay_cli/commands/send.py",
        "        if not test_code and not live:",
        "        if not test_code and live:",
        ("tests/unit/cli/test_send.py::test_nothing_goes_to_tiktok_by_accident",),
    ),
    Defect(
        "check succeeds although an event would be rejected",
        "cli/relay_cli/commands/check.py",
        'failed = bool(problems or totals.states["rejected"] or (strict and totals.warnings))',
        "failed = bool(problems or (strict and totals.warnings))",
        ("tests/unit/cli/test_check.py::test_rejected_event_exits_with_1_and_names_the_field",),
    ),
    Defect(
        "trace searches for the id and not for its digest",
        "cli/relay_cli/tracing.py",
        "    key = identifier if _DIGEST.fullmatch(identifier) else digest(identifier)",
        "    key = identifier",
        ("tests/unit/cli/test_tracing.py::test_event_is_found_by_its_id_and_by_its_digest",),
    ),
    Defect(
        "an error with --json is printed as text on standard output",
        "cli/relay_cli/output.py",
        "    if json_errors:\n",
        "    if json_errors and not message:\n",
        (f"{CLI}::test_json_errors_are_json_on_standard_error",),
    ),
    Defect(
        "anyone on the machine may read the rejected rows",
        "cli/relay_cli/files.py",
        "os.fchmod(descriptor, 0o600)",
        "os.fchmod(descriptor, 0o644)",
        (f"{BACKFILL}::test_files_beside_the_orders_are_readable_by_their_owner_only",),
    ),
    Defect(
        "payments of test mode in a dump are sent as real ones",
        "cli/relay_cli/backfill/dumps.py",
        '"livemode": record.get("livemode"),',
        '"livemode": True,',
        (f"{BACKFILL}::test_payment_of_test_mode_in_a_dump_is_skipped",),
    ),
    Defect(
        "a backfill's request has more bytes than ingest reads",
        "cli/relay_cli/backfill/run.py",
        " or self.size >= BATCH_BYTES",
        "",
        (f"{BACKFILL}::test_request_never_has_more_bytes_than_the_relay_reads",),
    ),
    Defect(
        "a renewal in a dump of Stripe's is a purchase",
        "cli/relay_cli/evaluation.py",
        "return parsed if isinstance(parsed, Ignored) else apply_history(parsed, NO_HISTORY, settings.now)",
        "return parsed",
        tests=("tests/unit/cli/test_backfill.py", "tests/unit/cli/test_check.py"),
    ),
)
