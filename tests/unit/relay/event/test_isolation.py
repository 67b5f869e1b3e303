"""One event never costs its neighbours: not by its depth, its size, nor a defect that it brings to light."""

import json

import pytest

from relay import ingestion
from relay.event import body as bodies
from relay.event import pipeline
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.request_error import RequestError
from tests.support.events import NOW, ROUTES, accepted, codes, event, process
from tests.support.rows import every_row

OPTIONS = PipelineOptions(ROUTES)


def outcomes(body: bytes) -> list[str]:
    found = bodies.extract_events(bodies.parse_json(body, 4_194_304))
    receipt = ingestion.validate_events(found.events, RequestContext(NOW, found.envelope), OPTIONS)
    return [
        "accepted" if index in receipt.accepted else ",".join(sorted(codes(receipt.rejected[index])))
        for index in range(len(found.events))
    ]


@every_row("levels", [33, 150, 199, 260, 900, 5_000, 100_000])
@every_row(("opened", "closed"), [('{"a":', "}"), ("[", "]")])
def test_deep_event_is_rejected_alone(levels: int, opened: str, closed: str) -> None:
    deep = (
        json.dumps(event())[:-1] + ', "properties": {"x": ' + opened * levels + "1" + closed * levels + "}}"
    )
    body = f'{{"events": [{json.dumps(event())}, {deep}, {json.dumps(event())}]}}'.encode()
    assert outcomes(body) == ["accepted", "too_deep", "accepted"]


@every_row("levels", [33, 70, 240])
@every_row("inner", ['"a"', '"https://shop.example/p?q=1"', "1"])
@every_row("listed", [False, True])
def test_list_in_text_is_no_deeper_than_an_event(levels: int, inner: str, listed: bool) -> None:
    text = '{"content_id": "1", "x": ' + "[" * levels + inner + "]" * levels + "}"
    result = process(event(content_id=None, contents=[text, text] if listed else text))
    assert "[[" not in getattr(result, "item", "")


def test_list_in_text_has_no_more_members_than_an_event() -> None:
    ids = json.dumps([1] * 10_001)
    assert "value_invalid" in codes(accepted(event(content_id=None, content_ids=ids)))


def test_brackets_in_texts_are_not_levels() -> None:
    noisy = event(content_name="[" * 500 + '\\"' + "{" * 500)
    assert outcomes(json.dumps({"events": [noisy] * 2}).encode()) == ["accepted", "accepted"]


def test_deep_body_that_is_not_closed_is_not_json() -> None:
    with pytest.raises(RequestError) as error:
        outcomes(b'{"events": [{"x": ' + b"[" * 300 + b"}]}")
    assert error.value.status == 400


def test_defect_rejects_the_event_that_brings_it_to_light(monkeypatch: pytest.MonkeyPatch) -> None:
    process_event = pipeline.process_event

    def fail_on_second(
        raw: object, context: RequestContext, options: PipelineOptions
    ) -> Accepted | Rejected | Dropped:
        if raw == {"event": "second"}:
            raise ZeroDivisionError("ada@example.com")
        return process_event(raw, context, options)

    monkeypatch.setattr(pipeline, "process_event", fail_on_second)
    receipt = ingestion.validate_events([event(), {"event": "second"}, event()], RequestContext(NOW), OPTIONS)
    assert list(receipt.accepted) == [0, 2]
    assert receipt.rejected_codes() == {"unprocessable": 1}
    assert "ada" not in json.dumps(receipt.as_json())


def test_sender_cannot_choose_how_many_test_codes_there_are() -> None:
    events = [event(event_id=str(number), test_event_code=f"TEST{number}") for number in range(1000)]
    receipt = ingestion.validate_events(events, RequestContext(NOW), OPTIONS)
    destinations = {found.destinations for found in receipt.accepted.values()}
    assert len(destinations) == 5
    assert receipt.rejected_codes() == {"test_codes_too_many": 995}


def test_browser_cannot_choose_a_destination() -> None:
    events = [event(event_id=str(number), test_event_code=f"TEST{number}") for number in range(50)]
    context = RequestContext(NOW, browser={"ip": "9.9.9.9", "user_agent": "Browser/1"})
    receipt = ingestion.validate_events(events, context, OPTIONS)
    assert {found.destinations for found in receipt.accepted.values()} == {ROUTES.default}
    assert receipt.warning_codes()["destination_browser"] == 50
