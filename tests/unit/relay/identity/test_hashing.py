"""TikTok's own vectors, through the door that events go through."""

import json
from pathlib import Path

import pytest

from relay.identity.hashing import digest, is_digest
from tests.support.events import accepted, event

VECTORS: list[dict[str, str]] = json.loads(Path(__file__).with_name("hash_vectors.json").read_text())[
    "vectors"
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["field"])
def test_official_vector_comes_out(vector: dict[str, str]) -> None:
    sent = accepted(
        event(event_source="app", app_id="1") | {"email": None, vector["field"]: vector["original"]}
    )
    assert json.loads(sent.item)["user"] == {vector["field"]: vector["sha256"]}


def test_digest_is_over_utf_8() -> None:
    expected = "2752b88686847fa5c86f47b94ce652b7b3f22a91c37617d451a4db9afa431450"  # coreutils' sha256sum
    assert digest("zoë") == expected


@pytest.mark.parametrize("text", ["a" * 64, "A" * 64, "0123456789abcdefABCDEF".ljust(64, "0")])
def test_sixty_four_hex_characters_are_a_digest(text: str) -> None:
    assert is_digest(text)


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "g" * 64, "a" * 63 + "\n"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_digest(text)
