"""Names of people: lower case, without punctuation, in one Unicode form, so that equal names have equal
digests.

Not in TikTok's own table; fields of TikTok for WooCommerce and, added by TikTok, of Segment's destination,
which documents "lowercase without any punctuation; special characters are allowed".
"""

import unicodedata

from relay.identity.hashing import lower_case


def normalise_person_name(text: str) -> str:
    """Normalise a name to the form that is hashed; "" if no letter or digit is left.

    >>> normalise_person_name(" O’Neill-Smith ")
    'oneillsmith'
    """
    lowered = lower_case(text)
    if lowered.isalpha():
        return lowered
    # Marks are parts of letters in Indic and other scripts and stay; punctuation, symbols and controls go.
    kept = "".join(character for character in lowered if unicodedata.category(character)[0] in "LMNZ")
    return " ".join(kept.split())
