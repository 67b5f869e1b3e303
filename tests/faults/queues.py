"""A queue like SQS's: at least once, in no order, hidden after each receive, bounded in flight."""

import heapq
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self


@dataclass(slots=True)
class Stored:
    """A message on a queue. Times are in Unix seconds."""

    message_id: str
    body: str
    attributes: dict[str, str]
    group: str
    sent_at: float
    visible_at: float
    receives: int = 0
    in_flight: bool = False
    handles: set[str] = field(default_factory=set)


class Queue:
    """One queue. Safe to use from several threads.

    `clock` gives Unix seconds, `chance` is a seeded generator, `twice` is how often a given
    message stays visible all the same. `redrive` says to which queue a message goes after how many receives.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        visibility_timeout: float,
        chance: random.Random,
        *,
        twice: float = 0.0,
        max_in_flight: int = 120_000,
        redrive: tuple[Self, int] | None = None,
    ) -> None:
        self._clock, self._visibility_timeout = clock, visibility_timeout
        self._chance, self.twice = chance, twice
        self._max_in_flight, self._redrive = max_in_flight, redrive
        self._lock = threading.Lock()
        self._messages: dict[str, Stored] = {}
        self._by_handle: dict[str, Stored] = {}
        self._visible: list[str] = []
        self._hidden: list[tuple[float, str]] = []
        self._flying = 0
        self.given_twice = self.redriven = self.receives_at_limit = self.most_in_flight = 0

    def send(
        self, body: str, attributes: dict[str, str] | None = None, delay: int = 0, group: str = ""
    ) -> str:
        """Take a message; give its id."""
        message_id = str(uuid.UUID(int=self._chance.getrandbits(128)))
        now = self._clock()
        self._add(Stored(message_id, body, attributes or {}, group, now, now + delay))
        return message_id

    def receive(self, most: int, visibility_timeout: float | None = None) -> list[tuple[str, Stored]]:
        """Give out up to so many messages, in any order, each with a receipt handle.

        Nothing at all, and no error, at the limit of messages in flight: as SQS does under long polling.
        """
        moved: list[Stored] = []
        with self._lock:
            self._show_again()
            given: list[tuple[str, Stored]] = []
            stay: list[str] = []
            while self._visible and len(given) < most:
                if self._flying >= self._max_in_flight:
                    self.receives_at_limit += 1
                    break
                place = self._chance.randrange(len(self._visible))
                self._visible[place], self._visible[-1] = self._visible[-1], self._visible[place]
                message_id = self._visible.pop()
                message = self._messages.get(message_id)
                if message is None or message.visible_at > self._clock():
                    continue
                if self._redrive is not None and message.receives >= self._redrive[1]:
                    moved.append(message)
                    self._remove(message_id)
                    continue
                message.receives += 1
                handle = f"{message_id}/{message.receives}"
                message.handles.add(handle)
                self._by_handle[handle] = message
                given.append((handle, message))
                if self._chance.random() < self.twice:
                    stay.append(message_id)
                    self.given_twice += 1
                else:
                    self._hide(message, visibility_timeout or self._visibility_timeout)
            self._visible += stay
            self.most_in_flight = max(self.most_in_flight, self._flying)
        if self._redrive is not None:
            for message in moved:
                # SQS moves it without a reason and without a new clock.
                self._redrive[0]._add(  # noqa: SLF001 - a queue of the same class
                    Stored(
                        message.message_id, message.body, {}, message.group, message.sent_at, self._clock()
                    )
                )
                self.redriven += 1
        return given

    def change_visibility(self, handle: str, seconds: float) -> bool:
        """Hide a message for so long from now; whether it was there."""
        with self._lock:
            message = self._by_handle.get(handle)
            if message is None:
                return False
            self._land(message)
            if seconds > 0:
                self._hide(message, seconds)
            else:
                message.visible_at = self._clock()
                self._visible.append(message.message_id)
            return True

    def delete(self, message_id: str) -> None:
        """Remove a message, if it is there."""
        with self._lock:
            self._remove(message_id)

    def delete_by_handle(self, handle: str) -> bool:
        """Remove a message by its receipt handle; whether it was there."""
        with self._lock:
            message = self._by_handle.get(handle)
            if message is not None:
                self._remove(message.message_id)
            return message is not None

    def clear(self) -> None:
        """Remove everything."""
        with self._lock:
            for message_id in list(self._messages):
                self._remove(message_id)

    def next_visible_at(self) -> float | None:
        """When there is something to receive: now, later, or never, since the queue is empty."""
        with self._lock:
            self._show_again()
            now = self._clock()
            self._visible = [
                message_id
                for message_id in self._visible
                if message_id in self._messages and self._messages[message_id].visible_at <= now
            ]
            if self._visible:
                return now
            while self._hidden and self._hidden[0][1] not in self._messages:
                heapq.heappop(self._hidden)
            return self._hidden[0][0] if self._hidden else None

    def messages(self) -> list[Stored]:
        """Everything on it."""
        with self._lock:
            return list(self._messages.values())

    @property
    def in_flight(self) -> int:
        """How many messages are in flight now."""
        with self._lock:
            self._show_again()
            return self._flying

    @property
    def delayed(self) -> int:
        """How many messages were sent with a delay that is not over."""
        with self._lock:
            now = self._clock()
            return sum(
                message.visible_at > now and not message.in_flight for message in self._messages.values()
            )

    def __len__(self) -> int:
        return len(self._messages)

    def _add(self, message: Stored) -> None:
        with self._lock:
            self._messages[message.message_id] = message
            if message.visible_at <= self._clock():
                self._visible.append(message.message_id)
            else:
                heapq.heappush(self._hidden, (message.visible_at, message.message_id))

    def _remove(self, message_id: str) -> None:
        message = self._messages.pop(message_id, None)
        if message is None:
            return
        self._land(message)
        for handle in message.handles:
            del self._by_handle[handle]

    def _hide(self, message: Stored, seconds: float) -> None:
        if not message.in_flight:
            message.in_flight = True
            self._flying += 1
        message.visible_at = self._clock() + seconds
        heapq.heappush(self._hidden, (message.visible_at, message.message_id))

    def _land(self, message: Stored) -> None:
        if message.in_flight:
            message.in_flight = False
            self._flying -= 1

    def _show_again(self) -> None:
        now = self._clock()
        while self._hidden and self._hidden[0][0] <= now:
            _, message_id = heapq.heappop(self._hidden)
            message = self._messages.get(message_id)
            if message is not None and message.visible_at <= now:
                self._land(message)
                self._visible.append(message_id)
