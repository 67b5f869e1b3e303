"""Audit what the project ships and installs: known vulnerabilities, and secrets among the sources.

`python -m tools.audit dependencies` asks PyPI's advisory service about every version of the lock files. Exit
code 1 for a known vulnerability, and for a service that can't be reached where `AUDIT_REQUIRED` is set (CI on
GitHub sets it). Without it an unreachable service is printed, since some networks reach the index only.

`python -m tools.audit secrets` looks for keys and tokens in the forms of their makers (AWS, Stripe, GitHub,
private keys, JSON web tokens) in every tracked file. Exit code 1 if there are any beside `EXAMPLES`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
AUDIT: Final[Path] = ROOT / ".local/tools/audit/bin"

LOCKS: Final[tuple[str, ...]] = ("layers/relay/requirements.txt", "requirements/dev.txt")
"""What runs on AWS, and what runs on a developer's machine beside it."""

ACCEPTED_VULNERABILITIES: Final[dict[str, str]] = {}
"""Id of an advisory → why it does not concern the project."""

LOCK_FILES: Final[frozenset[str]] = frozenset(
    {
        "layers/relay/requirements.txt",
        *(f"requirements/{path.name}" for path in ROOT.glob("requirements/*.txt")),
    }
)

EXAMPLES: Final[dict[str, str]] = {
    "tests/conformance/cases/personal_data.py": "made-up credentials that the relay has to redact",
    "tests/fuzz/mutations.py": "the same",
    "tests/unit/relay/personal_data/": "the same",
    "tests/unit/relay/visits/": "the same",
}
"""File or folder with made-up secrets → why they are there."""

GUESSING_PLUGINS: Final[tuple[str, ...]] = (
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "KeywordDetector",
)
"""Of detect-secrets: they report digests, which this project is full of."""


def evaluate(reports: Sequence[dict[str, object]], *, required: bool) -> tuple[int, list[str]]:
    """The exit code and what to print, from pip-audit's reports."""
    rows = [row for report in reports for row in report.get("dependencies", [])]  # type: ignore[attr-defined]
    found = [
        f"{row['name']} {row['version']}: {advisory['id']}, fixed in {advisory['fix_versions']}"
        for row in rows
        for advisory in row.get("vulns", [])
        if advisory["id"] not in ACCEPTED_VULNERABILITIES
    ]
    if found:
        return 1, ["known vulnerabilities:", *sorted(set(found))]
    audited = [row for row in rows if "skip_reason" not in row]
    skipped = [row for row in rows if "skip_reason" in row]
    if not rows:
        return 1, ["nothing was audited: pip-audit reported no dependency"]
    if skipped:
        text = f"{len(skipped)} of {len(rows)} versions not audited: {skipped[0]['skip_reason']}"
        if required:
            return 1, [text, "AUDIT_REQUIRED is set, so this is a failure"]
        return 0, [text, f"{len(audited)} audited, none with a known vulnerability"]
    return 0, [f"{len(audited)} versions audited, none with a known vulnerability"]


def audit_dependencies() -> int:
    """Run pip-audit over the lock files."""
    reports = []
    for lock in LOCKS:
        command = [str(AUDIT / "pip-audit"), "--disable-pip", "--require-hashes", "--format", "json"]
        done = subprocess.run(
            [*command, "--progress-spinner", "off", "-r", lock],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        try:
            reports.append(json.loads(done.stdout))
        except ValueError:
            reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
            reports.append({"dependencies": [{"name": lock, "version": "", "skip_reason": reason}]})
    code, lines = evaluate(reports, required=bool(os.environ.get("AUDIT_REQUIRED")))
    print("dependencies:", "\n  ".join(lines))
    return code


def find_secrets(files: Sequence[str], folder: Path = ROOT) -> list[str]:
    """Every place that looks like a secret, as `file:line kind`."""
    command = [str(AUDIT / "detect-secrets"), "scan"]
    for plugin in GUESSING_PLUGINS:
        command += ["--disable-plugin", plugin]
    done = subprocess.run([*command, *files], capture_output=True, text=True, cwd=folder, check=True)
    results = json.loads(done.stdout)["results"]
    return [
        f"{path}:{secret['line_number']} {secret['type']}"
        for path, found in results.items()
        for secret in found
    ]


def scan_secrets() -> int:
    """Scan every tracked file."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=True)
    files = [
        name
        for name in listed.stdout.split("\0")
        if name
        and (ROOT / name).is_file()
        and not name.startswith(tuple(EXAMPLES))
        # Lock files hold thousands of digests, and no lines of ours.
        and name not in LOCK_FILES
    ]
    found = find_secrets(files)
    print(f"secrets: {len(files)} files scanned, {len(found)} findings", *found, sep="\n  ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit({"dependencies": audit_dependencies, "secrets": scan_secrets}[sys.argv[1]]())
