"""Retries: the fair-queue group is the destination, in the characters that SQS takes."""

import re

import pytest

from relay.delivery.retries import make_retry
from relay.destination import Destination
from relay.message import decode
from tests.support.delivery import BROKEN, record
from tests.support.events import PIXEL

# SendMessage, API reference: MessageGroupId.
LEGAL = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~-]{1,128}")


def group(destination: Destination) -> str:
    return make_retry(decode(record(1, destination)["body"]), BROKEN, 0.5).group


def test_test_events_wait_in_the_group_of_their_destination() -> None:
    assert group(Destination("web", PIXEL, "TEST1")) == group(Destination("web", PIXEL)) == f"web/{PIXEL}"


def test_two_destinations_never_wait_for_each_other() -> None:
    assert len({group(Destination(source, "7")) for source in ("web", "app", "offline", "crm")}) == 4


@pytest.mark.parametrize("source_id", ["P" * 500, "a b", "größe", "\U0001f600", "line\nend"])
def test_group_of_any_destination_is_one_that_sqs_takes(source_id: str) -> None:
    assert LEGAL.fullmatch(group(Destination("web", source_id)))
