"""E-mail addresses: trimmed and lower-cased, nothing else.

TikTok API for Business, Doc 1771101303285761, `user.email`. No rule there drops Gmail's dots or what follows
a plus: TikTok hashes the address as the person typed it, so removing them would change the digest.
"""

import re
from typing import Final

from relay.characters import CONTROL_CHARACTERS, remove_invisible

_LOCAL_PART: Final[str] = rf"[^\s@,;:<>()\[\]\"\\{CONTROL_CHARACTERS}]{{1,64}}"

# Of ASCII: letters, digits, the hyphen, and the underscore that some subdomains have.
_NO_LABEL: Final[str] = rf"\s\x00-,./:-@\[-^`{{-~{CONTROL_CHARACTERS}"

_EMAIL: Final[re.Pattern[str]] = re.compile(
    rf"{_LOCAL_PART}@(?:[^{_NO_LABEL}]{{1,63}}\.){{1,8}}[^\d{_NO_LABEL}][^{_NO_LABEL}]{{1,62}}"
)

USUAL: Final[str] = r"^[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.){1,3}[A-Za-z]{2,}$"
"""Most addresses, as a regular expression of Rust: lower-cased, they are normalised."""


def normalise_email(text: str) -> str | None:
    """Normalise an e-mail address to the form that TikTok hashes; None if it can't be one.

    >>> normalise_email(" ALICE_abc@gmail.com ")
    'alice_abc@gmail.com'
    """
    # Copied text brings along marks that would change the digest.
    email = remove_invisible(text.strip().lower()).strip()
    return email if _EMAIL.fullmatch(email) else None
