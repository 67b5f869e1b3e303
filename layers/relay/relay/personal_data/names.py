"""Names of properties and parameters that say what their value is."""

import re
from typing import Final

_CREDENTIAL_SUFFIXES: Final[tuple[str, ...]] = (
    "token", "password", "passwd", "passphrase", "passcode", "secret", "apikey", "accesskey", "secretkey",
    "privatekey", "sessionid", "sessionkey", "authcode", "authkey", "credential", "credentials", "sessid",
    "samlresponse", "samlrequest", "verifier",
)  # fmt: skip

_CREDENTIAL_NAMES: Final[frozenset[str]] = frozenset({"pwd", "jwt", "otp", "bearer", "csrf", "xsrf"})

_URL_CREDENTIAL_NAMES: Final[frozenset[str]] = frozenset(
    {
        "key", "sig", "session", "sid", "auth", "pass", "pw", "ticket", "hmac", "orderkey", "assertion",
        "sessionstate",
    }
)  # fmt: skip
"""Names that mean a credential in a URL, and anything elsewhere; `key` is WooCommerce's key of an order."""

_URL_CREDENTIAL_SUFFIXES: Final[tuple[str, ...]] = ("signature", "authorization")

_AUTHORISATION_CODE: Final[str] = "code"
"""Of OAuth 2.0 (RFC 6749), beside `state`; elsewhere a discount code."""

_CONTACT_WORDS: Final[frozenset[str]] = frozenset(
    {
        "email", "mail", "phone", "tel", "telephone", "telefon", "telefono", "mobile", "msisdn", "cell",
        "cellphone", "phonenumber", "whatsapp", "fax", "sms",
    }
)  # fmt: skip
_CONTACT_QUALIFIERS: Final[frozenset[str]] = frozenset(
    {"number", "num", "no", "nr", "addr", "address", "home", "work", "office", "private"}
)
"""Words that may follow: `phone_number` is a contact, `phone_model` is not."""

_WORDS: Final[re.Pattern[str]] = re.compile(r"[A-Z]?[a-z]++|[A-Z]++")
"""Words of a name in any of the usual spellings: snake case, camel case, brackets."""

_ID_WORDS: Final[frozenset[str]] = frozenset({"id", "ids", "vin", "callback", "sku", "gtin", "ean", "mpn"})
"""Last word of the name of an id. Ids may look like a number that is written in groups without being one."""


def is_credential_name(name: str, *, in_url: bool = False) -> bool:
    """Whether a property or, with `in_url`, a parameter of a URL is named like a credential.

    >>> is_credential_name("accessToken"), is_credential_name("key"), is_credential_name("key", in_url=True)
    (True, False, True)
    """
    plain = "".join(filter(str.isalnum, name)).lower()
    if plain.endswith(_CREDENTIAL_SUFFIXES) or plain in _CREDENTIAL_NAMES:
        return True
    return in_url and (plain in _URL_CREDENTIAL_NAMES or plain.endswith(_URL_CREDENTIAL_SUFFIXES))


def is_credential_parameter(name: str, *, beside_state: bool) -> bool:
    """Whether a parameter of a URL is named like a credential."""
    if name == _AUTHORISATION_CODE:
        return beside_state
    return is_credential_name(name, in_url=True)


def is_contact_name(name: str) -> bool:
    """Whether a field or parameter is named like an e-mail address or phone number.

    >>> is_contact_name("billingPhone"), is_contact_name("customer[tel]"), is_contact_name("phone_model")
    (True, True, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    while len(words) > 1 and words[-1] in _CONTACT_QUALIFIERS:
        words.pop()
    return bool(words) and (words[-1] in _CONTACT_WORDS or words[-1].endswith("phone"))


def is_id_name(name: str) -> bool:
    """Whether a property is named like an id."""
    words = _WORDS.findall(name)
    return bool(words) and words[-1].lower() in _ID_WORDS
