"""The audit of dependencies fails where it has to, and prints why where it can't evaluate."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import audit

ROOT = Path(__file__).parents[3]

SOUND: dict[str, Any] = {"name": "requests", "version": "2.34.2", "vulns": []}
VULNERABLE: dict[str, Any] = {
    "name": "urllib3",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["1.1"]}],
}
SKIPPED: dict[str, Any] = {"name": "idna", "version": "3.20", "skip_reason": "service not reached"}


def evaluate(*rows: dict[str, Any], required: bool = False) -> tuple[int, str]:
    code, lines = audit.evaluate([{"dependencies": list(rows)}], required=required)
    return code, "\n".join(lines)


def test_sound_versions_pass() -> None:
    assert evaluate(SOUND) == (0, "1 versions audited, none with a known vulnerability")


def test_a_known_vulnerability_fails_and_names_the_fix() -> None:
    code, text = evaluate(SOUND, VULNERABLE, SKIPPED)
    assert code == 1
    assert "urllib3 1.0: PYSEC-0000-1, fixed in ['1.1']" in text


def test_an_accepted_vulnerability_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ACCEPTED_VULNERABILITIES", {"PYSEC-0000-1": "not used here"})
    assert evaluate(VULNERABLE)[0] == 0


def test_a_service_that_is_not_reached_is_printed_and_fails_only_where_an_audit_is_required() -> None:
    code, text = evaluate(SKIPPED)
    assert (code, "1 of 1 versions not audited: service not reached" in text) == (0, True)
    assert evaluate(SKIPPED, required=True)[0] == 1


def test_an_empty_report_fails() -> None:
    assert evaluate()[0] == 1


def test_made_up_secrets_are_where_the_list_says() -> None:
    for path in audit.EXAMPLES:
        assert (ROOT / path).exists(), path


def test_github_requires_the_audit_and_lets_no_key_in() -> None:
    check, deploy = (
        yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))
        for name in ("check", "deploy")
    )
    assert check["jobs"]["check"]["env"]["AUDIT_REQUIRED"] == "1"
    assert check["permissions"] == {"contents": "read"}
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    job = deploy["jobs"]["deploy"]
    assert job["environment"]
    text = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "vars.AWS_ROLE_ARN" in text
