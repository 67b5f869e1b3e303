"""Settings of all tests."""

from hypothesis import HealthCheck, settings

# Time is measured in benchmarks/; on a busy machine a deadline here would fail a test that is right.
settings.register_profile("relay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("relay")
