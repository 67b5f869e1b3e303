"""Providers of webhooks: all that a row of the registry needs is there."""

import re
from pathlib import Path
from typing import get_args

import pytest

from ingest.routes import ROUTES
from local import samples
from local.stack import deployment
from relay import telemetry
from relay.auth.signatures import SignatureError
from relay.webhooks import registry
from relay.webhooks.provider import ProviderEvents, Scheme
from relay_senders import signing
from tests.support.webhooks import parse
from tools import openapi

NOW = 1_795_000_000.0
SAMPLES = samples.load(NOW)
SECRETS = deployment.made_up_webhook_secrets()

every_provider = pytest.mark.parametrize("name", registry.PROVIDERS)


@pytest.fixture(scope="module")
def described_paths() -> set[str]:
    return set(openapi.describe()["paths"])


@every_provider
def test_provider_has_a_route_of_its_own(name: str, described_paths: set[str]) -> None:
    assert ROUTES[registry.ROUTE_PREFIX + name].keys() == {"POST"}
    assert registry.ROUTE_PREFIX + name in described_paths


@every_provider
def test_name_of_a_provider_is_one_of_a_module_a_route_and_a_secret(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name)


def test_every_module_with_a_provider_is_in_the_registry() -> None:
    folder = Path(registry.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\nPROVIDER: Final" in path.read_text()}
    assert modules == set(registry.PROVIDERS)


@every_provider
def test_provider_has_a_sample_that_becomes_an_event(name: str) -> None:
    accepted = [sample for sample in SAMPLES if sample.sender == name and sample.ignored is None]
    assert accepted
    for sample in accepted:
        assert isinstance(parse(name, sample.body, sample.topic), ProviderEvents)


@every_provider
def test_every_topic_of_a_provider_is_in_its_header(name: str) -> None:
    provider = registry.load_provider(name)
    assert bool(provider.topics) == bool(provider.topic_header)
    for sample in SAMPLES:
        if sample.sender == name and provider.topics:
            assert sample.topic in provider.topics, sample.name


@every_provider
def test_what_relay_sign_signs_with_a_local_secret_is_valid_and_anything_else_is_not(name: str) -> None:
    signature = registry.load_provider(name).signature
    sample = next(sample for sample in SAMPLES if sample.sender == name)
    secret = SECRETS[name]
    headers = signing.headers(name, sample.body, secret, topic=sample.topic, now=NOW)
    assert signature.verify(headers, sample.body, ["another-secret-0123", secret], NOW) == 1
    for body, secrets in ((sample.body + b" ", [secret]), (sample.body, ["another-secret-0123"])):
        with pytest.raises(SignatureError):
            signature.verify(headers, body, secrets, NOW)


@every_provider
def test_local_secret_is_long_enough_and_has_the_providers_prefix(name: str) -> None:
    prefix = registry.load_provider(name).signature.secret_prefix
    assert SECRETS[name].startswith(prefix)
    assert len(SECRETS[name]) - len(prefix) >= 16


def test_every_scheme_can_be_signed() -> None:
    assert set(signing._SIGNERS) == set(get_args(Scheme))  # noqa: SLF001 - the whole table


def test_signatures_of_every_provider_are_measured() -> None:
    assert telemetry.METRICS["WebhookSignatureValid"].values == tuple(registry.PROVIDERS)
