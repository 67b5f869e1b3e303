"""Names of people: lower case, without punctuation, in one Unicode form, so that equal names have equal
digests.

Not in TikTok's own table; fields of TikTok for WooCommerce and, added by TikTok, of Segment's destination,
whose text says "lowercase without any punctuation; special characters are allowed".
"""

import unicodedata


def normalise(text: str) -> str:
    """The name as it is hashed; "" where nothing is left of it.

    >>> normalise(" O’Neill-Smith ")
    'oneillsmith'
    """
    # Composed after lowering: a letter can be one character in lower case and two in upper (ǰ).
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())
    if lowered.isalpha():
        return lowered
    # Marks belong to the letters of Indic and other scripts, so they stay; punctuation, symbols and controls
    # go.
    kept = "".join(each for each in lowered if unicodedata.category(each)[0] in "LMNZ")
    return " ".join(kept.split())
