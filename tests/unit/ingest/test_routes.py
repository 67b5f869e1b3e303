"""Routes: a path that is none is answered with the one that was meant, and is never quoted."""

import pytest

from ingest.handler import find_route
from relay.request_error import RequestError
from tests.support.ingest import request


def detail(path: str) -> str:
    with pytest.raises(RequestError) as error:
        find_route(request("POST", path))
    assert (error.value.status, error.value.code) == (404, "route_unknown")
    return error.value.detail


@pytest.mark.parametrize("path", ["//v1//events", "/v1/events/", "/V1/EVENTS", "v1/event", "/v1/events//"])
def test_slashes_and_case_are_forgiven_when_a_route_is_suggested(path: str) -> None:
    assert detail(path).endswith("Did you mean POST /v1/events?")


def test_long_path_is_neither_compared_as_a_whole_nor_quoted() -> None:
    assert detail("/canary" * 1_000_000).endswith("Events go to POST /v1/events.")
