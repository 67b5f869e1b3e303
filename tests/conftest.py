"""Settings of all tests."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Time is measured in benchmarks/; on a busy machine a deadline here would fail a test that is right.
settings.register_profile("relay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("relay"), max_examples=20)
"""Of `make test-unit`; the examples that a test lists by itself always run."""
settings.load_profile("relay")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Import the tests without the garbage collector, and keep what they imported out of its later runs.

    None of it is garbage, and looking through it again and again takes a tenth of the time of all unit tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
