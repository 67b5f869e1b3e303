"""The structure: which way imports point, and what a cold start does not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from relay.webhooks import registry

ROOT = Path(__file__).parents[2]
RELAY = sorted((ROOT / "layers/relay/relay").rglob("*.py"))
PATHS = [str(ROOT / part) for part in ("layers/relay", "functions/ingest", "functions/dispatch")]


def imports(source: Path) -> set[str]:
    tree = ast.parse(source.read_text())
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None
    }


@pytest.mark.parametrize(
    "source", sorted((ROOT / "layers/relay/relay").rglob("*.py")), ids=lambda path: path.name
)
def test_relay_package_knows_no_handler_and_no_lambda(source: Path) -> None:
    tops = {name.split(".")[0] for name in imports(source)}
    assert not tops & {"ingest", "dispatch", "local", "tests", "boto3"}


@pytest.mark.parametrize(
    ("folder", "absent"),
    [
        # What both need is in relay_senders.
        ("local", {"relay_cli", "tests"}),
        ("cli", {"local", "tests", "ingest", "dispatch"}),
        ("layers/relay/relay", {"relay_senders", "relay_cli"}),
        ("layers/relay/relay_senders", {"relay_cli", "local", "tests", "boto3"}),
        ("functions", {"relay_senders", "relay_cli", "local", "tests"}),
    ],
)
def test_imports_point_one_way(folder: str, absent: set[str]) -> None:
    sources = sorted((ROOT / folder).rglob("*.py"))
    assert sources
    wrong = {
        str(source.relative_to(ROOT))
        for source in sources
        if {name.partition(".")[0] for name in imports(source)} & absent
    }
    assert not wrong


@pytest.mark.parametrize(
    "source", sorted((ROOT / "layers/relay/relay").rglob("*.py")), ids=lambda path: path.name
)
def test_only_settings_reads_the_environment(source: Path) -> None:
    assert ("os" in imports(source)) == (source.name == "settings.py")


def loaded_by(module: str) -> set[str]:
    """The modules that a fresh interpreter holds after importing `module`, with nothing set."""
    script = f"import sys; sys.path[:0] = {PATHS!r}; import {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("handler", "absent"),
    [
        (
            "ingest.handler",
            {
                "aws_xray_sdk",
                "httpx",
                "requests",
                "phonenumbers",
            }
            # Who sends events doesn't wait for what only webhooks need.
            | {
                "ingest.webhooks",
                "relay.auth.signatures",
                "relay.webhooks.provider",
            },
        ),
        (
            "dispatch.handler",
            {"aws_xray_sdk", "httpx", "pydantic", "phonenumbers"},
        ),
    ],
)
def test_cold_start_loads_only_what_the_function_needs(handler: str, absent: set[str]) -> None:
    loaded = loaded_by(handler)
    assert handler in loaded
    assert not absent & loaded


@pytest.mark.parametrize("source", registry.PROVIDERS.values())
def test_source_loads_nothing_that_is_not_pythons_or_ours(source: str) -> None:
    # Shopify gives up after five seconds, also on a cold start. (pydantic_core reads every body of events.)
    allowed = sys.stdlib_module_names | {"relay", "pydantic_core", "typing_extensions"}
    bare = loaded_by("sys")
    assert {name.partition(".")[0] for name in loaded_by(source) - bare} <= allowed


def test_webhooks_load_no_sender_before_it_calls() -> None:
    assert not set(registry.PROVIDERS.values()) & loaded_by("ingest.webhooks")
