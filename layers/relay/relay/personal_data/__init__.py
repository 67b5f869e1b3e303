"""Personal data in the wrong place: e-mail addresses, phone numbers and credentials in properties and URLs.

TikTok forbids sending them there ("do not share … sensitive information", TikTok Business Products (Data)
Terms), and shops do it all the time: a search for one's own order, a link from a newsletter, the key of an
order in the URL of its thank-you page.

Work is linear in the length of the text. Each pattern costs a bounded number of steps where it starts, and
has an unbounded repeat, a possessive one, only at its end; `tests/unit/relay/personal_data/test_work.py`
checks both. What is found is removed with the whole run of characters that it stands in, and what is left is
searched again, a few times at most.
"""

from relay.personal_data.detection import (
    CREDENTIAL,
    EMAIL,
    FIREFOX,
    ID_SIGNS,
    MAX_UNSEARCHED_URL,
    PHONE,
    TEXT_SIGNS,
    UNSEARCHABLE,
    URL_SIGNS,
    USER_AGENT_SIGNS,
    USER_NAME,
    USUAL_ID,
    USUAL_TEXT,
    USUAL_URL,
    Kind,
    Redacted,
    Redaction,
)
from relay.personal_data.echoes import redact_echoes
from relay.personal_data.redaction import (
    MAX_CHARACTERS,
    TooMuchTextError,
    find_personal_data,
    redact_item,
    redact_text,
    redact_url,
    redact_user_agent,
)

__all__ = [
    "CREDENTIAL",
    "EMAIL",
    "FIREFOX",
    "ID_SIGNS",
    "MAX_CHARACTERS",
    "MAX_UNSEARCHED_URL",
    "PHONE",
    "TEXT_SIGNS",
    "UNSEARCHABLE",
    "URL_SIGNS",
    "USER_AGENT_SIGNS",
    "USER_NAME",
    "USUAL_ID",
    "USUAL_TEXT",
    "USUAL_URL",
    "Kind",
    "Redacted",
    "Redaction",
    "TooMuchTextError",
    "find_personal_data",
    "redact_echoes",
    "redact_item",
    "redact_text",
    "redact_url",
    "redact_user_agent",
]
