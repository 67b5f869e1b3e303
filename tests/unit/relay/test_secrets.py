"""Secrets: kept for minutes, read again when refused, never told."""

import pytest

from relay.auth.api_keys import server_keys
from relay.auth.signatures import webhook_secrets
from relay.aws.secrets import FRESH_SECONDS, KEPT_SECONDS, Secret, SecretError
from relay.tiktok.access_tokens import AccessTokens, access_token


class Store:
    """A secret store that counts how often it is read, and a clock that stands still until it is moved."""

    def __init__(self, text: str) -> None:
        self.text, self.reads, self.now = text, 0, 0.0

    def fetch(self) -> str:
        self.reads += 1
        return self.text

    def secret(self) -> Secret:
        return Secret(self.fetch, lambda: self.now)


def test_secret_is_read_once_in_its_time() -> None:
    store = Store('{"a": "1"}')
    secret = store.secret()
    for _ in range(3):
        assert secret.read() == {"a": "1"}
    store.now = KEPT_SECONDS
    secret.read()
    assert store.reads == 2


def test_secret_is_read_again_when_asked() -> None:
    store = Store('{"a": "1"}')
    secret = store.secret()
    secret.read()
    store.text = '{"a": "2"}'
    assert secret.read(again=True) == {"a": "2"}
    assert secret.read() == {"a": "2"}


def test_guessing_does_not_make_us_read_the_secret_for_every_guess() -> None:
    store = Store("{}")
    secret = store.secret()
    assert secret.may_be_stale()
    secret.read()
    assert not secret.may_be_stale()
    store.now = 11
    assert secret.may_be_stale()


@pytest.mark.parametrize("text", ["canary-42", '["canary-42"]', '"canary-42"'])
def test_secret_that_holds_no_object_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(SecretError) as refusal:
        Store(text).secret().read()
    assert "canary" not in repr(refusal.value)
    assert refusal.value.__cause__ is None


def test_old_and_new_server_keys_overlap() -> None:
    assert server_keys({"server_key": "a", "server_keys": ["b", "", 1]}) == ("a", "b")


@pytest.mark.parametrize("held", [{}, {"server_key": ""}, {"server_keys": "b"}])
def test_secret_without_a_server_key_opens_nothing(held: dict[str, object]) -> None:
    with pytest.raises(SecretError):
        server_keys(held)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({"stripe": "one"}, ("one",)),
        ({"stripe": ["new", "old"]}, ("new", "old")),
        # What can't be a secret opens nothing, and keeps its number.
        ({"stripe": ["", None, 5, "old"]}, ("", "", "", "old")),
        ({"stripe": []}, ()),
        ({"stripe": ""}, ()),
        ({"stripe": None}, ()),
        ({"shopify": "another's"}, ()),
    ],
)
def test_webhook_secrets_are_the_senders_own_and_numbered(
    held: dict[str, object], wanted: tuple[str, ...]
) -> None:
    assert webhook_secrets(held, "stripe") == wanted


def test_access_token_is_the_pixels_own() -> None:
    assert access_token({"P1": "t1", "P2": ""}, "P1") == "t1"
    assert access_token({"P1": "t1", "P2": ""}, "P2") is None
    assert access_token({"P1": "t1"}, "P3") is None


def test_pasted_white_space_is_no_part_of_a_token() -> None:
    assert access_token({"P1": " t1\n"}, "P1") == "t1"


@pytest.mark.parametrize("token", ["", "  ", "tök", "a\nb", "a\x00b", 5, None, ["t"]])
def test_what_cannot_be_in_a_header_is_no_token(token: object) -> None:
    assert access_token({"P1": token}, "P1") is None


def test_destination_is_known_by_the_template_or_by_the_secret() -> None:
    tokens = AccessTokens(Store('{"P1": "t1", "P2": ""}').secret(), {"P0"})
    assert [tokens.knows(each) for each in ("P0", "P1", "P2", "P3")] == [True, True, True, False]


def test_unknown_destination_is_looked_for_anew_but_not_every_time() -> None:
    store = Store("{}")
    tokens = AccessTokens(store.secret(), ())
    assert not tokens.knows("P1")
    store.text = '{"P1": "t1"}'
    assert not tokens.knows("P1")
    store.now = FRESH_SECONDS
    assert tokens.knows("P1")
    assert store.reads == 2


def test_token_is_read_anew_when_it_was_refused() -> None:
    store = Store('{"P1": "old"}')
    tokens = AccessTokens(store.secret(), ())
    assert tokens.get("P1") == "old"
    store.text = '{"P1": "new"}'
    assert tokens.get("P1") == "old"
    assert tokens.get("P1", refresh=True) == "new"
    assert tokens.get("P1") == "new"


class Failing(Store):
    """A secret store that can be switched off."""

    down = False

    def fetch(self) -> str:
        text = super().fetch()
        if self.down:
            raise SecretError("the secret can't be read")
        return text


def test_old_copy_stays_in_force_while_the_store_is_down() -> None:
    store = Failing('{"a": "1"}')
    secret = store.secret()
    secret.read()
    store.down, store.now = True, KEPT_SECONDS
    for _ in range(3):
        assert secret.read() == {"a": "1"}
    assert store.reads == 2
    store.down, store.text, store.now = False, '{"a": "2"}', KEPT_SECONDS + FRESH_SECONDS
    assert secret.read() == {"a": "2"}


def test_store_that_is_down_from_the_start_is_said() -> None:
    store = Failing("{}")
    store.down = True
    with pytest.raises(SecretError):
        store.secret().read()


def test_reading_again_on_purpose_says_that_the_store_is_down() -> None:
    store = Failing("{}")
    secret = store.secret()
    secret.read()
    store.down = True
    with pytest.raises(SecretError):
        secret.read(again=True)
