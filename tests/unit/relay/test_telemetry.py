"""Telemetry: what stands in a log line instead of an id."""

import hashlib

import pytest

from relay.telemetry import id_digest


@pytest.mark.parametrize("identifier", ["order-1", "Bestellung-ä", ""])
def test_id_digest_is_the_first_16_hex_digits_of_its_sha256(identifier: str) -> None:
    assert id_digest(identifier) == hashlib.sha256(identifier.encode()).hexdigest()[:16]


def test_id_with_half_a_surrogate_pair_has_a_digest_too() -> None:
    assert len(id_digest("\ud800")) == 16
