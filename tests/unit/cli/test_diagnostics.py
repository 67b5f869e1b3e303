"""Diagnostics: what the log lines of a period show to be wrong."""

from typing import Any

import pytest

from relay_cli import diagnostics
from relay_cli.logs import LogLine
from tests.support.rows import every_row

NOW = 1_795_000_000.0


def received(at: float = -60, accepted: int = 1, **more: Any) -> LogLine:
    return LogLine(NOW + at, "ingest", "events_received", {"sender": "server", "accepted": accepted, **more})


def responded(outcome: str, at: float = -50, size: int = 1, **more: Any) -> LogLine:
    fields = {"outcome": outcome, "batch_size": size, "event_source": "web", "event_source_id": "P", **more}
    return LogLine(NOW + at, "dispatch", "tiktok_responded", fields)


def invalid(at: float = -40, sender: str = "shopify") -> LogLine:
    return LogLine(
        NOW + at, "ingest", "webhook_signature_invalid", {"sender": sender, "reason": "signature_wrong"}
    )


def rejected(problem: str) -> LogLine:
    return LogLine(NOW - 10, "ingest", "request_rejected", {"problem": problem, "status": 401})


def entries(name: str, number: int, quality: float = 6.0, **more: Any) -> LogLine:
    each = {"event": name, "status": "accepted", "match_quality": quality, "match_keys": ["email"], **more}
    return received(accepted=number, events=[each] * number)


def codes(*lines: LogLine) -> set[str]:
    return {found.code for found in diagnostics.diagnose(lines, NOW)}


HEALTHY = (received(-60), responded("delivered"))


def test_healthy_traffic_shows_nothing() -> None:
    assert codes() == set()
    assert codes(*HEALTHY) == set()


@every_row(
    ("lines", "code"),
    [
        ([invalid()], "signatures_failing"),
        ([rejected("origin_not_allowed")], "origin_not_allowed"),
        ([rejected("unauthenticated")], "unauthenticated"),
        ([rejected("secret_unusable")], "secret_unusable"),
        ([rejected("queue_unavailable")], "queue_unavailable"),
        ([responded("unauthorised", tiktok_code=40105)], "token_rejected"),
        ([responded("unknown", tiktok_code=49999)], "code_unknown"),
        (
            [LogLine(NOW, "ingest", "webhook_ignored", {"reason": "owner_cannot_read"})],
            "webhooks_owner_cannot_read",
        ),
        ([received(accepted=10, warning_codes={"value_missing": 2})], "purchases_without_value"),
        ([received(accepted=10, warning_codes={"content_missing": 2})], "content_id_coverage"),
        ([received(accepted=10, warning_codes={"event_id_made": 1})], "event_id_missing"),
        ([received(accepted=5, rejected=5, rejected_codes={"currency_unknown": 5})], "events_rejected"),
        ([entries("Purchase", 5, 2.0)], "match_quality_low"),
        ([entries("Purchase", 9), entries("AddToCart", 3)], "funnel_addtocart_purchase"),
        ([entries("AddToCart", 9), entries("ViewContent", 3)], "funnel_viewcontent_addtocart"),
    ],
)
def test_fault_is_found(lines: list[LogLine], code: str) -> None:
    assert code in codes(*HEALTHY, *lines)


def test_accepted_events_without_any_delivery_are_found() -> None:
    assert codes(received(-7200), received(-1000)) == {"no_deliveries"}
    assert codes(responded("delivered", -9000), received(-7200)) == {"no_deliveries"}
    assert codes(received(-7200), responded("delivered", -7100), received(-30)) == set()


@pytest.mark.parametrize(
    "lines",
    [
        [invalid(-40), received(-30, sender="shopify")],
        [responded("unauthorised", -55), responded("delivered", -50)],
        [received(-30)],
        [received(accepted=100, warning_codes={"content_missing": 9})],
        [received(accepted=3, warning_codes={"value_missing": 3})],
        [rejected("body_not_json")],
    ],
)
def test_what_is_no_fault_is_not_shown(lines: list[LogLine]) -> None:
    assert codes(*HEALTHY, *lines) == set()


def test_diagnosis_says_what_why_and_what_to_do_with_share_and_time() -> None:
    line = received(accepted=10, warning_codes={"value_missing": 2})
    (found,) = diagnostics.diagnose([*HEALTHY, line], NOW)
    printed = found.as_json()
    assert printed["what"]
    assert printed["why"]
    assert printed["fix"]
    assert (printed["share"], printed["events"], printed["severity"]) == (round(2 / 11, 4), 2, "warning")
    assert printed["since"] == "2026-11-18T11:05:40+00:00" or printed["since"].startswith("2026")


def test_rejections_are_explained_by_errors_and_not_by_the_warnings_of_accepted_events() -> None:
    warned = received(accepted=60, warning_codes={"url_missing": 60, "content_missing": 3})
    line = received(accepted=0, rejected=20, rejected_codes={"currency_unknown": 20})
    found = {finding.code: finding for finding in diagnostics.diagnose([*HEALTHY, warned, line], NOW)}
    assert found["events_rejected"].what.endswith("Most frequent: currency_unknown.")


def test_event_name_that_stopped_coming_is_named() -> None:
    old = received(-8 * 86_400, events=[{"event": "Purchase", "status": "accepted"}])
    found = diagnostics.diagnose([old, responded("delivered", -8 * 86_400 + 5)], NOW)
    assert [(entry.code, entry.severity) for entry in found] == [("event_inactive", "info")]


def test_worst_findings_come_first() -> None:
    found = diagnostics.diagnose([received(accepted=10, warning_codes={"value_missing": 2}), invalid()], NOW)
    assert [entry.severity for entry in found] == ["error", "warning"]
