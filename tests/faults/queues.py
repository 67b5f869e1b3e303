"""A queue like SQS's: at least once, in no order, and hidden for a while after each receive."""

import heapq
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stored:
    """A message on a queue. Times are in Unix seconds."""

    message_id: str
    body: str
    attributes: dict[str, str]
    sent_at: float
    receives: int = 0
    visible_at: float = 0.0
    handles: set[str] = field(default_factory=set)


class Queue:
    """One queue. Safe to use from several threads.

    In: the clock (Unix seconds), how long a received message is hidden, chance as a seeded generator, and how
    often a message that is given out stays visible all the same, so that it is given out twice.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        hidden_seconds: float,
        chance: random.Random,
        *,
        twice: float = 0.0,
    ) -> None:
        self._clock, self._hidden_seconds, self._chance, self._twice = clock, hidden_seconds, chance, twice
        self._lock = threading.Lock()
        self._messages: dict[str, Stored] = {}
        self._by_handle: dict[str, Stored] = {}
        self._visible: list[str] = []
        self._hidden: list[tuple[float, str]] = []
        self.most_receives = 0
        self.given_twice = 0

    def send(self, body: str, attributes: dict[str, str] | None = None) -> str:
        """Takes a message; gives its id."""
        with self._lock:
            made = Stored(
                str(uuid.UUID(int=self._chance.getrandbits(128))), body, attributes or {}, self._clock()
            )
            self._messages[made.message_id] = made
            self._visible.append(made.message_id)
            return made.message_id

    def receive(self, most: int) -> list[tuple[str, Stored]]:
        """Gives out up to so many messages, in any order, each with a receipt handle."""
        with self._lock:
            self._show_again()
            given: list[tuple[str, Stored]] = []
            stay: list[str] = []
            while self._visible and len(given) < most:
                place = self._chance.randrange(len(self._visible))
                self._visible[place], self._visible[-1] = self._visible[-1], self._visible[place]
                message_id = self._visible.pop()
                message = self._messages.get(message_id)
                if message is None or not self._is_visible(message_id, self._clock()):
                    continue
                message.receives += 1
                self.most_receives = max(self.most_receives, message.receives)
                handle = f"{message_id}/{message.receives}"
                message.handles.add(handle)
                self._by_handle[handle] = message
                given.append((handle, message))
                if self._chance.random() < self._twice:
                    stay.append(message_id)
                    self.given_twice += 1
                else:
                    self._hide(message, self._hidden_seconds)
            self._visible += stay
            return given

    def put_off(self, handle: str, seconds: float) -> bool:
        """Hides a message for so long from now; whether it was there."""
        with self._lock:
            message = self._by_handle.get(handle)
            if message is None:
                return False
            self._hide(message, seconds)
            return True

    def delete(self, message_id: str) -> None:
        """Takes a message away, if it is there."""
        with self._lock:
            message = self._messages.pop(message_id, None)
            for handle in message.handles if message else ():
                del self._by_handle[handle]

    def next_visible_at(self) -> float | None:
        """When there is something to receive: now, later, or never, since the queue is empty."""
        with self._lock:
            self._show_again()
            now = self._clock()
            # What was put off while it was still visible stands in both lists.
            self._visible = [each for each in self._visible if self._is_visible(each, now)]
            if self._visible:
                return now
            while self._hidden and self._hidden[0][1] not in self._messages:
                heapq.heappop(self._hidden)
            return self._hidden[0][0] if self._hidden else None

    def messages(self) -> list[Stored]:
        """Everything on it."""
        with self._lock:
            return list(self._messages.values())

    def _is_visible(self, message_id: str, now: float) -> bool:
        message = self._messages.get(message_id)
        return message is not None and message.visible_at <= now

    def _hide(self, message: Stored, seconds: float) -> None:
        message.visible_at = self._clock() + seconds
        heapq.heappush(self._hidden, (message.visible_at, message.message_id))

    def _show_again(self) -> None:
        now = self._clock()
        while self._hidden and self._hidden[0][0] <= now:
            _, message_id = heapq.heappop(self._hidden)
            message = self._messages.get(message_id)
            if message is not None and message.visible_at <= now:
                self._visible.append(message_id)
