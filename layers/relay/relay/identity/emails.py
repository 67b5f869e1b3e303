"""E-mail addresses: trimmed and lower-cased, nothing else.

TikTok API for Business, Doc 1771101303285761, `user.email`. No rule there drops Gmail's dots or what follows
a plus: TikTok hashes the address as the person gave it, so removing them would make a different digest.
"""

import re
from typing import Final

_ADDRESS: Final[re.Pattern[str]] = re.compile(
    r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[^\s@,;:<>()\[\]\"\\/?#&=.]{1,63}\.){1,8}[^\s@,;:<>()\[\]\"\\/?#&=.\d][^\s@,;:<>()\[\]\"\\/?#&=.]{1,62}"
)


def normalise(text: str) -> str | None:
    """The address as TikTok hashes it, or None where it can't be an address.

    >>> normalise(" ALICE_abc@gmail.com ")
    'alice_abc@gmail.com'
    """
    address = text.strip().lower()
    return address if _ADDRESS.fullmatch(address) else None
