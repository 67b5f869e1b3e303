"""E-mail addresses: trimmed and lower-cased, nothing else.

TikTok API for Business, Doc 1771101303285761, `user.email`. No rule there drops Gmail's dots or what follows
a plus: TikTok hashes the address as the person gave it, so removing them would make a different digest.
"""

import re
from typing import Final

_ADDRESS: Final[re.Pattern[str]] = re.compile(
    r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[^\s@,;:<>()\[\]\"\\/?#&=.]{1,63}\.){1,8}[^\s@,;:<>()\[\]\"\\/?#&=.\d][^\s@,;:<>()\[\]\"\\/?#&=.]{1,62}"
)

_UNSEEN: Final[re.Pattern[str]] = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def normalise(text: str) -> str | None:
    """The address as TikTok hashes it, or None where it can't be an address.

    >>> normalise(" ALICE_abc@gmail.com ")
    'alice_abc@gmail.com'
    """
    address = text.strip().lower()
    if not address.isascii():
        # Copied text brings marks along that nobody sees, and one of them makes another digest.
        address = _UNSEEN.sub("", address).strip()
    return address if _ADDRESS.fullmatch(address) else None
