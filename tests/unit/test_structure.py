"""The structure: which way imports point, and what a cold start does not load."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from relay.webhooks import registry

ROOT = Path(__file__).parents[2]
RELAY = sorted((ROOT / "layers/relay/relay").rglob("*.py"))
PATHS = [str(ROOT / part) for part in ("layers/relay", "functions/ingest", "functions/dispatch")]


IMPORT = re.compile(r"^([ \t]*)(?:from ([\w.]+) import |import ([\w.]+))", re.MULTILINE)
"""An import: ruff lets each stand on a line of its own. To parse all sources would take a second."""


@cache
def imports(source: Path, *, at_import_time: bool = False) -> set[str]:
    """The modules that a file imports; with `at_import_time`, without those inside of functions."""
    found = IMPORT.findall(source.read_text(encoding="utf-8"))
    return {origin or name for indent, origin, name in found if not (at_import_time and indent)}


def tops(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def those_of_relay(matches: Callable[[Path], object]) -> set[str]:
    """The modules of the relay package that something holds for."""
    assert RELAY
    return {path.relative_to(ROOT / "layers/relay/relay").as_posix() for path in RELAY if matches(path)}


def test_relay_package_knows_no_handler_and_no_lambda() -> None:
    handlers = {"ingest", "dispatch", "local", "tests"}
    assert not those_of_relay(lambda source: tops(imports(source)) & handlers)
    assert those_of_relay(lambda source: "boto3" in tops(imports(source))) == {"aws/clients.py"}


def test_relay_package_loads_no_aws_sdk_when_it_is_imported() -> None:
    assert not those_of_relay(lambda source: "boto3" in tops(imports(source, at_import_time=True)))


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


def imports_of_relay(source: Path) -> Iterator[str]:
    """The packages and root modules of relay that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("relay."))


def test_packages_and_root_modules_of_relay_import_in_no_circle() -> None:
    folder = ROOT / "layers/relay/relay"
    graph: dict[str, set[str]] = {path.stem: set() for path in folder.iterdir() if path.name[0] != "_"}
    for source in RELAY:
        owner = source.relative_to(folder).parts[0].removesuffix(".py")
        if owner != "__init__":
            graph[owner] |= {name for name in imports_of_relay(source) if name in graph} - {owner}
    assert graph["event"] >= {"identity", "findings"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # The sorter lists each one before what imports it.
        pytest.fail(f"imports in a circle: {' → '.join(reversed(error.args[1]))}")


def test_only_settings_reads_the_environment() -> None:
    assert those_of_relay(lambda source: "os" in imports(source)) == {"settings.py"}


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
                "aws_lambda_powertools.event_handler",
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
            {
                "aws_xray_sdk",
                "httpx",
                "pydantic",
                "pydantic_core",
                "phonenumbers",
                "aws_lambda_powertools.event_handler",
            },
        ),
    ],
)
def test_cold_start_loads_only_what_the_function_needs(handler: str, absent: set[str]) -> None:
    loaded = loaded_by(handler)
    assert handler in loaded
    assert not absent & loaded


@pytest.mark.parametrize("source", registry.PROVIDERS.values())
def test_source_loads_nothing_that_is_not_pythons_or_ours(source: str) -> None:
    # Shopify gives up after five seconds, also on a cold start. (Every event needs pydantic_core and orjson.)
    allowed = sys.stdlib_module_names | {"relay", "orjson", "pydantic_core", "typing_extensions"}
    bare = loaded_by("sys")
    assert {name.partition(".")[0] for name in loaded_by(source) - bare} <= allowed


def test_webhooks_load_no_sender_before_it_calls() -> None:
    assert not set(registry.PROVIDERS.values()) & loaded_by("ingest.webhooks")


@pytest.mark.parametrize("library", ["aws-lambda-powertools", "pydantic", "requests"])
def test_layer_ships_the_libraries_that_the_owner_chose(library: str) -> None:
    pinned = (ROOT / "layers/relay/requirements.txt").read_text(encoding="utf-8")
    assert f"\n{library}==" in pinned


@pytest.mark.parametrize("library", ["aws_lambda_powertools", "boto3", "pydantic", "requests"])
def test_functions_use_the_libraries_that_the_owner_chose(library: str) -> None:
    sources = [*RELAY, *(ROOT / "functions").rglob("*.py")]
    assert any(library in {name.split(".")[0] for name in imports(source)} for source in sources)
