"""Detection: where e-mail addresses, phone numbers and credentials stand in a text, and the text without
them; and what a field's name says of its value."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from relay.calling_codes import LOCAL, MIN_PHONE_DIGITS, NATIONAL_LENGTHS, split_calling_code
from relay.characters import remove_invisible
from relay.lazy_patterns import lazy_pattern

Kind = Literal[
    "an e-mail address", "a phone number", "a credential", "a user name", "text that can't be searched"
]

EMAIL: Final = "an e-mail address"
PHONE: Final = "a phone number"
CREDENTIAL: Final = "a credential"
USER_NAME: Final = "a user name"
UNSEARCHABLE: Final = "text that can't be searched"


class Redaction(NamedTuple):
    """A text without what does not belong there, and what that was; None if there was nothing."""

    text: str
    found: Kind | None


class Redacted(NamedTuple):
    """A place in an item that was redacted: the steps that lead there (keys and indexes), and what was
    found."""

    path: tuple[str | int, ...]
    found: Kind


# ── names of properties and parameters that say what their value is ─────────────────────────────────────────

_CREDENTIAL_SUFFIXES: Final[tuple[str, ...]] = (
    "token", "password", "passwd", "passphrase", "passcode", "secret", "apikey", "accesskey", "secretkey",
    "privatekey", "sessionid", "sessionkey", "authcode", "authkey", "credential", "credentials", "sessid",
    "samlresponse", "samlrequest", "verifier", "passwort", "kennwort", "contraseña", "contrasena",
    "motdepasse", "senha", "пароль", "密码", "密碼", "パスワード",
)  # fmt: skip

_CREDENTIAL_NAMES: Final[frozenset[str]] = frozenset({"pwd", "jwt", "otp", "bearer", "csrf", "xsrf"})

_URL_CREDENTIAL_NAMES: Final[frozenset[str]] = frozenset(
    {
        "key", "sig", "session", "sid", "auth", "pass", "pw", "ticket", "hmac", "orderkey", "assertion",
        "sessionstate",
    }
)  # fmt: skip
"""Names that mean a credential in a URL, and anything elsewhere; `key` is WooCommerce's key of an order."""

_URL_CREDENTIAL_SUFFIXES: Final[tuple[str, ...]] = (
    "signature", "authorization", "tokenhint", "tokenid", "tokenvalue",
)  # fmt: skip

_INDEX: Final[re.Pattern[str]] = re.compile(r"\[\d{0,4}\]")
"""Of a list in a query: `key[0]`."""

_AUTHORISATION_CODE: Final[str] = "code"
"""Of OAuth 2.0 (RFC 6749), beside `state`; elsewhere a discount code."""

_CONTACT_WORDS: Final[frozenset[str]] = frozenset(
    {
        "email", "mail", "phone", "tel", "telephone", "telefon", "telefono", "mobile", "msisdn", "cell",
        "cellphone", "phonenumber", "whatsapp", "fax", "sms", "emails", "phones", "telephones", "mobiles",
        "cellphones", "celular", "celulares", "móvil", "movil", "teléfono", "téléphone", "telefone",
        "telefoon", "telefonnummer", "rufnummer", "mobilnummer", "handynummer", "телефон", "телефоны", "тел",
        "电话", "電話", "手机", "手機", "전화",
    }
)  # fmt: skip
_CONTACT_QUALIFIERS: Final[frozenset[str]] = frozenset(
    {
        "number",
        "numbers",
        "num",
        "no",
        "nr",
        "addr",
        "address",
        "home",
        "work",
        "office",
        "private",
        "raw",
        "e",
        "primary",
        "secondary",
        "main",
        "national",
        "international",
        "formatted",
        "full",
        "local",
    }
)
"""Words that may follow: `phone_number` is a contact, `phone_e164`, too, `phone_model` is not."""

_WORDS: Final[re.Pattern[str]] = re.compile(r"[A-Z]?[a-z]++|[A-Z]++")
"""Words of a name in any of the usual spellings: snake case, camel case, brackets."""

_WORDS_OF_ANY_SCRIPT: Final[re.Pattern[str]] = re.compile(r"[^\W\d_]++")

_ID_WORDS: Final[frozenset[str]] = frozenset({"id", "ids", "vin", "callback", "sku", "gtin", "ean", "mpn"})
"""Last word of the name of an id. Ids may look like a number that is written in groups without being one."""


def is_credential_name(name: str, *, in_url: bool = False) -> bool:
    """Whether a property or, with `in_url`, a parameter of a URL is named like a credential.

    >>> is_credential_name("accessToken"), is_credential_name("key"), is_credential_name("key", in_url=True)
    (True, False, True)
    """
    if in_url and "[" in name:
        name = _INDEX.sub("", name)
    plain = "".join(filter(str.isalnum, _fold(name))).lower()
    # access_token2 is the second one.
    if plain.rstrip("0123456789").endswith(_CREDENTIAL_SUFFIXES) or plain in _CREDENTIAL_NAMES:
        return True
    return in_url and (
        plain in _URL_CREDENTIAL_NAMES or plain.rstrip("0123456789").endswith(_URL_CREDENTIAL_SUFFIXES)
    )


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
    name = _fold(name)
    words = [word.lower() for word in (_WORDS if name.isascii() else _WORDS_OF_ANY_SCRIPT).findall(name)]
    while len(words) > 1 and words[-1] in _CONTACT_QUALIFIERS:
        words.pop()
    return bool(words) and (words[-1] in _CONTACT_WORDS or words[-1].endswith("phone"))


def _fold(name: str) -> str:
    """A name in one width, with composed letters."""
    return name if name.isascii() else normalize("NFKC", name)


def is_id_name(name: str) -> bool:
    """Whether a property is named like an id."""
    words = _WORDS.findall(name)
    return bool(words) and words[-1].lower() in _ID_WORDS


# ── escapes of URLs, HTML and JSON, and other spellings of the same characters ──────────────────────────────

_MAX_ESCAPES: Final[int] = 8
"""How often a text may be escaped. A URL inside a URL inside a URL is escaped three times; more hides
something."""

_ESCAPE: Final = lazy_pattern(
    # Of JSON and JavaScript; of HTML by number, and by the names of the signs that matter here.
    r"\\{1,8}(?:u([0-9a-fA-F]{4})|u\{0{0,8}([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))"
    r"|&(?:#0{0,8}(\d{1,7})|#[xX]0{0,8}([0-9a-fA-F]{1,6})"
    r"|((?i:amp|commat|plus|period|dot|lpar|rpar|nbsp|hyphen|equals|lowbar|num|sol|colon|quot|lt|gt)));?"
    # Of JavaScript's escape().
    r"|%[uU]([0-9a-fA-F]{4})"
)
_QUOTED_PRINTABLE: Final = lazy_pattern(
    # Of mail (RFC 2045). Sizes stand behind = too, so what follows must read as a domain.
    r"(?<=\w)=(?:40(?=[A-Za-z][\w-]{3,62}(?:\.|=2E)[A-Za-z]{2,12})|2E(?=[A-Za-z]{2,12}))"
)
_HTML_NAMES: Final[dict[str, str]] = {
    "amp": "&",
    "commat": "@",
    "plus": "+",
    "period": ".",
    "lpar": "(",
    "rpar": ")",
    "nbsp": " ",
    "hyphen": "-",
    "equals": "=",
    "dot": ".",
    "lowbar": "_",
    "num": "#",
    "sol": "/",
    "colon": ":",
    "quot": '"',
    "lt": "<",
    "gt": ">",
}
_ESCAPE_SIGNS: Final[dict[int, None]] = dict.fromkeys(map(ord, "%&\\"))
_SURROGATES: Final[range] = range(0xD800, 0xE000)
_MAX_CODE_POINT: Final[int] = 0x10FFFF
_NARROW: Final[dict[int, str]] = {
    # U+FF01 to U+FF5E, as East Asian keyboards type them.
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    # Small forms.
    **dict(
        zip(
            map(ord, "\ufe52\ufe55\ufe59\ufe5a\ufe5f\ufe60\ufe62\ufe63\ufe66\ufe6a\ufe6b"),
            ".:()#&+-=%@",
            strict=True,
        )
    ),
    # The full stop of East Asian scripts, which IDNA reads as a dot.
    0x3002: ".",
    0xFF61: ".",
    # One-dot leader; superscript, subscript and heavy plus.
    0x2024: ".",
    0x207A: "+",
    0x208A: "+",
    0x2795: "+",
}
"""Other widths of the signs that matter here. Digits of other scripts are digits to every pattern already."""


def decode_escapes(text: str) -> str | None:
    """`text` without escapes, in one width and without invisible characters; None if it is escaped too often.

    An escape that was escaped again is decoded as well.
    """
    for _ in range(_MAX_ESCAPES):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text or "\\" in text or "%u" in text or "%U" in text:
            text = _ESCAPE().sub(_decode_escape, text)
        if "=40" in text or "=2E" in text:
            text = _QUOTED_PRINTABLE().sub(_decode_quoted_printable, text)
        if not text.isascii():
            text = remove_invisible(text).translate(_NARROW)
        if text == before:
            return text
    return None


def _decode_escape(match: re.Match[str]) -> str:
    unicode, braced, byte, decimal, hexadecimal, name, percent = match.groups()
    if name is not None:
        return _HTML_NAMES[name.lower()]
    code = (
        int(decimal) if decimal is not None else int(unicode or braced or byte or hexadecimal or percent, 16)
    )
    # Half of a surrogate pair is no text, and holds nothing.
    return match[0] if code in _SURROGATES or code > _MAX_CODE_POINT else chr(code)


def _decode_quoted_printable(match: re.Match[str]) -> str:
    return "@" if match[0] == "=40" else "."


def remove_escape_signs(text: str) -> str:
    """`text` without the signs that start an escape, so that what is left of one makes no other."""
    return text.translate(_ESCAPE_SIGNS)


# ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────

_MARKS: Final[str] = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7"
    r"\u0a01-\u0a03\u0a3c-\u0a51\u0a81-\u0a83\u0abc-\u0acd\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83"
    r"\u0cbc-\u0cd6\u0d00-\u0d03\u0d3e-\u0d57\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
"""Combining marks, which belong to the letter before: a decomposed é is an e and one of them."""

_EMAIL_RUN: Final = lazy_pattern(rf"[\w{_MARKS}.\u2024\uff0e!#$%&'*+/=?^`{{|}}~@-]++")
"""Every character of an e-mail address (RFC 5322, dot-atom), letters of any script."""

_EMAIL_DOMAIN: Final = lazy_pattern(rf"@([\w{_MARKS}.-]++)")
_TOP_LEVEL_DOMAIN: Final = lazy_pattern(rf"\.[^\W\d_][\w{_MARKS}-]")

_DOMAIN: Final[str] = r"(?:[\w-]{1,63}+\.){1,8}+[^\W\d_][\w-]{1,62}+"

_UNUSUAL_EMAIL: Final = lazy_pattern(
    # RFC 5322 beside the dot-atom: "ada lovelace"@example.com, ada(work)@example.com, ada@(work)example.com,
    # ada@[192.168.2.1]; and <ada>@example.com, which forms make.
    rf"(?:\"\w[\w .+'-]{{0,63}}\"|<[^<>\s@]{{1,64}}>"
    rf"|(?<![\w.+'-])[\w.+'-]{{1,64}}+\([^()\n@]{{0,64}}\))@{_DOMAIN}"
    rf"|(?<![\w.+'-])[\w.+'-]{{1,64}}+@(?:\([^()\n@]{{0,64}}\){_DOMAIN}|\[(?:IPv6:)?[\da-fA-F.:]{{3,45}}\])"
)
_SPACED_EMAIL: Final = lazy_pattern(
    rf"\s{{0,8}}[\w.+'-]{{1,64}}+[ \t\u00a0]{{1,4}}@[ \t\u00a0]{{1,4}}{_DOMAIN}\s{{0,8}}"
)
"""A text that is nothing but an address with spaces in it. Among other words it is where something happens:
see you @ shop.example."""
_FILE_EXTENSIONS: Final[tuple[str, ...]] = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".css", ".js",
)  # fmt: skip
"""logo@2x.png is the name of an image for a high-resolution screen."""

_PHONE_SEPARATORS: Final[str] = r" \t\u00a0()\[\]./\u2010-\u2015-"

_PHONE_DIGITS: Final[re.Pattern[str]] = re.compile(rf"\d(?:[{_PHONE_SEPARATORS}]{{0,4}}\d){{6}}")
"""What every phone number has; this only saves work."""

_PHONE_RUN: Final = lazy_pattern(rf"[+(\[\d][\d+{_PHONE_SEPARATORS}]*+")
"""A run of digits and what people put between them."""

_PHONE_RUN_REST: Final = lazy_pattern(rf"[\d+{_PHONE_SEPARATORS}]*+")

_PLUS: Final[str] = rf"(?:\+|(?<!\d)\+[{_PHONE_SEPARATORS}]{{0,2}}00)[{_PHONE_SEPARATORS}]{{0,2}}(?!0)"
"""The plus of a number, maybe with the prefix that it stands for: no calling code starts with a zero. The +00
of a time is behind its digits."""

_PLUS_PHONE: Final = lazy_pattern(rf"{_PLUS}\d(?:[{_PHONE_SEPARATORS}]{{0,3}}\d){{6,14}}(?!\d)")

_WIDE_SEPARATORS: Final[str] = _PHONE_SEPARATORS + r"\r\n\u2000-\u200a\u202f\u205f\u3000·•∙⋅‧_,~|"
"""Separators that stand between the numbers of a list, too, or between the digits of an amount."""

_WIDE_RUN: Final = lazy_pattern(rf"\+[\d+{_WIDE_SEPARATORS}]*+")

_WIDE_PLUS_PHONE: Final = lazy_pattern(rf"{_PLUS}\d(?:[{_WIDE_SEPARATORS}]{{0,6}}\d){{6,14}}(?!\d)")
_AMOUNT: Final = lazy_pattern(r"\+ ?\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?(?![\d,])")
_GROUP: Final[re.Pattern[str]] = re.compile(r"\d++")
_MAX_GROUPS: Final[int] = 7
_USER_AGENT_PHONE: Final = lazy_pattern(
    # No dots and no slash before: versions have them.
    r"(?<![\w./+-])(?:1[ -])?\(?\d{3}\)?[ -]{1,2}\d{3}[ -]\d{4}(?![\w./-])"
    r"|(?<![\w/-])(?:tel|telephone|telefon|phone|cell|whatsapp|sms|fax)[.:=]{0,2} ?"
    r"\+?\d(?:[ ()-]{0,2}\d){6,14}(?![\w./])",
    re.IGNORECASE,
)

_WRITTEN_DIGITS: Final[re.Pattern[str]] = re.compile(r"[0-9][0-9 ()-]{6}")
"""What every phone number of a header has; this only saves work."""

_NORTH_AMERICAN_PHONE: Final = lazy_pattern(
    r"(?<![\w.+-])(?:1[ .-])?\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"
)

_TRUNK_PHONE: Final = lazy_pattern(
    # 020 7946 0018, (030) 901820, 06 12 34 56 78, 0044 20 7946 0018: a trunk zero or an international
    # prefix, 9 to 14 digits in groups of two and more.
    r"(?<![\w.+-])\(?0{1,2}[1-9]\d{0,4}\)?(?:[ /-]{1,2}\(?\d{2,8}\)?){1,6}(?![\w-])"
)

_MIN_TRUNK_DIGITS: Final[int] = 9

_MAX_TRUNK_DIGITS: Final[int] = 15

_DATE: Final = lazy_pattern(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)")

_PHONE_STATEMENT: Final = lazy_pattern(
    # With its case ignored, a set of 65,000 characters takes 15 ms to compile.
    r"(?<!(?-i:[A-Za-z0-9\u00b5\u00c0-\uffff-]))"
    r"(?:tel|telephones?|telefono?|teléfono|téléphone|phones?|mobiles?|cell|celular"
    r"|whatsapp|sms|fax|телефон)\.?(?:[ _]?(?:number|no\.?|nr\.?|e164|raw))?(?: is)?"
    r"[\\\"']{0,4}\s{0,2}[:=_-]?/{0,2}\s{0,2}[\\\"'\[]{0,4}"
    r"\d(?:[ ()./-]{0,2}\d){6,14}(?!\d)",
    re.IGNORECASE,
)
"""A phone number in a sentence or in data, however it is written: "tel. 2133734253", phone="2133734253"."""

_CLUES: Final[str] = (
    "eyJ|earer|EARER|_(?:live|test|pat)_|whsec_|shp(?:at|ca|pa|ss)_|gh[oprsu]_|xox|A(?:KIA|Iza)|-----"
    "|/orders/|account/"
)
"""What is in every text that has the shape of a credential, or in the path of a link that is one."""

_CLUE: Final[re.Pattern[str]] = re.compile(_CLUES)
_APART: Final[str] = "[ ,.;'()!?/#-]"
_DIGITS: Final[str] = rf"[0-9](?:{_APART}{{0,4}}[0-9]){{6}}"
"""Seven digits, as a phone number has them, and what may stand between two of them."""


def _any_of(*tables: Iterable[str], between: str = "") -> str:
    """A regular expression of the words of some tables that are ASCII, in any case."""
    words = sorted({word for table in tables for word in table if word.isascii()})
    return f"(?i:{'|'.join(map(between.join, words))})"


# An underscore between two letters is ignored (`is_credential_name`).
_CREDENTIAL: Final[str] = _any_of(
    _CREDENTIAL_SUFFIXES, _CREDENTIAL_NAMES, _URL_CREDENTIAL_NAMES, _URL_CREDENTIAL_SUFFIXES, between="_*"
)
_CONTACT: Final[str] = _any_of(_CONTACT_WORDS)

ID_SIGNS: Final[str] = rf"[^A-Za-z0-9_ ,.;'()!?/#-]|{_CLUES}"
TEXT_SIGNS: Final[str] = rf"{ID_SIGNS}|{_DIGITS}"
URL_SIGNS: Final[str] = "|".join(
    (
        r"[^A-Za-z0-9_ ,.'()!?/#:=&%+-]",
        # A colon that is not between "https" and two slashes.
        r"^:|[^s]:|:(?:[^/]|/[^/]|/?$)",
        # An escape, or a plus, that is not a space before a word.
        rf"%(?:[^2]|2[^0]|20[^A-Za-z])|\+[^A-Za-z]|=(?:40|2E)[A-Za-z]|&(?:[&#]|{_any_of(_HTML_NAMES)})",
        _CLUES,
        # Digits in groups, or after a word that announces them.
        rf"[0-9]{{2}}{_APART}{{1,4}}[0-9]{{2}}|{_CONTACT}.*{_DIGITS}",
        # A parameter that is named by no word, or like a credential or a contact.
        r"[^A-Za-z0-9_?&=][A-Za-z0-9_]*=|\?=",
        rf"{_CREDENTIAL}[0-9_]*=|[^A-Za-z0-9_]{_AUTHORISATION_CODE}=|{_CONTACT}[A-Za-z0-9_]*=",
    )
)
USER_AGENT_SIGNS: Final[str] = rf"{ID_SIGNS}|[0-9]{{7}}|[0-9][ ()-]{{1,3}}[0-9]"
"""Signs of personal data or a credential, as regular expressions of Rust and Python: a text that has none of
them holds nothing that `redact_text` or `redact_user_agent` finds. In an id, digits are no sign."""

MAX_UNSEARCHED_URL: Final[int] = 1_000
"""Characters of a URL that its signs speak for: a longer one may have more parameters than are searched."""

FIREFOX: Final[str] = (
    r"^Mozilla/5\.0 \((?:Windows NT [0-9]{1,2}\.[0-9]; (?:Win64; x64|WOW64)"
    r"|Macintosh; Intel Mac OS X [0-9]{2}\.[0-9]{1,2}"
    r"|X11; (?:[A-Z][a-z]{1,8}; )?Linux (?:x86_64|aarch64|i686)|Android [0-9]{1,2}; (?:Mobile|Tablet))"
    r"; rv:[0-9]{2,3}\.[0-9]\) Gecko/(?:20100101|[0-9]{2,3}\.[0-9]) Firefox/[0-9]{2,3}\.[0-9]$"
)
"""The User-Agent header of Firefox, as a regular expression of Rust and Python: its colon and its date are
signs, and mean nothing."""

USUAL_ID: Final[str] = "^(?:(?:[A-Za-z]{1,8}[ #/_.-]?)?[0-9]{1,7}|[0-9][0-9a-fA-F-]*)$"
_WORD: Final[str] = "(?:[A-Za-z,.'()!?/]{1,11}|[A-Za-z]{1,2}-[A-Za-z]{1,8}|-)"
USUAL_TEXT: Final[str] = rf"^(?:{_WORD} )*(?:{_WORD}|[0-9]{{1,6}},?(?: {_WORD})*)$"
USUAL_URL: Final[str] = (
    r"^https?://[a-z]{1,20}(?:\.[a-z]{1,20}){1,5}"
    r"(?:/[A-Za-z]{1,11})*(?:/[0-9]{1,6}(?:/[A-Za-z]{1,11})*)?/?$"
)
"""The usual form of ids, texts and URLs, as regular expressions of Rust and Python. An id: a short number,
with a short word before it or without; any number, or a UUID that starts with a digit. A text: short words,
with at most one number among them. A URL: the same between slashes, and no query. They are too short for a
credential (`_CREDENTIAL_SHAPE`) and hold nothing else that `redact_text` finds, so that no sign has to be
looked for."""

_HARMLESS_ID: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_ \n,.;'()!?/#-]{0,10000}+")
"""No sign of an e-mail address, a number with a plus, an escape, a parameter or a statement."""

_HARMLESS: Final[re.Pattern[str]] = re.compile(
    # One run of digits, or shorter ones that do not stand together as those of a written number do.
    r"[A-Za-z0-9]{0,500}+|[A-Za-z_ \n,.;'()!?/#-]{0,10000}+"
    rf"(?:(?!{_DIGITS})[0-9]{{1,6}}+[A-Za-z_ \n,.;'()!?/#-]{{0,200}}+)*+"
)

_CREDENTIAL_SHAPE: Final = lazy_pattern(
    # JSON web tokens (RFC 7519), bearer tokens (RFC 6750), keys with the prefix of the service that issues
    # them, private keys (RFC 7468).
    r"(?:eyJ[\w-]{6,256}+\.[\w-]{2}|(?<![A-Za-z0-9])(?:(?i:bearer)\s{1,3}(?=\D{0,100}+\d)[\w.~+/-]{12}"
    r"|[sr]k_(?:live|test)_\w{8}|whsec_[\w+/-]{8}|shp(?:at|ca|pa|ss)_\w{8}|gh[opsur]_\w{16}"
    r"|github_pat_\w{16}|xox[abeoprs]-[\w-]{8}|AKIA[A-Z0-9]{12}|AIza[\w-]{16}"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY))[^\s\"<>,;&]*+"
)

_STATEMENT: Final = lazy_pattern(
    r"(?<![\w-])(?:password|passwd|passcode|pwd|api[_ -]?key|access[_ -]?token|auth[_ -]?token"
    r"|client[_ -]?secret|id[_ -]?token|refresh[_ -]?token|passwort|kennwort|contraseña|mot de passe)"
    r"[\\\"']{0,4}\s{0,2}[:=]\s{0,2}[^\s,;&]++",
    re.IGNORECASE,
)
"""A credential in a sentence: "password: …"."""

_PARAMETER: Final[re.Pattern[str]] = re.compile(r"(?<![^?&#;\s])([^?&#;=\s]{1,64})=([^?&#;\s]*+)")
"""A parameter, in a query or a form that stands anywhere in a text."""

_MIN_CREDENTIAL: Final[int] = 14
"""The shortest credential that has a shape of its own."""


def is_harmless(text: str, *, written_phones: bool = True) -> bool:
    """Whether a text can hold nothing, at a glance: most texts are words and short ids.

    This only saves work. What has none of the signs that the rules need has nothing that they find.
    """
    pattern = _HARMLESS if written_phones else _HARMLESS_ID
    if "https://" in text:
        text = text.replace("https://", "")
    return pattern.fullmatch(text) is not None and (len(text) < _MIN_CREDENTIAL or not _CLUE.search(text))


def holds_digits(text: str) -> bool:
    """Whether a text has as many digits as a phone number."""
    return sum(map(str.isdigit, text)) >= MIN_PHONE_DIGITS


def redact_escaped(text: str, *, written_phones: bool) -> Redaction:
    """Remove what stands in a text, escaped or not."""
    if not text:
        return Redaction(text, None)
    redaction = redact_plain(text, written_phones=written_phones)
    decoded = decode_escapes(redaction.text)
    if decoded is None:
        return Redaction("", UNSEARCHABLE)
    if decoded != redaction.text:
        in_decoded = redact_plain(decoded, written_phones=written_phones)
        if in_decoded.found is not None:
            # What is left of an escape must not make another one with what follows; and without its signs,
            # the parts around them may be an address that they kept apart.
            without_signs = remove_escape_signs(in_decoded.text)
            return Redaction(
                redact_plain(without_signs, written_phones=written_phones).text, in_decoded.found
            )
    return redaction


def redact_plain(text: str, *, written_phones: bool) -> Redaction:
    """Remove what can be seen without decoding anything."""
    first: Kind | None = None
    for _ in range(_MAX_SEARCHES):
        text, found = _redact_once(text, written_phones=written_phones)
        if found is None:
            return Redaction(text, first)
        first = first or found
    return Redaction("", first)


_MAX_SEARCHES: Final[int] = 4
"""What was removed may have kept a credential apart from its start, and the other way round. A text in which
there is always more to find hides something."""


def _redact_once(text: str, *, written_phones: bool) -> Redaction:
    found: Kind | None = None
    spans = list(_find_credentials(text))
    if spans:
        text, found = _cut(text, spans), CREDENTIAL
    if "@" in text and (spans := list(_find_emails(text))):
        text, found = _cut(text, spans), EMAIL
    if spans := list(_find_phones(text, written_phones)):
        text, found = _cut(text, spans), PHONE
    if "+" in text and (spans := list(_find_wide_phones(text))):
        text, found = _cut(text, spans), PHONE
    return Redaction(text, found)


def _find_credentials(text: str) -> Iterator[tuple[int, int]]:
    if _CLUE.search(text):
        for match in _CREDENTIAL_SHAPE().finditer(text):
            yield match.span()
    if ":" in text or "=" in text:
        for match in _STATEMENT().finditer(text):
            yield match.span()
    if "=" in text:
        parameters = list(_PARAMETER.finditer(text))
        names = {match[1] for match in parameters}
        credentials = {name for name in names if is_credential_parameter(name, beside_state="state" in names)}
        for match in parameters if credentials else ():
            if match[1] in credentials and match[2] and _is_in_query(text, match):
                yield match.span()


def _is_in_query(text: str, parameter: re.Match[str]) -> bool:
    """Whether a parameter stands in a query, or has a name that means a credential anywhere."""
    return text[max(parameter.start() - 1, 0)] in "?&#;" or is_credential_name(parameter[1])


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    if _SPACED_EMAIL().fullmatch(text):
        yield 0, len(text)
    for match in _UNUSUAL_EMAIL().finditer(text):
        if not match[0].lower().endswith(_FILE_EXTENSIONS):
            yield match.span()
    for run in _EMAIL_RUN().finditer(text):
        if "@" in run[0] and _is_email(run[0]):
            yield run.span()


def _is_email(run: str) -> bool:
    # A handle such as @mugs.shop has nothing before its sign.
    for domain in _EMAIL_DOMAIN().finditer(run.lstrip("@")):
        if _TOP_LEVEL_DOMAIN().search(domain[1]) and not domain[1].lower().endswith(_FILE_EXTENSIONS):
            return True
    return False


def _find_phones(text: str, written_phones: bool) -> Iterator[tuple[int, int]]:
    if _PHONE_DIGITS.search(text) is None:
        return
    if written_phones:
        for match in _PHONE_STATEMENT().finditer(text):
            start, end = match.span()
            # With the rest of its run if that may be a number once it stands alone.
            rest = _PHONE_RUN_REST().match(text, end)
            yield start, rest.end() if rest and holds_digits(rest[0]) else end
    for run in _PHONE_RUN().finditer(text):
        start, end = run.span()
        if end - start < MIN_PHONE_DIGITS:
            continue
        if _PLUS_PHONE().search(run[0]) or (written_phones and _is_written_phone(text, start, end)):
            # The space around it stays.
            yield start, start + len(run[0].rstrip())


def _find_wide_phones(text: str) -> Iterator[tuple[int, int]]:
    for run in _WIDE_RUN().finditer(text):
        for match in _WIDE_PLUS_PHONE().finditer(run[0]) if len(run[0]) > MIN_PHONE_DIGITS else ():
            # Galaxy S24+ is the name of a product.
            place = run.start() + match.start()
            if not text[place - 1 : place].isalnum() and _is_international(match[0]):
                # With the rest of the run, so that nothing new follows what stays.
                yield place, run.start() + len(run[0].rstrip())
                break


def _is_international(written: str) -> bool:
    """Whether the first groups of digits are a number that is possible in a country."""
    groups = _GROUP.findall(written)
    if len(groups) > _MAX_GROUPS or ", " in written or _AMOUNT().match(written):
        return False
    digits = ""
    for group in groups:
        digits += group
        parts = split_calling_code(digits.removeprefix("00")) if len(digits) >= MIN_PHONE_DIGITS else None
        if parts is not None:
            code, national = parts
            length = len(national.removeprefix("0"))
            if length in NATIONAL_LENGTHS[code] and (code, length) != LOCAL:
                return True
    return False


def redact_user_agent_phones(text: str) -> Redaction:
    """Remove phone numbers that a header of a browser holds beside its versions."""
    if _WRITTEN_DIGITS.search(text) is None:
        return Redaction(text, None)
    spans = [match.span() for match in _USER_AGENT_PHONE().finditer(text)]
    return Redaction(_cut(text, spans), PHONE) if spans else Redaction(text, None)


def _is_written_phone(text: str, start: int, end: int) -> bool:
    # With the character after the run, which may make it a part of an id.
    end = min(end + 1, len(text))
    if _NORTH_AMERICAN_PHONE().search(text, start, end):
        return True
    for match in _TRUNK_PHONE().finditer(text, start, end):
        digits = sum(map(str.isdigit, match[0]))
        if _MIN_TRUNK_DIGITS <= digits <= _MAX_TRUNK_DIGITS and not _DATE().search(match[0]):
            return True
    return False


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` without these spans. A space keeps what stood around one apart, so that it makes nothing new."""
    kept: list[str] = []
    place = 0
    for start, end in sorted(spans):
        if end <= place:
            continue
        before = text[place:start] if start > place else ""
        kept.append(before)
        if before[-1:].strip() and text[end : end + 1].strip():
            kept.append(" ")
        place = end
    kept.append(text[place:])
    return "".join(kept)
