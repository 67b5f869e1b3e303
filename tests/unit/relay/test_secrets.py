"""Secrets: validated when read, cached, read again within limits, and never quoted."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from relay import telemetry
from relay.auth.signatures import webhook_secrets
from relay.aws.secrets import (
    CACHE_TTL_SECONDS,
    MIN_READ_INTERVAL_SECONDS,
    Secret,
    SecretError,
    fetch,
    parse_entries,
)
from relay.tiktok.access_tokens import AccessTokens, access_token
from tests.support.rows import every_row

ONE, TWO = "the-first-secret", "the-second-secret"


class Store:
    """A secret store that counts how often it is read and can be down, and a clock that stands still until it
    is moved."""

    def __init__(self, text: str = "{}", *, down: bool = False) -> None:
        self.text, self.down, self.reads, self.now = text, down, 0, 0.0

    def fetch(self) -> str:
        self.reads += 1
        if self.down:
            raise SecretError("unavailable")
        return self.text

    def secret(self) -> Secret:
        return Secret(self.fetch, lambda: self.now)


def entry(value: object) -> str:
    return json.dumps({"a": value})


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """The log lines that a secret writes, by name and fields."""
    lines: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(telemetry, "error", lambda name, **fields: lines.append((name, fields)))
    return lines


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The metrics that a secret counts."""
    metrics: list[tuple[str, float]] = []
    monkeypatch.setattr(telemetry, "count", lambda name, number=1: metrics.append((name, number)))
    return metrics


# ── when it is read ────────────────────────────────────────────────────────────────────────────────────


def test_secret_is_read_once_in_its_time() -> None:
    store = Store(entry(ONE))
    secret = store.secret()
    for now in (0.0, 1.0, CACHE_TTL_SECONDS - 1):
        store.now = now
        assert secret.read() == {"a": (ONE,)}
    assert store.reads == 1
    store.now = CACHE_TTL_SECONDS
    secret.read()
    assert store.reads == 2


def test_rejected_credential_reads_it_again_but_not_more_than_once_in_half_a_minute() -> None:
    store = Store(entry(ONE))
    secret = store.secret()
    secret.read()
    store.text = entry(TWO)
    store.now = MIN_READ_INTERVAL_SECONDS - 1
    assert secret.read(again=True) == {"a": (ONE,)}
    store.now = MIN_READ_INTERVAL_SECONDS
    for _ in range(50):
        assert secret.read(again=True) == {"a": (TWO,)}
    assert secret.read() == {"a": (TWO,)}
    assert store.reads == 2


@pytest.mark.parametrize("text", ["no JSON", "[]", '"text"', "", "{", "[" * 100_000])
def test_broken_secret_is_read_once_in_half_a_minute_and_not_for_every_request(text: str) -> None:
    store = Store(text)
    secret = store.secret()
    for second in range(MIN_READ_INTERVAL_SECONDS):
        store.now = float(second)
        for again in (False, True):
            with pytest.raises(SecretError):
                secret.read(again=again)
    assert store.reads == 1
    store.now, store.text = MIN_READ_INTERVAL_SECONDS, entry(ONE)
    assert secret.read() == {"a": (ONE,)}


def test_cached_entries_stay_in_force_while_the_store_is_down() -> None:
    store = Store(entry(ONE))
    secret = store.secret()
    secret.read()
    store.down, store.now = True, CACHE_TTL_SECONDS
    for _ in range(3):
        assert secret.read() == {"a": (ONE,)}
    assert store.reads == 2
    store.down, store.text = False, entry(TWO)
    store.now += MIN_READ_INTERVAL_SECONDS
    assert secret.read() == {"a": (TWO,)}


@pytest.mark.parametrize("text", ["no JSON", "[]"])
def test_cached_entries_stay_in_force_after_an_edit_that_broke_the_secret(text: str) -> None:
    store = Store(entry(ONE))
    secret = store.secret()
    secret.read()
    store.text, store.now = text, CACHE_TTL_SECONDS
    assert secret.read() == {"a": (ONE,)}


def test_store_that_is_down_from_the_start_is_said() -> None:
    store = Store(down=True)
    with pytest.raises(SecretError) as raised:
        store.secret().read()
    assert raised.value.reason == "unavailable"


def test_credential_that_can_not_be_checked_again_is_said() -> None:
    store = Store(entry(ONE))
    secret = store.secret()
    secret.read()
    store.down, store.now = True, MIN_READ_INTERVAL_SECONDS
    for _ in range(3):
        with pytest.raises(SecretError):
            secret.read(again=True)
    assert store.reads == 2


def test_failed_read_is_logged_and_counted_with_its_reason(
    reported: list[tuple[str, dict[str, object]]], counted: list[tuple[str, float]]
) -> None:
    with pytest.raises(SecretError):
        Store("no JSON").secret().read()
    assert reported == [("secret_unreadable", {"reason": "not_json"})]
    assert counted == [("SecretFaults", 1)]


# ── what is in force ───────────────────────────────────────────────────────────────────────────────────


@every_row(
    ("held", "expected"),
    [
        (ONE, (ONE,)),
        ([ONE, TWO], (ONE, TWO)),
        (f" {ONE}\n", (ONE,)),
        # What is not in force keeps its number.
        (
            ["", None, 5, "short", ONE, "x" * 15, "x" * 16, [ONE], {"a": ONE}],
            ("",) * 4 + (ONE, "", "x" * 16, "", ""),
        ),
        (list(ONE), ("",) * len(ONE)),
        (" " * 40, ("",)),
        ("\u0000" * 16, ("",)),
        ("\ud800" * 16, ("",)),
        (f"{ONE}\n{TWO}", ("",)),
        ({"key": ONE}, ("",)),
        (1234567890123456, ("",)),
        (True, ("",)),
        ([], ()),
        ("", ()),
        (None, ()),
    ],
)
def test_texts_of_16_characters_are_in_force_and_nothing_else(
    held: object, expected: tuple[str, ...]
) -> None:
    assert parse_entries(entry(held)) == {"a": expected}


@pytest.mark.parametrize(
    ("held", "fault"),
    [
        ("short", "too_short"),
        (list(ONE)[:1], "too_short"),
        ("whsec_QQ===========", "too_short"),
        ("whsec_AAAAAAAAAA", "too_short"),
        ("whsec_" + "A" * 15 + "=" * 20, "too_short"),
        (5, "not_a_text"),
        ("\u0000" * 16, "not_printable"),
    ],
)
def test_entry_that_is_not_in_force_is_logged_by_its_name_and_counted(
    held: object,
    fault: str,
    reported: list[tuple[str, dict[str, object]]],
    counted: list[tuple[str, float]],
) -> None:
    parse_entries(entry(held))
    assert reported == [("secret_entry_invalid", {"entry": "a", "reason": fault})]
    assert counted == [("SecretFaults", 1)]


@pytest.mark.parametrize("held", [ONE, [ONE, TWO], [], "", None])
def test_entry_in_force_or_not_yet_filled_in_is_not_reported(
    held: object, reported: list[tuple[str, dict[str, object]]], counted: list[tuple[str, float]]
) -> None:
    parse_entries(entry(held))
    assert (reported, counted) == ([], [])


def test_report_never_quotes_a_value_nor_a_token_that_stands_where_a_name_belongs(
    reported: list[tuple[str, dict[str, object]]],
) -> None:
    token = "canary" * 7
    parse_entries(json.dumps({token: "D179S7RC77UA68", "shopify": ["canary-7", "canary\u0000" * 3]}))
    assert [fields["entry"] for _, fields in reported] == ["entry number 1", "shopify", "shopify"]
    assert "canary" not in repr(reported)


def test_report_is_bounded(
    reported: list[tuple[str, dict[str, object]]], counted: list[tuple[str, float]]
) -> None:
    parse_entries(entry(["x"] * 1000))
    assert len(reported) == 20
    assert counted == [("SecretFaults", 1000)]


@pytest.mark.parametrize("text", ["canary-42", '["canary-42"]', '"canary-42"'])
def test_secret_that_holds_no_object_is_rejected_without_quoting_it(text: str) -> None:
    with pytest.raises(SecretError) as rejected:
        Store(text).secret().read()
    assert "canary" not in repr(rejected.value)
    assert rejected.value.__cause__ is None


def test_webhook_secrets_are_the_senders_own() -> None:
    entries = parse_entries(json.dumps({"stripe": [ONE, "short", TWO], "shopify": "another-secret-1"}))
    assert webhook_secrets(entries, "stripe") == (ONE, "", TWO)
    assert webhook_secrets(entries, "standard") == ()


# ── what Secrets Manager says ──────────────────────────────────────────────────────────────────────────


class Client:
    """Secrets Manager's client, which returns or raises what it is given."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def get_secret_value(self, *, SecretId: str) -> Any:  # noqa: N803
        assert SecretId == "arn"
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "canary"}}, "GetSecretValue")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (client_error("ResourceNotFoundException"), "not_found"),
        (client_error("InvalidRequestException"), "not_found"),
        (client_error("AccessDeniedException"), "access_denied"),
        (client_error("DecryptionFailure"), "access_denied"),
        (client_error("InternalServiceError"), "unavailable"),
        (client_error("ThrottlingException"), "unavailable"),
        (ConnectTimeoutError(endpoint_url="https://canary.example"), "unavailable"),
        ({"SecretBinary": b"canary"}, "not_text"),
    ],
)
def test_failure_of_secrets_manager_becomes_a_reason(outcome: object, reason: str) -> None:
    with pytest.raises(SecretError) as raised:
        fetch(Client(outcome), "arn")
    assert str(raised.value) == raised.value.reason == reason


def test_text_of_a_secret_is_fetched() -> None:
    assert fetch(Client({"SecretString": "text"}), "arn") == "text"


# ── access tokens ──────────────────────────────────────────────────────────────────────────────────────


def test_access_token_is_the_pixels_own() -> None:
    entries = parse_entries(json.dumps({"P1": ONE, "P2": "", "P3": ["short", TWO]}))
    assert access_token(entries, "P1") == ONE
    assert access_token(entries, "P2") is None
    assert access_token(entries, "P3") == TWO
    assert access_token(entries, "P4") is None


@pytest.mark.parametrize("token", ["", "  ", "tök" * 8, "a\nb" * 8, "a\x00b" * 8, 5, None, ["t"]])
def test_what_cannot_be_in_a_header_is_no_token(token: object) -> None:
    assert access_token(parse_entries(json.dumps({"P1": token})), "P1") is None


def test_destination_is_known_by_the_template_or_by_the_secret() -> None:
    tokens = AccessTokens(Store(json.dumps({"P1": ONE, "P2": ""})).secret(), {"P0"})
    assert [tokens.knows(item) for item in ("P0", "P1", "P2", "P3")] == [True, True, True, False]


def test_unknown_destination_is_looked_up_again_but_not_every_time() -> None:
    store = Store("{}")
    tokens = AccessTokens(store.secret(), ())
    assert not tokens.knows("P1")
    store.text = json.dumps({"P1": ONE})
    assert not tokens.knows("P1")
    store.now = MIN_READ_INTERVAL_SECONDS
    assert tokens.knows("P1")
    assert store.reads == 2


def test_token_is_read_again_when_it_was_rejected() -> None:
    store = Store(json.dumps({"P1": ONE}))
    tokens = AccessTokens(store.secret(), ())
    assert tokens.get("P1") == ONE
    store.text, store.now = json.dumps({"P1": TWO}), MIN_READ_INTERVAL_SECONDS
    assert tokens.get("P1") == ONE
    assert tokens.get("P1", refresh=True) == TWO
    assert tokens.get("P1") == TWO
