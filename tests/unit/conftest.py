"""No unit test reaches a network, and which of them are slow.

Each use of an internet address fails the test, from its first fixture on. A test with the marker `loopback`
may use 127.0.0.1, for the servers that it starts itself. A process that a test starts is outside of this
guard: PROCESS_TESTS names the modules that start any, and why those reach no network.
"""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import urllib3  # noqa: F401 - tries [::1] when it is imported, which a test must not be the first to do

LOOPBACK: Final = "127.0.0.1"

UNIT_TESTS: Final[Path] = Path(__file__).parent

LOOPBACK_TESTS: Final[tuple[str, ...]] = (
    "cli/test_backfill.py",
    "cli/test_console.py",
    "cli/test_send.py",
    "cli/test_sign.py",
    "local/test_simulator_",
    "local/test_stack_lifecycle.py",
)
"""Tests that start a server on this machine, or look for a free port: they get the marker `loopback`."""

PROCESS_TESTS: Final[dict[str, str]] = {
    "cli/test_main.py": "runs `python -c` that imports a module and prints what was loaded",
    "local/test_simulator_http.py": "runs the simulator, which listens on 127.0.0.1 and calls nobody",
    "local/test_stack_lifecycle.py": "puts small scripts in the place of the emulator; they sleep or exit",
    "local/test_stack_processes.py": "runs `python -c` and shell scripts that sleep, print or exit",
    "relay/event/test_compiled.py": "runs `python -c` that compiles the model or validates with it",
    "relay/event/test_pipeline_properties.py": "runs the pipeline on bytes, in another process",
    "test_structure.py": "runs `python -c` that imports a module and prints what was loaded",
    "tools/test_build_artifact.py": "compiles the model and bytecode, with small scripts in the place of pip",
    "tools/test_performance.py": "runs git on a folder of its own",
    "tools/test_trace_event.py": "runs ingest on one request, with AWS replaced by moto",
}
"""Module of tests/unit → why the processes that it starts reach no network."""

SLOW_TESTS: Final[tuple[str, ...]] = (
    # Properties: every field of the model, many examples, or memory.
    "cli/test_backfill.py::test_dry_run_assesses_every_order",
    "relay/auth/test_signatures.py::test_no_header_raises_anything_else",
    "relay/auth/test_signatures.py::test_one_changed_character",
    "relay/delivery/test_bisection.py::test_the_budget_holds",
    "relay/delivery/test_random_faults.py",
    "relay/event/test_bad_input.py::test_memory_and_answer_are_bounded",
    "relay/event/test_pipeline_properties.py",
    "relay/event/test_text_fields.py::test_no_field_lets_a_secret_out",
    "relay/event/test_text_fields.py::test_search_that_is_saved",
    "relay/personal_data/test_items.py::test_any_structure",
    "relay/personal_data/test_work.py",
    "ingest/test_observability.py::test_description_holds_nothing_but_names",
    "relay/test_ingestion.py::test_large_receipt",
    "relay/test_ingestion.py::test_rejected_event_keeps_its_first_error",
    "relay/webhooks/test_any_body.py",
    "test_budgets.py::test_bad_rows_are_found",
    "tools/test_openapi.py::test_it_is_valid",
    # Processes, each of which starts a Python and imports most of what there is.
    "cli/test_check.py::test_check_loads_no_aws_sdk",
    "cli/test_main.py::test_help_imports_no_verb",
    "cli/test_main.py::test_output_that_can_not_be_written",
    "cli/test_main.py::test_what_the_streams_encoding_lacks",
    "cli/test_send.py::test_dry_run_loads_no_aws_sdk",
    "cli/test_send.py::test_sign_and_verify_load_no_aws_sdk",
    "local/test_simulator_http.py::test_the_command_says",
    "local/test_stack_processes.py::test_an_interrupted_command",
    "relay/event/test_compiled.py::test_built_model_passes_every_conformance_case",
    "relay/event/test_compiled.py::test_ingest_with_the_built_model",
    "relay/event/test_compiled.py::test_model_gives_the_same_module",
    "test_structure.py::test_cold_start_loads",
    "test_structure.py::test_source_loads",
    "test_structure.py::test_webhooks_load",
    "tools/test_build_artifact.py::test_a_build_for_aws",
    "tools/test_build_artifact.py::test_a_function_is_built_twice",
    "tools/test_build_artifact.py::test_a_model_that_does_not_compile",
    "tools/test_build_artifact.py::test_the_compiled_model_is_written",
    "tools/test_trace_event.py::test_purchase",
    # Packages that nothing else imports.
    "cli/test_backfill.py::test_parquet",
    "test_browser_scripts.py::test_script_is_plain_ecmascript_2017",
)
"""Tests that take a quarter of a second and more: they get the marker `slow`. `make test` runs them all the
same."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow tests, and those that may use this machine's own address."""
    for item in items:
        _, unit, name = item.nodeid.partition("tests/unit/")
        if unit and name.startswith(SLOW_TESTS):
            item.add_marker(pytest.mark.slow)
        if unit and name.startswith(LOOPBACK_TESTS):
            item.add_marker(pytest.mark.loopback)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Guard the sockets from the first fixture to the last.

    pytest calls this hook of every conftest for every test, also for those outside of this folder.
    """
    if not item.path.is_relative_to(UNIT_TESTS):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        guard_sockets(patch, loopback=item.get_closest_marker("loopback") is not None)
        return (yield)


def guard_sockets(patch: pytest.MonkeyPatch, *, loopback: bool) -> None:
    """Make every use of an internet address fail the test, but for 127.0.0.1 where `loopback` says so.

    On the class itself, so that modules which imported it before are guarded too. The failure is no
    Exception, so that no code under test takes it for a network that is down.
    """

    def guarded(method: str) -> Callable[..., Any]:
        original = getattr(socket.socket, method)

        def call(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            internet = self.family in (socket.AF_INET, socket.AF_INET6)
            if internet and not (loopback and address[0] == LOOPBACK):
                pytest.fail(f"a unit test used the network: socket.{method}({address!r})")
            return original(self, *arguments)

        return call

    def no_name(host: object, *arguments: Any, **more: Any) -> Any:
        if loopback and host == LOOPBACK:
            return resolve(host, *arguments, **more)
        return pytest.fail(f"a unit test looked up an address: {host!r}")

    resolve = socket.getaddrinfo
    patch.setattr(socket, "getaddrinfo", no_name)
    for method in ("bind", "connect", "connect_ex", "sendto"):
        patch.setattr(socket.socket, method, guarded(method))
