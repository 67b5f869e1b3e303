"""The queue of the fault run does what SQS does, as far as the fault run depends on it."""

import random
from typing import Any

from tests.faults.queues import Queue


class Time:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(**options: Any) -> tuple[Queue, Time]:
    clock = Time()
    return Queue(clock, 600, random.Random(1), **options), clock  # noqa: S311


def test_received_message_is_hidden_and_comes_again_with_its_count() -> None:
    queue, clock = make()
    queue.send("a")
    ((_, first),) = queue.receive(10)
    assert (first.body, first.receives) == ("a", 1)
    assert queue.receive(10) == []
    assert queue.next_visible_at() == clock.now + 600
    clock.now += 600
    assert [each.receives for _, each in queue.receive(10)] == [2]


def test_visibility_is_changed_from_now_on() -> None:
    queue, clock = make()
    queue.send("a")
    ((handle, _),) = queue.receive(10)
    assert queue.change_visibility(handle, 5)
    clock.now += 5
    assert len(queue.receive(10)) == 1
    assert not queue.change_visibility("unknown", 5)


def test_visibility_is_changed_again_to_longer_or_shorter() -> None:
    queue, clock = make()
    queue.send("a")
    ((handle, _),) = queue.receive(10)
    queue.change_visibility(handle, 5)
    queue.change_visibility(handle, 50)
    clock.now += 5
    assert queue.receive(10) == []
    clock.now += 45
    assert len(queue.receive(10)) == 1


def test_deleted_message_is_gone() -> None:
    queue, _ = make()
    message_id = queue.send("a")
    queue.receive(1)
    queue.delete(message_id)
    assert queue.next_visible_at() is None
    assert queue.messages() == []


def test_order_is_none() -> None:
    queue, _ = make()
    for number in range(100):
        queue.send(str(number))
    given = [message.body for _, message in queue.receive(100)]
    assert given != sorted(given, key=int)
    assert sorted(given, key=int) == [str(number) for number in range(100)]


def test_some_are_given_out_twice() -> None:
    queue, _ = make(twice=0.2)
    for number in range(100):
        queue.send(str(number))
    given = [message.body for _ in range(3) for _, message in queue.receive(200)]
    assert len(given) > len(set(given)) == 100


def test_delayed_message_is_not_in_flight_and_comes_when_its_delay_is_over() -> None:
    queue, clock = make()
    queue.send("a", delay=300)
    assert (queue.receive(10), queue.in_flight) == ([], 0)
    assert queue.next_visible_at() == clock.now + 300
    clock.now += 300
    assert [message.receives for _, message in queue.receive(10)] == [1]
    assert queue.in_flight == 1


def test_nothing_is_given_out_beyond_the_limit_in_flight() -> None:
    queue, clock = make(max_in_flight=3)
    for number in range(5):
        queue.send(str(number))
    given = queue.receive(10)
    assert (len(given), queue.in_flight, queue.receive(10)) == (3, 3, [])
    assert queue.receives_at_limit == 2
    queue.delete(given[0][1].message_id)
    assert len(queue.receive(10)) == 1
    clock.now += 600
    assert (queue.in_flight, len(queue.receive(10))) == (0, 3)


def test_message_is_moved_after_its_last_receive_with_the_clock_that_it_had() -> None:
    dead, _ = make()
    queue, clock = make(redrive=(dead, 2))
    queue.send("a")
    for _ in range(2):
        assert len(queue.receive(10)) == 1
        clock.now += 600
    assert (queue.receive(10), len(queue), queue.redriven) == ([], 0, 1)
    (message,) = dead.messages()
    assert (message.body, message.attributes, message.sent_at) == ("a", {}, 1000.0)
