"""The queue of the proof by faults does what SQS does, as far as the proof leans on it."""

import random

from tests.faults.queues import Queue


class Time:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(*, twice: float = 0.0) -> tuple[Queue, Time]:
    clock = Time()
    return Queue(clock, 600, random.Random(1), twice=twice), clock  # noqa: S311


def test_received_message_is_hidden_and_comes_again_with_its_count() -> None:
    queue, clock = make()
    queue.send("a")
    ((_, first),) = queue.receive(10)
    assert (first.body, first.receives) == ("a", 1)
    assert queue.receive(10) == []
    assert queue.next_visible_at() == clock.now + 600
    clock.now += 600
    assert [each.receives for _, each in queue.receive(10)] == [2]


def test_message_is_put_off_from_now_on() -> None:
    queue, clock = make()
    queue.send("a")
    ((handle, _),) = queue.receive(10)
    assert queue.put_off(handle, 5)
    clock.now += 5
    assert len(queue.receive(10)) == 1
    assert not queue.put_off("unknown", 5)


def test_put_off_again_is_longer_or_shorter() -> None:
    queue, clock = make()
    queue.send("a")
    ((handle, _),) = queue.receive(10)
    queue.put_off(handle, 5)
    queue.put_off(handle, 50)
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
