"""`relay check`: assesses files with ingest's own code, without network, AWS or boto3."""

import gzip
import io
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from relay.event.model import SECTIONS, AnyEvent, fields
from relay.webhooks import registry
from relay_cli import evaluation
from relay_cli.main import main
from tests.support.events import event as purchase
from tests.unit.cli.test_main import loaded_by

EVENTS = Path(__file__).parents[3] / "events"


def event(**changes: object) -> dict[str, Any]:
    """A Purchase of a moment ago."""
    return purchase(**{"event_time": int(time.time()) - 60} | changes)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command; gives exit code and the JSON that it printed."""

    def run(*arguments: str | Path) -> tuple[int, Any]:
        code = main(["check", "--json", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, json.loads(printed.out or printed.err)

    return run


def write(path: Path, *values: object) -> Path:
    path.write_text("\n".join(json.dumps(value) for value in values))
    return path


def test_clean_event_is_accepted_with_its_match_quality(check: Any, tmp_path: Path) -> None:
    code, printed = check(write(tmp_path / "a.json", event()))
    assert (code, printed["ok"], printed["states"]) == (0, True, {"accepted": 1})
    (assessment,) = printed["results"][0]["events"]
    assert (assessment["event"], assessment["event_id"], assessment["errors"]) == ("Purchase", "order-1", [])
    assert assessment["match_quality"] == 3.0
    assert assessment["match_keys"] == ["email"]
    assert assessment["missing"][0] == "ttclid"


def test_rejected_event_exits_with_1_and_names_the_field(check: Any, tmp_path: Path) -> None:
    code, printed = check(write(tmp_path / "a.json", event(currency="EURO")))
    assert (code, printed["ok"]) == (1, False)
    (error,) = printed["results"][0]["events"][0]["errors"]
    assert (error["code"], error["field"]) == ("currency_unknown", "currency")


def test_warnings_fail_only_with_strict(check: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", event(emial="ada@example.com"))
    assert check(file)[0] == 0
    code, printed = check(file, "--strict")
    assert (code, printed["ok"]) == (1, False)
    assert printed["warnings"] == {"unknown_field": 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "\n".join(json.dumps(event(event_id=f"o-{n}")) for n in range(3))),
        ("a.json", "\n".join(json.dumps(event(event_id=f"o-{n}")) for n in range(3))),
        ("a.json", json.dumps([event(event_id=f"o-{n}") for n in range(3)])),
        ("a.json", json.dumps({"events": [event(event_id=f"o-{n}") for n in range(3)]}, indent=2)),
        ("a.ndjson", "\n\n".join(json.dumps(event(event_id=f"o-{n}")) for n in range(3))),
    ],
)
def test_every_shape_of_a_file_holds_the_same_events(
    check: Any, tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    code, printed = check(file)
    ids = [assessment["event_id"] for result in printed["results"] for assessment in result["events"]]
    assert (code, ids) == (0, ["o-0", "o-1", "o-2"])


def test_gzipped_lines_and_standard_input_are_read(
    check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(json.dumps(event(event_id=f"o-{n}")) for n in range(2)).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text))
    assert check(tmp_path / "a.jsonl.gz")[1]["events"] == 2

    class Stdin:
        buffer = io.BytesIO(text)

    monkeypatch.setattr("sys.stdin", Stdin())
    code, printed = check("-")
    assert (code, printed["events"], printed["results"][0]["file"]) == (0, 2, "standard input")


def test_longer_list_than_a_request_is_assessed_whole(check: Any, tmp_path: Path) -> None:
    events = [event(event_id=f"o-{n}") for n in range(1001)]
    code, printed = check(write(tmp_path / "a.json", events))
    assert (code, printed["events"]) == (0, 1001)
    assert printed["results"][0]["events"][1000]["index"] == 1000


def test_half_valid_lines_are_assessed_and_the_bad_one_is_named(check: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(event()) + '\n{"event": "Purch\n' + json.dumps(event(event_id="o-2")))
    code, printed = check(file)
    assert (code, printed["events"], printed["unreadable"]) == (1, 2, 1)
    assert printed["results"][1]["line"] == 2
    assert printed["results"][1]["error"]["code"] == "body_not_json"


def test_events_1_0_is_rejected_with_what_2_0_expects(check: Any, tmp_path: Path) -> None:
    code, printed = check(write(tmp_path / "a.json", {"pixel_code": "P", "batch": [event()]}))
    assert code == 1
    assert printed["results"][0]["error"]["code"] == "events_1_0"


def test_tiktoks_own_request_is_read(check: Any, tmp_path: Path) -> None:
    body = {"event_source": "web", "event_source_id": "SOMEPIXEL", "data": [event()]}
    code, printed = check(write(tmp_path / "a.json", body))
    assert (code, printed["results"][0]["events"][0]["sender"]) == (0, "tiktok")


@pytest.mark.parametrize("sender", [*registry.PROVIDERS, "server"])
def test_every_sample_is_recognised_by_its_folder(check: Any, sender: str) -> None:
    code, printed = check(EVENTS / sender, "--now")
    senders = {assessment["sender"] for result in printed["results"] for assessment in result["events"]}
    assert senders == {"events" if sender == "server" else sender}
    assert code == 0


@pytest.mark.parametrize("sender", ["shopify", "stripe", "woocommerce"])
def test_webhook_bodies_are_recognised_by_their_fields(check: Any, tmp_path: Path, sender: str) -> None:
    for path in (EVENTS / sender).glob("*.json"):
        copy = tmp_path / f"body-{path.name.replace('.', '-')}.json"
        copy.write_bytes(path.read_bytes())
    _, printed = check(tmp_path, "--now")
    assert {assessment["sender"] for result in printed["results"] for assessment in result["events"]} == {
        sender
    }


LIKE_THE_RELAYS_OWN = {"standard/purchase"}
"""Samples whose body is an event in the relay's own form: only folder or --sender name the sender."""


@pytest.mark.parametrize("sender", registry.PROVIDERS)
def test_every_provider_of_the_registry_is_recognised_from_its_samples(sender: str) -> None:
    provider = registry.load_provider(sender)
    paths = [
        path
        for path in (EVENTS / sender).glob("*.json")
        if f"{sender}/{path.stem}" not in LIKE_THE_RELAYS_OWN
    ]
    assert paths, f"events/{sender} has no sample by which {sender} can be recognised"
    for path in paths:
        found, topic = evaluation.recognise(json.loads(path.read_bytes()))
        assert found == sender, f"relay_cli.evaluation.recognise does not know {path.name}"
        assert topic in provider.topics or not provider.topic_header


def test_list_of_webhook_bodies_is_assessed_one_by_one(check: Any, tmp_path: Path) -> None:
    order = json.loads((EVENTS / "shopify/orders_paid.json").read_text())
    code, printed = check(write(tmp_path / "orders.json", [order, order | {"id": 2}]), "--now")
    (result,) = printed["results"]
    assert code == 0
    assert [(assessment["event"], assessment["index"]) for assessment in result["events"]] == [
        ("Purchase", 0),
        ("Purchase", 1),
    ]


def test_github_annotations_name_file_line_and_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a,b.jsonl", event(), event(currency="EURO", note="50% off"))
    assert main(["check", "--format", "github", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    (error,) = [line for line in lines if line.startswith("::error")]
    assert "a%2Cb.jsonl,line=2,title=currency_unknown::" in error


def test_text_names_findings_and_missing_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(write(tmp_path / "a.json", event(emial="x")))]) == 0
    out = capsys.readouterr().out
    assert "warning  unknown_field" in out
    assert "missing  ttclid" in out
    assert "mean match quality 3.0 of 10" in out


HOSTILE = "\x1b]0;x\x07 \x9b2J \u202e \x7f [/red] \u200f \u180e \u2064 \u034f \U000e0061"


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["check", "--json"],
        ["check", "--format", "github"],
        # urllib3 looks whether this machine has IPv6.
        pytest.param(["send", "--dry-run"], marks=pytest.mark.loopback),
        pytest.param(["send", "--dry-run", "--json"], marks=pytest.mark.loopback),
    ],
    ids=" ".join,
)
def test_hostile_text_in_every_field_is_shown_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    nested = {section: dict.fromkeys(fields(of), HOSTILE) for section, of in SECTIONS.items()}
    flat = dict.fromkeys(fields(AnyEvent), HOSTILE)
    accepted = event(content_name=HOSTILE, brand=HOSTILE)
    for number, body in enumerate(
        (flat, accepted, {"event": HOSTILE, **nested}, {HOSTILE: HOSTILE}, HOSTILE)
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(body))
        main([words[0], str(path), *words[1:]])
        printed = capsys.readouterr()
        shown = {character for text in printed for character in text}
        assert (
            not {
                "\x1b",
                "\x07",
                "\x9b",
                "\x7f",
                "\u202e",
                "\u200f",
                "\u180e",
                "\u2064",
                "\u034f",
                "\U000e0061",
            }
            & shown
        )


def test_only_one_module_writes_to_the_terminal() -> None:
    # It escapes what a stranger wrote; a `print` elsewhere would not.
    writing = re.compile(r"^\s*print\(|std(?:out|err)\.write\(|click\.echo\(|markup=True", re.MULTILINE)
    sources = (EVENTS.parent / "cli/relay_cli").rglob("*.py")
    found = {source.name for source in sources if writing.search(source.read_text(encoding="utf-8"))}
    # main hands on click's own words.
    assert found == {"output.py", "main.py"}


def test_hostile_event_is_shown_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = event(event_id="\x1b]0;x\x07[/red]", event="Cl\x9bick")
    main(["check", str(write(tmp_path / "a.json", hostile))])
    out = capsys.readouterr().out
    assert not [character for character in out if ord(character) < 32 and character != "\n"]
    assert "\x9b" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "stable"),
    [(["nowhere.json"], 1, "file"), ([], 2, "usage"), (["--sender", "magento", "-"], 2, "usage")],
)
def test_bad_arguments_are_one_error_each(check: Any, arguments: list[str], code: int, stable: str) -> None:
    status, printed = check(*arguments)
    assert (status, printed["code"]) == (code, stable)


def test_empty_folder_is_an_error_and_not_a_success(check: Any, tmp_path: Path) -> None:
    code, printed = check(tmp_path)
    assert (code, printed["code"]) == (1, "no_files")


def test_check_loads_no_aws_sdk_and_no_http_client() -> None:
    script = f"from relay_cli.main import main; main(['check', '--json', {str(EVENTS / 'server')!r}])"
    assert not loaded_by(script) & {"boto3", "botocore", "requests", "rich"}


# ── what a file can be ─────────────────────────────────────────────────────────────────────────────────────


def test_pipe_of_a_shell_is_read(check: Any) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps(event()).encode())
    os.close(writing)
    code, printed = check(f"/dev/fd/{reading}")
    os.close(reading)
    assert (code, printed["events"]) == (0, 1)


def test_file_without_a_byte_is_no_success(check: Any) -> None:
    code, printed = check("/dev/null")
    assert (code, printed["results"][0]["error"]["code"]) == (1, "body_empty")


def test_empty_list_is_no_success(check: Any, tmp_path: Path) -> None:
    stripes = {"object": "list", "data": [], "has_more": False, "url": "/v1/checkout/sessions"}
    empty: list[object] = [[], {"orders": []}, stripes]
    cases = [(value, sender) for value in empty for sender in ("auto", "shopify", "stripe")]
    for value, sender in [({"events": []}, "auto"), *cases]:
        code, printed = check(write(tmp_path / "a.json", value), "--sender", sender)
        assert (code, printed["results"][0]["error"]["code"]) == (1, "events_empty")


@pytest.mark.parametrize(
    "wrapper", [{}, {"object": "list", "has_more": False, "url": "/v1/checkout/sessions"}]
)
def test_response_of_a_platforms_api_is_read(check: Any, tmp_path: Path, wrapper: dict[str, object]) -> None:
    order = json.loads((EVENTS / "shopify/orders_paid.json").read_text())
    session = json.loads((EVENTS / "stripe/checkout.session.completed.json").read_text())["data"]["object"]
    value = {**wrapper, "data": [session, session]} if wrapper else {"orders": [order, order]}
    code, printed = check(write(tmp_path / "a.json", value), "--now")
    events = printed["results"][0]["events"]
    assert (code, [entry["event"] for entry in events]) == (0, ["Purchase", "Purchase"])
    assert [entry["index"] for entry in events] == [0, 1]


def test_renewal_of_a_subscription_is_ignored_as_by_a_stack_that_remembers_no_trial(
    check: Any, tmp_path: Path
) -> None:
    renewal = json.loads((EVENTS / "stripe/invoice.paid.json").read_text())
    renewal["data"]["object"]["billing_reason"] = "subscription_cycle"
    code, printed = check(write(tmp_path / "a.json", renewal), "--now")
    (assessment,) = printed["results"][0]["events"]
    assert (code, assessment["state"], assessment["reason"]) == (0, "ignored", "renewal")
