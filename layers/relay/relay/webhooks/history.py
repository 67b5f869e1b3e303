"""History: whether an earlier webhook or page already reported a purchase, or a trial began.

TikTok deduplicates an `event_id` for 48 hours only. A purchase that is reported again later (the rest of an
edited order is paid, cash on delivery is paid a week after the page reported it) counts twice unless it was
remembered. What remembers is passed in; without it, `NO_HISTORY` knows nothing, and the docs of each provider
say what then counts twice.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from relay.event.event_id import event_key, hash_personal_id
from relay.findings import Findings
from relay.request_error import RequestError
from relay.webhooks.provider import HistoryCheck, Ignored, ProviderEvents

LATE_SECONDS: Final[int] = 144_000
"""40 hours after the order, whether its payment or its webhook is late. TikTok forgets an id 48 hours after
the first report, which may itself be late by a few hours; within this time TikTok's own deduplication is
enough, and no look-up is made."""


class History(Protocol):
    """Keys that were remembered. A key holds ids only; an implementation stores its digest.

    Neither method raises. Where the store can't be reached, an event goes on, unless its `HistoryCheck` is
    `needed`.
    """

    def already_counted(self, key: str) -> bool | None:
        """Whether `remember` was called with this key; None where the store can't be reached."""
        ...

    def remember(self, keys: Sequence[str]) -> bool:
        """Remember keys. Called once the queue has accepted the events. False where it has to be repeated."""
        ...


class _NoHistory:
    def already_counted(self, _key: str) -> bool:
        return False

    def remember(self, _keys: Sequence[str]) -> bool:
        return True


NO_HISTORY: Final[History] = _NoHistory()
"""A history that remembers nothing."""


def check_order(event: str, event_id: str, ordered_at: int | None) -> HistoryCheck:
    """Return the check of an event that ingest remembers (`Receipt.purchase_keys`): looked up where it is
    late. `event_id` is the provider's; `ordered_at` is in Unix seconds, and without it nothing is late.
    """
    if ordered_at is None:
        return HistoryCheck()
    key = event_key(event, hash_personal_id(event_id, Findings()))
    return HistoryCheck(excluded=key, ordered_at=ordered_at)


def apply_history(parsed: ProviderEvents, history: History, now: float) -> ProviderEvents | Ignored:
    """Return the events, or the reason why they do not count after what is remembered.

    `now` is when the webhook arrived, in Unix seconds. Raises RequestError (503) where what is remembered is
    needed and can't be looked up.
    """
    check = parsed.history

    def look_up(key: str) -> bool:
        counted = history.already_counted(key)
        if counted is None and check.needed:
            raise history_unavailable()
        return bool(counted)

    if check.required and not look_up(check.required):
        return Ignored(check.required_reason, parsed.topic)
    late = check.ordered_at is None or now - check.ordered_at > LATE_SECONDS
    if check.excluded and late and look_up(check.excluded):
        return Ignored(check.excluded_reason, parsed.topic)
    return parsed


def history_unavailable(extra: Mapping[str, object] | None = None) -> RequestError:
    """Return the error of a webhook for which a history is needed that can't be reached."""
    detail = "What was counted before can't be looked up or written. Send it again: it counts once."
    return RequestError(503, "history_unavailable", detail, extra, {"retry-after": "30"})
