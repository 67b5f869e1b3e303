"""Senders: closed unless opened."""

import pytest

from relay.auth.api_keys import Sender, SenderError, prove

KEYS = ("new-key", "old-key")
ORIGINS = ("https://shop.example",)


@pytest.mark.parametrize("header", ["Bearer new-key", "bearer old-key", "Bearer  new-key "])
def test_server_proves_itself_by_any_key_in_force(header: str) -> None:
    assert prove(header, None, KEYS, ORIGINS) == Sender("server")


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Bearer ", "new-key", "Basic new-key", "", "Bearer schlüssel"]
)
def test_wrong_key_is_refused_even_from_an_allowed_page(header: str) -> None:
    with pytest.raises(SenderError):
        prove(header, "https://shop.example", KEYS, ORIGINS)


@pytest.mark.parametrize("keys", [(), ("",)])
def test_no_key_in_force_lets_nobody_in(keys: tuple[str, ...]) -> None:
    with pytest.raises(SenderError):
        prove("Bearer ", None, keys, ORIGINS)


def test_page_of_an_allowed_origin_is_a_browser() -> None:
    assert prove(None, "https://Shop.example", KEYS, ORIGINS) == Sender("browser")


@pytest.mark.parametrize(
    "origin",
    [None, "null", "", "http://shop.example", "https://shop.example.evil", "https://shop.example:8443"],
)
def test_any_other_page_is_refused(origin: str | None) -> None:
    with pytest.raises(SenderError):
        prove(None, origin, KEYS, ORIGINS)


def test_without_an_allow_list_no_browser_gets_in() -> None:
    with pytest.raises(SenderError):
        prove(None, "https://shop.example", KEYS, ())


def test_refusal_names_no_key() -> None:
    with pytest.raises(SenderError) as refusal:
        prove("Bearer guess-123", None, KEYS, ORIGINS)
    assert "guess-123" not in str(refusal.value)
    assert not any(key in str(refusal.value) for key in KEYS)
