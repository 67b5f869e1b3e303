"""Verification of webhook signatures, over the raw bytes and before any parsing.

Each function returns the index of the secret that matched, so that the log shows when an old one may go, and
raises SignatureError otherwise. Digests are compared in constant time, with every secret; headers are decoded
before they are compared, so that no header can raise anything else.

SignatureError is no RequestError: its code is for log and alarm; the sender gets the same 401 for each.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

TOLERANCE_SECONDS: Final[int] = 300
"""How far a signed time may lie back or ahead. Stripe's and Standard Webhooks' own five minutes; both sign
each retry again, so no retry is late."""

_MAX_SIGNATURES: Final[int] = 16
"""More than any sender has secrets in force; a header of thousands would only cost time."""

Reason = Literal[
    "secret_missing",
    "signature_missing",
    "signature_malformed",
    "signature_wrong",
    "signature_too_old",
    "signature_too_new",
]


class SignatureError(Exception):
    """A signature that is missing or not valid. `code` says why."""

    def __init__(self, code: Reason) -> None:
        super().__init__(code)
        self.code: Reason = code


def verify_body_digest(given: str | None, body: bytes, secrets: Sequence[str]) -> int:
    """Verify Shopify's and WooCommerce's signature: base64 of the body's HMAC-SHA256.

    The key is the secret's own characters.
    Sources: shopify.dev, "Verify webhook deliveries"; WooCommerce REST API documentation, "Webhooks".
    """
    signature = _base64(_present(given))
    keys = [_key(secret) for secret in _usable(secrets)]
    return _match([signature], body, body, keys)


def verify_timestamped(given: str | None, body: bytes, secrets: Sequence[str], now: float) -> int:
    """Verify Stripe's signature: `t=<Unix seconds>,v1=<hex>`, with several `v1` while a secret is rolled.

    `now` is in Unix seconds. Source: docs.stripe.com/webhooks, "Verify manually".
    """
    pairs = [word.strip().partition("=") for word in _present(given).split(",", _MAX_SIGNATURES)]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [_hex(value) for name, _, value in pairs if name == "v1"]
    if not times or not signatures:
        raise SignatureError("signature_malformed")
    keys = [_key(secret) for secret in _usable(secrets)]
    found = _match(signatures, body, times[0].encode("utf-8", "replace") + b"." + body, keys)
    _recent(times[0], now)
    return found


def verify_standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> int:
    """Verify a signature of Standard Webhooks.

    Its headers are `webhook-id`, `webhook-timestamp` and `webhook-signature`, or Svix's `svix-` names. A
    secret is `whsec_` and its key in base64. `now` is in Unix seconds. Source: standardwebhooks.com,
    specification 1.0.0.
    """
    identity, at, given = (
        _present(get_standard_header(headers, part)) for part in ("id", "timestamp", "signature")
    )
    versions = [word.partition(",") for word in given.split(" ", _MAX_SIGNATURES)]
    signatures = [_base64(value) for version, _, value in versions if version == "v1"]
    if not signatures:
        raise SignatureError("signature_malformed")
    keys = []
    for secret in _usable(secrets):
        try:
            encoded = secret.removeprefix("whsec_").rstrip("=")
            # Some senders omit the padding.
            keys.append(base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
        except ValueError:
            # No key: it matches nothing, and keeps its number.
            keys.append(b"")
    signed = f"{identity}.{at}.".encode("utf-8", "replace") + body
    found = _match(signatures, body, signed, keys)
    _recent(at, now)
    return found


def get_standard_header(
    headers: Mapping[str, str], part: Literal["id", "timestamp", "signature"]
) -> str | None:
    """Return a header of the family that `verify_standard` verifies; nothing signs those of the other."""
    signature = find_signature_header(headers, ("webhook-signature", "svix-signature")) or "webhook-signature"
    return headers.get(signature.replace("signature", part))


def find_signature_header(headers: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Return the first of `names` that a request has. A blank header is none."""
    return next((name for name in names if headers.get(name, "").strip()), None)


def _usable(secrets: Sequence[str]) -> Sequence[str]:
    if not any(secrets):
        raise SignatureError("secret_missing")
    return secrets


def _key(secret: str) -> bytes:
    return secret.encode("utf-8", "replace")


def _present(given: str | None) -> str:
    if given is None or not given.strip():
        raise SignatureError("signature_missing")
    return given.strip()


def _match(signatures: Sequence[bytes | None], body: bytes, signed: bytes, keys: Sequence[bytes]) -> int:
    if not body:
        raise SignatureError("signature_wrong")
    right = [signature for signature in signatures if signature is not None]
    if not right:
        raise SignatureError("signature_malformed")
    # With an empty key anyone could sign.
    expected = [(number, hmac.digest(key, signed, "sha256")) for number, key in enumerate(keys) if key]
    matched = [
        number for number, digest in expected for signature in right if hmac.compare_digest(signature, digest)
    ]
    if not matched:
        raise SignatureError("signature_wrong")
    return matched[0]


_SECONDS: Final[re.Pattern[str]] = re.compile(r"[0-9]{1,12}")


def _recent(at: str, now: float) -> None:
    if not _SECONDS.fullmatch(at):
        raise SignatureError("signature_malformed")
    age = now - int(at)
    if age > TOLERANCE_SECONDS:
        raise SignatureError("signature_too_old")
    if age < -TOLERANCE_SECONDS:
        raise SignatureError("signature_too_new")


def _base64(text: str) -> bytes | None:
    """The bytes of canonical base64, whose last character may have no bits set beyond them; else None."""
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return value if base64.b64encode(value).decode() == text else None


def _hex(text: str) -> bytes | None:
    """The bytes of lower-case hex, as Stripe writes it; else None."""
    try:
        value = binascii.unhexlify(text)
    except ValueError:
        return None
    return value if value.hex() == text else None


def webhook_secrets(entries: Mapping[str, tuple[str, ...]], sender: str) -> tuple[str, ...]:
    """The signing secrets of one sender, in the order in which the owner wrote them: several where old and
    new overlap. One that is not in force is empty. No secrets where the owner has none."""
    return entries.get(sender, ())
