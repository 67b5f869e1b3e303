"""Server keys and allowed origins: closed unless opened."""

import contextlib
import json

import pytest

from relay.auth.api_keys import Sender, authenticate, is_server_key
from relay.aws.secrets import MIN_READ_INTERVAL_SECONDS, Secret, SecretError
from relay.request_error import RequestError
from tests.support.rows import every_row

NEW, OLD = "new-server-key-1", "old-server-key-1"
ORIGINS = ("https://shop.example",)


class Store:
    """A secret store whose text can be changed, that counts how often it is read, and a clock."""

    def __init__(self, **entries: object) -> None:
        self.text, self.reads, self.now = json.dumps(entries), 0, 0.0
        self.secret = Secret(self._fetch, lambda: self.now)

    def _fetch(self) -> str:
        self.reads += 1
        return self.text


def store() -> Store:
    return Store(server_key=NEW, server_keys=[OLD])


def reject(header: str | None, origin: str | None, held: Store, origins: tuple[str, ...] = ORIGINS) -> str:
    with pytest.raises(RequestError) as rejected:
        authenticate(header, origin, held.secret, origins)
    assert (rejected.value.status, rejected.value.code) == (401, "unauthenticated")
    assert rejected.value.headers == {"www-authenticate": "Bearer"}
    return rejected.value.detail


@pytest.mark.parametrize("header", [f"Bearer {NEW}", f"bearer {OLD}", f"Bearer  {NEW} "])
def test_any_key_in_force_authenticates_a_server(header: str) -> None:
    assert authenticate(header, None, store().secret, ORIGINS) == "server"


@every_row(
    "header",
    [
        "Bearer wrong-wrong-wrong",
        "Bearer",
        "Bearer ",
        NEW,
        f"Basic {NEW}",
        "",
        "Bearer schlüssel-schlüssel",
        "Bearer " + "\ud800" * 16,
        f"Bearer {NEW}x",
        f"Bearer {NEW[:-1]}",
    ],
)
def test_wrong_key_is_rejected_even_from_an_allowed_page(header: str) -> None:
    reject(header, "https://shop.example", store())


@every_row(
    "key", ["", " ", " " * 20, "short", "s" * 15, None, 5, {"a": "b"}, [], [""], [" " * 16], ["a\nb" * 8]]
)
def test_key_that_is_not_in_force_lets_nobody_in(key: object) -> None:
    held = Store(server_key=key)
    for offered in ("", "short", " " * 20, "s" * 15, "None", "a\nb" * 8):
        assert authenticate_quietly(f"Bearer {offered}", held) is None


def authenticate_quietly(header: str, held: Store) -> Sender | None:
    try:
        return authenticate(header, None, held.secret, ORIGINS)
    except (RequestError, SecretError):
        return None


@every_row("character", sorted(set("server-key-as-plain-text")))
def test_letter_of_a_key_that_was_written_as_text_is_no_key(character: str) -> None:
    held = Store(server_key=NEW, server_keys=list("server-key-as-plain-text"))
    reject(f"Bearer {character}", None, held)


def test_key_in_a_text_where_a_list_is_documented_is_in_force_as_a_whole() -> None:
    held = Store(server_keys=OLD)
    assert authenticate(f"Bearer {OLD}", None, held.secret, ORIGINS) == "server"
    reject("Bearer o", None, held)


@pytest.mark.parametrize(
    "held", [{"shopify": "a-secret-of-shopify"}, {"server_key": "too-short"}, {"server_keys": ["too-short"]}]
)
def test_secret_without_a_server_key_is_said_and_not_taken_for_a_wrong_key(held: dict[str, object]) -> None:
    with pytest.raises(SecretError) as raised:
        is_server_key(NEW, Store(**held).secret)
    assert raised.value.reason == "server_key_missing"


def test_page_of_an_allowed_origin_is_a_browser() -> None:
    assert authenticate(None, "https://shop.example", store().secret, ORIGINS) == "browser"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "http://shop.example",
        "https://shop.example.evil",
        "https://shop.example:8443",
        "https://shop.example/",
        "\ud800",
    ],
)
def test_any_other_page_is_rejected(origin: str | None) -> None:
    reject(None, origin, store())


def test_without_an_allow_list_no_browser_gets_in() -> None:
    reject(None, "https://shop.example", store(), ())


def test_rejection_names_no_key() -> None:
    detail = reject("Bearer guess-guess-guess", None, store())
    assert "guess" not in detail
    assert not any(key in detail for key in (NEW, OLD))


# ── what a rejected request costs ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "origin"),
    [
        (None, None),
        (None, "https://evil.example"),
        (None, "https://shop.example"),
        ("Bearer short", None),
        ("Basic " + "x" * 40, None),
    ],
)
def test_request_without_a_possible_key_reads_no_secret(header: str | None, origin: str | None) -> None:
    held = store()
    with contextlib.suppress(RequestError):
        authenticate(header, origin, held.secret, ORIGINS)
    assert held.reads == 0


def test_guessed_keys_read_the_secret_twice_in_the_first_minute_not_for_every_guess() -> None:
    held = store()
    for second in range(60):
        held.now = float(second)
        reject("Bearer guess-guess-guess", None, held)
    assert held.reads == 2


def test_key_that_is_newer_than_the_cached_secret_is_accepted() -> None:
    held = store()
    assert is_server_key(NEW, held.secret)
    held.text = json.dumps({"server_key": "rotated-server-key"})
    held.now = MIN_READ_INTERVAL_SECONDS
    assert is_server_key("rotated-server-key", held.secret)
    assert not is_server_key(NEW, held.secret)
