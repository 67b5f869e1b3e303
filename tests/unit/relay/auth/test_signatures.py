"""Signatures: what Stripe's and Standard Webhooks' own code signs is authenticated, and nothing else is.

The signer is never our own: Stripe's SDK, the standardwebhooks package, and a vector that Shopify publishes
in the tests of its JavaScript library (`lib/webhooks/__tests__/validate.test.ts`).
"""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import standardwebhooks
import stripe
from hypothesis import given
from hypothesis import strategies as st

from relay.auth import signatures
from relay.auth.signatures import TOLERANCE_SECONDS, SignatureError
from tests.support.rows import every_row

NOW = 1_795_000_000
BODY = '{"id": 1, "name": "Zoë", "url": "https:\\/\\/shop.example\\/?a=1\\u0026b=2"}'.encode()
SECRET = "a made-up secret"
OTHER = "another secret"
WHSEC = "whsec_" + base64.b64encode(b"a made-up key of some bytes").decode()

SHOPIFY_SECRET, SHOPIFY_BODY = "test_secret_key", b'{"foo": "bar"}'
SHOPIFY_SIGNATURE = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="


def stripe_header(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> str:
    made: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return made


def standard_headers(body: bytes = BODY, secret: str = WHSEC, at: int = NOW) -> dict[str, str]:
    signature = standardwebhooks.Webhook(secret).sign("msg_1", datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}


def rejected(verify: Callable[[], int]) -> str:
    with pytest.raises(SignatureError) as error:
        verify()
    assert error.value.__cause__ is None
    return error.value.code


# ── Shopify and WooCommerce ────────────────────────────────────────────────────────────────────────────


def test_shopifys_published_vector_is_authenticated() -> None:
    assert signatures.verify_body_digest(SHOPIFY_SIGNATURE, SHOPIFY_BODY, [SHOPIFY_SECRET]) == 0


def test_each_secret_in_force_is_tried_and_the_right_one_named() -> None:
    secrets = [OTHER, "", SHOPIFY_SECRET]
    assert signatures.verify_body_digest(SHOPIFY_SIGNATURE, SHOPIFY_BODY, secrets) == 2


@every_row(
    ("signature", "code"),
    [
        (None, "signature_missing"),
        (" ", "signature_missing"),
        ("é", "signature_malformed"),
        ("not base64!", "signature_malformed"),
        (SHOPIFY_SIGNATURE.rstrip("="), "signature_malformed"),
        # The last character's unused bits set: the same bytes, written in another way.
        (SHOPIFY_SIGNATURE.replace("g=", "h="), "signature_malformed"),
        ("", "signature_missing"),
        ("AAAA", "signature_wrong"),
        (SHOPIFY_SIGNATURE.lower(), "signature_wrong"),
        # Hex, as Shopify's OAuth has it.
        (base64.b64decode(SHOPIFY_SIGNATURE).hex(), "signature_wrong"),
    ],
)
def test_wrong_signature_is_rejected_with_the_reason_for_the_log(signature: str | None, code: str) -> None:
    assert rejected(lambda: signatures.verify_body_digest(signature, SHOPIFY_BODY, [SHOPIFY_SECRET])) == code


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_authenticated(secrets: list[str]) -> None:
    signed_with_nothing = base64.b64encode(hmac.digest(b"", SHOPIFY_BODY, "sha256")).decode()
    assert (
        rejected(lambda: signatures.verify_body_digest(signed_with_nothing, SHOPIFY_BODY, secrets))
        == "secret_missing"
    )


def test_empty_secret_beside_a_real_one_opens_nothing() -> None:
    signed_with_nothing = base64.b64encode(hmac.digest(b"", SHOPIFY_BODY, "sha256")).decode()
    secrets = ["", SHOPIFY_SECRET]
    assert (
        rejected(lambda: signatures.verify_body_digest(signed_with_nothing, SHOPIFY_BODY, secrets))
        == "signature_wrong"
    )


def test_empty_body_is_not_authenticated() -> None:
    signature = base64.b64encode(hmac.digest(SECRET.encode(), b"", "sha256")).decode()
    assert rejected(lambda: signatures.verify_body_digest(signature, b"", [SECRET])) == "signature_wrong"


# ── Stripe ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_stripes_sdk_signs_is_authenticated() -> None:
    assert signatures.verify_timestamped(stripe_header(), BODY, [OTHER, SECRET], NOW) == 1


def test_one_of_several_signatures_is_enough() -> None:
    rolled = f"{stripe_header(secret=OTHER)},{stripe_header().partition(',')[2]},v0=ab"
    assert signatures.verify_timestamped(rolled, BODY, [SECRET], NOW) == 0


def test_space_between_the_parts_does_no_harm() -> None:
    assert signatures.verify_timestamped(stripe_header().replace(",", ", "), BODY, [SECRET], NOW) == 0


def test_signature_behind_dozens_of_others_is_not_looked_for() -> None:
    """A header of thousands would cost a comparison each, before anything is known of its sender."""
    time, _, right = stripe_header().partition(",")
    header = ",".join([time, *[f"v1={'ab' * 32}"] * 40, right])
    assert rejected(lambda: signatures.verify_timestamped(header, BODY, [SECRET], NOW)) == "signature_wrong"
    headers = standard_headers()
    headers["webhook-signature"] = f"{'v1,AAAA ' * 40}{headers['webhook-signature']}"
    assert rejected(lambda: signatures.verify_standard(headers, BODY, [WHSEC], NOW)) == "signature_wrong"


@pytest.mark.parametrize("away", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_signed_time_within_the_tolerance_is_authenticated(away: int) -> None:
    assert signatures.verify_timestamped(stripe_header(at=NOW + away), BODY, [SECRET], NOW) == 0
    assert signatures.verify_standard(standard_headers(at=NOW + away), BODY, [WHSEC], NOW) == 0


@pytest.mark.parametrize(
    ("away", "code"),
    [
        (-TOLERANCE_SECONDS - 1, "signature_too_old"),
        (TOLERANCE_SECONDS + 1, "signature_too_new"),
        (86_400, "signature_too_new"),
    ],
)
def test_signed_time_outside_the_tolerance_is_rejected_both_ways(away: int, code: str) -> None:
    assert (
        rejected(lambda: signatures.verify_timestamped(stripe_header(at=NOW + away), BODY, [SECRET], NOW))
        == code
    )
    headers = standard_headers(at=NOW + away)
    assert rejected(lambda: signatures.verify_standard(headers, BODY, [WHSEC], NOW)) == code


@every_row(
    ("header", "code"),
    [
        (None, "signature_missing"),
        ("", "signature_missing"),
        ("t=1,v0=ab", "signature_malformed"),
        ("v1=ab", "signature_malformed"),
        (f"t={NOW},v1=zz", "signature_malformed"),
        (f"t={NOW},v1=é", "signature_malformed"),
        (f"t={NOW},v1={'ab' * 32}", "signature_wrong"),
        (f"t={NOW},v1=", "signature_wrong"),
        ("t,v1", "signature_wrong"),
        ("," * 10_000, "signature_malformed"),
        (stripe_header().replace("v1=", "v0="), "signature_malformed"),
        (stripe_header().upper().replace("T=", "t=").replace("V1=", "v1="), "signature_malformed"),
    ],
)
def test_what_is_no_stripe_signature_is_rejected(header: str | None, code: str) -> None:
    assert rejected(lambda: signatures.verify_timestamped(header, BODY, [SECRET], NOW)) == code


@pytest.mark.parametrize("at", ["", "x", "-1", "1e9", "١٢٣", " 1795000000", "9" * 40, "9" * 5000])
def test_time_that_is_no_number_is_rejected_though_it_is_signed(at: str) -> None:
    digest = hmac.digest(SECRET.encode(), at.encode() + b"." + BODY, "sha256").hex()
    header = f"t={at},v1={digest}"
    assert rejected(lambda: signatures.verify_timestamped(header, BODY, [SECRET], NOW)).startswith(
        "signature_"
    )


# ── Standard Webhooks ──────────────────────────────────────────────────────────────────────────────────


def test_the_specifications_vector_is_authenticated() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signatures.verify_standard(headers, b'{"test": 2432232314}', [secret], 1_614_265_330) == 0


@pytest.mark.parametrize("family", ["webhook", "svix"])
def test_what_the_standard_library_signs_is_authenticated_under_both_names(family: str) -> None:
    headers = {name.replace("webhook", family): value for name, value in standard_headers().items()}
    assert signatures.verify_standard(headers, BODY, ["whsec_!!", WHSEC], NOW) == 1


def test_where_both_families_of_headers_are_sent_the_standards_own_count() -> None:
    own, svix = standard_headers(), {"svix-id": "x", "svix-timestamp": str(NOW), "svix-signature": "v1,AAAA"}
    assert signatures.verify_standard(own | svix, BODY, [WHSEC], NOW) == 0
    swapped = {name.replace("webhook", "svix"): value for name, value in own.items()}
    swapped |= {name.replace("svix", "webhook"): value for name, value in svix.items()}
    assert rejected(lambda: signatures.verify_standard(swapped, BODY, [WHSEC], NOW)) == "signature_wrong"


def test_one_of_several_versions_is_enough() -> None:
    headers = standard_headers()
    headers["webhook-signature"] = f"v1a,AAAA nonsense v1,AAAA {headers['webhook-signature']}"
    assert signatures.verify_standard(headers, BODY, [WHSEC], NOW) == 0


def test_secret_without_its_padding_is_the_same_secret() -> None:
    assert signatures.verify_standard(standard_headers(), BODY, [WHSEC.rstrip("=")], NOW) == 0


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(missing: str) -> None:
    headers = {name: value for name, value in standard_headers().items() if name != missing}
    assert rejected(lambda: signatures.verify_standard(headers, BODY, [WHSEC], NOW)) == "signature_missing"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "é", "whsec_!!"])
def test_secret_that_is_no_key_matches_nothing(secret: str) -> None:
    assert (
        rejected(lambda: signatures.verify_standard(standard_headers(), BODY, [secret], NOW))
        == "signature_wrong"
    )


# ── Whatever is changed ────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=300))
def test_any_other_body_is_rejected(body: bytes) -> None:
    if body == BODY:
        return
    header, headers = stripe_header(), standard_headers()
    digest = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
    for verify in (
        lambda: signatures.verify_body_digest(digest, body, [SECRET]),
        lambda: signatures.verify_timestamped(header, body, [SECRET], NOW),
        lambda: signatures.verify_standard(headers, body, [WHSEC], NOW),
    ):
        assert rejected(verify) == "signature_wrong"


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_body_is_enough(place: int, bit: int) -> None:
    changed = BODY[:place] + bytes([BODY[place] ^ (1 << bit)]) + BODY[place + 1 :]
    assert (
        rejected(lambda: signatures.verify_timestamped(stripe_header(), changed, [SECRET], NOW))
        == "signature_wrong"
    )


@given(data=st.data())
def test_one_changed_character_of_a_signature_is_enough(data: st.DataObject) -> None:
    digest = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
    hexadecimal = stripe_header().partition("v1=")[2]
    standard = standard_headers()["webhook-signature"].removeprefix("v1,")

    def changed(text: str) -> str:
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters(exclude_characters=text[place]))
        return text[:place] + other + text[place + 1 :]

    for verify in (
        lambda: signatures.verify_body_digest(changed(digest), BODY, [SECRET]),
        lambda: signatures.verify_timestamped(f"t={NOW},v1={changed(hexadecimal)}", BODY, [SECRET], NOW),
        lambda: signatures.verify_standard(
            standard_headers() | {"webhook-signature": f"v1,{changed(standard)}"}, BODY, [WHSEC], NOW
        ),
    ):
        assert rejected(verify) in ("signature_wrong", "signature_malformed")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_header_raises_anything_else(one: str, two: str, three: str) -> None:
    headers = {"webhook-id": one, "webhook-timestamp": two, "webhook-signature": three}
    for verify in (
        lambda: signatures.verify_body_digest(one, BODY, [SECRET, two]),
        lambda: signatures.verify_timestamped(one, BODY, [SECRET, two], NOW),
        lambda: signatures.verify_timestamped(f"t={one},v1={two}", BODY, [SECRET], NOW),
        lambda: signatures.verify_standard(headers, BODY, [WHSEC, two], NOW),
    ):
        rejected(verify)
