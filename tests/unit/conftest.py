"""No unit test reaches a network, and which of them are slow.

Each use of an internet address, each look-up of a name and each process fails the test, from the import of
its module to its last fixture, also where something catches the failure. A test with the marker `loopback`
may use 127.0.0.1, for the servers that it starts itself. The modules of PROCESS_TESTS may start processes:
those are outside of this guard, so the list says why they reach no network.
"""

import multiprocessing.util
import socket
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

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
    "cli/test_backfill.py": "runs `python -c` that reads orders for show and prints what was loaded",
    "cli/test_check.py": "runs `python -c` that checks an event and prints what was loaded",
    "cli/test_main.py": "runs the command's help, and `python -c` that prints what it loaded",
    "cli/test_send.py": "runs `python -c` that signs, verifies or sends for show, and prints what was loaded",
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
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Guard the import of a module."""
    if not collector.path.is_relative_to(UNIT_TESTS):
        return (yield)
    with GUARD.watch(loopback=False, processes=False):
        report = yield
    return fail_with(report, GUARD.take())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Guard a test from its first fixture to its last.

    pytest calls this hook of every conftest for every test, also for those outside of this folder.
    """
    if not item.path.is_relative_to(UNIT_TESTS):
        return (yield)
    loopback = item.get_closest_marker("loopback") is not None
    processes = item.path.relative_to(UNIT_TESTS).as_posix() in PROCESS_TESTS
    with GUARD.watch(loopback=loopback, processes=processes):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test of which the guard's failure was caught: by the code under test, or by a thread's pool."""
    report = yield
    return fail_with(report, GUARD.take())


AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def fail_with(report: AnyReport, messages: Sequence[str]) -> AnyReport:
    """Fail a report with messages of the guard, unless there are none, or it has failed by itself."""
    if messages and not report.failed:
        report.outcome = "failed"
        report.longrepr = "\n".join(messages)
    return report


class Guard:
    """Fails a test that calls an address, looks up a name or starts a process, unless it may.

    By Python's audit events, which the interpreter raises itself, before the call, whichever class, function
    or thread makes it. The failure is no Exception, so that no code under test takes it for a network that is
    down.
    """

    ADDRESSES: Final = frozenset({"socket.bind", "socket.connect", "socket.sendmsg", "socket.sendto"})
    NAMES: Final = frozenset(
        {"socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname", "socket.getnameinfo"}
    )
    PROCESSES: Final = frozenset(
        {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
    )
    EVENTS: Final = ADDRESSES | NAMES | PROCESSES

    def __init__(self) -> None:
        self._on = self._loopback = self._processes = False
        self._found: list[str] = []

    def take(self) -> list[str]:
        """Return the failures since the last call: whatever caught them, the test did what it may not."""
        found, self._found = self._found, []
        return found

    @contextmanager
    def watch(self, *, loopback: bool, processes: bool) -> Iterator[None]:
        """Guard what is done in this context."""
        self._on, self._loopback, self._processes = True, loopback, processes
        try:
            yield
        finally:
            self._on = False

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Let an audit event pass, or fail the test."""
        if event not in self.EVENTS or not self._on:
            return
        if event in self.PROCESSES:
            if not self._processes:
                self._fail(
                    f"A unit test started a process: {event}{arguments[:1]}. Call the code itself, or "
                    "list the module in PROCESS_TESTS of tests/unit/conftest.py, with the reason."
                )
            return
        if event in self.NAMES:
            host = arguments[0][0] if event == "socket.getnameinfo" else arguments[0]
        elif arguments[0].family == socket.AF_UNIX or arguments[1] is None:
            # On this machine; or through a socket that was connected, which was an event of its own.
            return
        else:
            host = arguments[1][0]
        if not (self._loopback and host == LOOPBACK):
            self._fail(
                f"A unit test used the network: {event} of {host!r}. Use a fake, or, for a server that the "
                f"test starts on {LOOPBACK}, LOOPBACK_TESTS of tests/unit/conftest.py."
            )

    def _fail(self, message: str) -> NoReturn:
        self._found.append(message)
        pytest.fail(message)


GUARD: Final = Guard()
sys.addaudithook(GUARD.audit)

_spawn: Final = multiprocessing.util.spawnv_passfds


def _spawn_with_event(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
    """Start a process of `multiprocessing` (spawn, forkserver), which raises no audit event by itself."""
    sys.audit("os.spawn", path)
    return _spawn(path, args, passfds)


multiprocessing.util.spawnv_passfds = _spawn_with_event
