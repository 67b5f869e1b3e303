"""The console: who may see it, what it says of an event, and what it never shows."""

import ast
import hashlib
import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import product
from typing import Any, cast, get_args

import pytest

from relay.auth import signatures
from relay.findings import CHECKS
from relay_cli.console import advice, views
from relay_cli.console.feed import Feed, show_hop, timings
from relay_cli.console.redaction import show_fields
from relay_cli.console.server import MAX_BODY_BYTES, STATIC, TOKEN_HEADER, ConsoleServer, ViewRequest
from relay_cli.dead_letters import DeadLetter
from relay_cli.stacks import Queues, Stack
from relay_cli.tracing import Traces, digest
from tests.support.console import PIXEL, ROOT, START, TOKEN, Arrived, Lines, console, receipt, response, stack
from tests.support.rows import every_row

pytestmark = pytest.mark.loopback  # a server on loopback

FOLDER = ROOT / "cli/relay_cli/console/static"
CANARIES = ("ada@shop.example", "+4930901820", "customer-7781", "192.0.2.44", "Mozilla/5.0 (canary)")
EVENT = {
    "event": "Purchase",
    "event_id": "order-1001",
    "url": "https://shop.example/thanks?name=lovelace",
    "value": 12.5,
    "currency": "EUR",
    "content_id": "SKU-1",
    "email": CANARIES[0],
    "phone": CANARIES[1],
    "external_id": CANARIES[2],
    "ip": CANARIES[3],
    "user_agent": CANARIES[4],
}


@pytest.fixture
def lines() -> Lines:
    return Lines(receipt("order-1001"), response("order-1001", START + 2))


@pytest.fixture
def server(lines: Lines) -> Iterator[ConsoleServer]:
    item = {
        "event": "Purchase",
        "event_id": "order-1001",
        "user": {"email": digest("x") * 4, "ip": CANARIES[3]},
    }
    feed = Feed(lines, Arrived({"event": "Purchase", "event_id": "order-1001", "item": item}))
    feed.poll()
    running = console(feed)
    running.start()
    yield running
    running.close()


def ask(
    server: ConsoleServer, path: str, body: object = None, method: str | None = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON (or text) and headers of a request with the right token and Host unless overridden."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sent = {"Host": f"127.0.0.1:{server.port}", TOKEN_HEADER: TOKEN}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = None if body is None else json.dumps(body)
    connection.request(
        method or ("GET" if body is None else "POST"),
        path,
        raw,
        {name: value for name, value in sent.items() if value},
    )
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, json.loads(text) if text.startswith("{") else text, found


# ── who may see it ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/api/events", "/api/stack", "/api/dead-letters"])
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1]])
def test_nothing_is_shown_without_the_token(server: ConsoleServer, path: str, token: str) -> None:
    status, answer, _ = ask(server, path, **{TOKEN_HEADER: token})
    assert status == 403
    assert "token" in answer["error"]


def test_a_token_in_the_url_is_enough_to_read_but_not_to_act(server: ConsoleServer) -> None:
    assert ask(server, f"/?token={TOKEN}", **{TOKEN_HEADER: ""})[0] == 200
    assert ask(server, f"/api/events?token={TOKEN}", **{TOKEN_HEADER: ""})[0] == 200
    assert ask(server, f"/api/check?token={TOKEN}", {"text": "{}"}, **{TOKEN_HEADER: ""})[0] == 403


@pytest.mark.parametrize("host", ["shop.example", "127.0.0.1", "127.0.0.1:1", "attacker.example:80"])
def test_a_name_that_was_pointed_at_loopback_is_rejected(server: ConsoleServer, host: str) -> None:
    assert ask(server, "/api/events", Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["https://shop.example", "null", "http://127.0.0.1:1"])
def test_another_page_is_rejected(server: ConsoleServer, origin: str) -> None:
    assert ask(server, "/api/events", Origin=origin)[0] == 403


def test_the_own_page_is_not(server: ConsoleServer) -> None:
    assert ask(server, "/api/events", Origin=f"http://127.0.0.1:{server.port}")[0] == 200


def test_every_answer_forbids_foreign_scripts_frames_and_caches(server: ConsoleServer) -> None:
    for path in ("/", "/api/events", "/static/console.js", "/static/none", "/api/none"):
        headers = ask(server, path)[2]
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/index.html", "/x"]
)
def test_only_listed_files_are_served(server: ConsoleServer, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_a_body_that_is_too_large_is_not_read(server: ConsoleServer) -> None:
    assert ask(server, "/api/check", method="POST", content_length=str(MAX_BODY_BYTES + 1))[0] == 413


@pytest.mark.parametrize("name", [*STATIC, "index.html"])
def test_the_page_loads_nothing_from_elsewhere_and_writes_no_markup(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    if "vendor" not in name:
        assert not re.search(r"(src|href)=\"?(https?:)?//", text)
        assert "innerHTML" not in text
        assert not re.search(r"\son[a-z]+=|style=", text)


def test_vendored_assets_are_what_their_table_says() -> None:
    table = (FOLDER / "vendor/README.md").read_text(encoding="utf-8")
    assets = [path for path in (FOLDER / "vendor").iterdir() if path.suffix in (".js", ".css")]
    assert assets
    for path in assets:
        (row,) = [line for line in table.splitlines() if f"| `{path.name}`" in line]
        assert hashlib.sha256(path.read_bytes()).hexdigest() in row


# ── what it says ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_one_line_with_all_its_hops(server: ConsoleServer) -> None:
    (line,) = ask(server, "/api/events")[1]["events"]
    assert (line["event"], line["state"], line["sender"], line["event_id"]) == (
        "Purchase",
        "delivered",
        "shopify",
        "order-1001",
    )
    assert [hop["text"] for hop in line["hops"]] == ["queued", "TikTok"]


def test_only_what_changed_is_sent_again(server: ConsoleServer, lines: Lines) -> None:
    sequence = ask(server, "/api/events")[1]["sequence"]
    assert ask(server, f"/api/events?since={sequence}")[1]["events"] == []
    lines.waiting.append(receipt("order-1002", START + 5))
    server.views._feed.poll()  # type: ignore[attr-defined] # noqa: SLF001 - the thread's work, without its clock
    changed = ask(server, f"/api/events?since={sequence}")[1]["events"]
    assert [line["digest"] for line in changed] == [digest("order-1002")]


@pytest.mark.parametrize("since", ["-1", "x", "1.5"])
def test_since_that_is_no_number_is_a_sentence(server: ConsoleServer, since: str) -> None:
    assert ask(server, f"/api/events?since={since}")[0] == 400


def test_an_event_that_is_not_known_is_a_sentence(server: ConsoleServer) -> None:
    status, answer, _ = ask(server, "/api/events/0000000000000000")
    assert status == 404
    assert "not known" in answer["error"]


def test_an_event_shows_what_went_out_by_kind_and_digest_only(server: ConsoleServer) -> None:
    detail = ask(server, f"/api/events/{digest('order-1001')}-Purchase")[1]
    rows = {row["field"]: (row["came_in"], row["went_out"]) for row in detail["fields"]}
    assert rows["user.email"] == ("plain", f"SHA-256 {digest('x')[:8]}…")
    assert rows["user.ip"][0] == "text"
    assert rows["user.ip"][1].startswith("IPv4 address")
    assert rows["user.user_agent"] == ("text", "omitted")
    assert rows["value"] == ("text, not a number", "omitted")
    assert (detail["unknown_fields"], detail["item_is_known"]) == (1, True)
    assert not any(canary in json.dumps(detail) for canary in CANARIES)


def test_a_test_code_that_was_left_on_is_said_on_every_page() -> None:
    for test_code, banner in (("TEST123", "counts none of them"), ("", "")):
        shown = console(Feed(Lines()), test_code=test_code)
        shown.start()
        try:
            printed = ask(shown, "/api/stack")[1]["banner"]
        finally:
            shown.close()
        assert banner in printed
        assert bool(printed) == bool(banner)


def test_every_code_of_a_rejected_request_is_explained() -> None:
    codes = set(get_args(signatures.Reason)) | {"secret_missing"}
    for path in [*(ROOT / "functions/ingest").rglob("*.py"), *(ROOT / "layers/relay/relay").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "RequestError(" in source else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RequestError":
                codes |= {str(part.value) for part in node.args[1:2] if isinstance(part, ast.Constant)}
    assert len(codes) > 30
    unexplained = {code for code in codes if "docs/operate.md" in advice.explain(code)["message"]}
    assert unexplained - {"events_rejected"} == set()


def is_sentence(message: str, field: str) -> bool:
    begins = message[0].isupper() or message[0] == "`" or field != ""
    return begins and message[-1] in ".?)" and not {"{", "}"} & set(message) and "  " not in message


def test_every_finding_is_a_sentence_also_where_only_its_code_is_known() -> None:
    messages = {
        (code, field): advice.explain(code, field)["message"]
        for code, field in product(CHECKS, ("", "properties.value"))
    }
    assert {case: text for case, text in messages.items() if not is_sentence(text, case[1])} == {}


@every_row("code", CHECKS)
def test_finding_without_a_field_names_none(code: str) -> None:
    message = advice.explain(code)["message"]
    assert "`a field`" not in message
    assert "of another form" not in message


def test_response_that_changes_no_state_is_no_name_of_a_log_line() -> None:
    (trace,) = Traces().add(response("1", START, "rejected", 40002))
    assert show_hop(trace.hops[0])["text"] == "TikTok: rejected"


def test_a_waiting_event_says_what_to_do() -> None:
    feed = Feed(Lines(receipt("1"), response("1", START + 1, "transient", 50000)))
    feed.poll()
    with_problem = console(feed)
    with_problem.start()
    try:
        detail = ask(with_problem, f"/api/events/{digest('1')}-Purchase")[1]
        codes = [row["code"] for row in ask(with_problem, "/api/diagnostics")[1]["rows"]]
    finally:
        with_problem.close()
    assert detail["state"] == "waiting"
    assert "retries" in detail["advice"]
    assert codes == ["TikTok 50000"]


def test_match_quality_names_what_each_missing_key_would_add(server: ConsoleServer) -> None:
    answer = ask(server, "/api/quality")[1]
    (row,) = answer["rows"]
    assert (row["event"], row["sender"], row["events"], row["quality"]) == ("Purchase", "shopify", 1, 6.5)
    assert row["coverage"]["email"] == 1.0
    assert row["gains"][0] == {"key": "ttclid", "gain": 3.0}


def test_timings_count_deliveries_in_the_interval_of_their_confirmation() -> None:
    feed = Feed(Lines(receipt("1"), response("1", START + 4), receipt("2", START + 1)))
    feed.poll()
    figures = timings(feed.rows())
    assert figures["accepted"][:2] == [1, 1]
    assert figures["delivered"][4] == 1
    assert figures["rows"][0]["p50"] == 4.0


def test_a_stack_that_cannot_be_asked_is_shown_as_a_problem() -> None:
    import threading

    class Broken:
        def poll(self) -> list[Any]:
            stop.set()
            raise RuntimeError("no route to host")

    stop = threading.Event()
    feed = Feed(Broken())
    feed.run(stop, lambda error: f"AWS can't be reached: {error}")
    assert feed.problem == "AWS can't be reached: no route to host"


# ── payload helper ─────────────────────────────────────────────────────────────────────────────────────────


def check(server: ConsoleServer, payload: object, kind: str = "auto") -> tuple[int, Any]:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return ask(server, "/api/check", {"text": text, "kind": kind})[:2]


def test_the_helper_shows_the_exact_request_and_no_personal_value_beside_it(server: ConsoleServer) -> None:
    status, answer = check(server, EVENT)
    assert status == 200
    (event,) = answer["events"]
    assert event["event"] == "Purchase"
    assert event["match_quality"] > 0
    request = json.loads(answer["requests"][0].partition("\n\n")[2])
    assert request["data"][0]["event_id"] == "order-1001"
    shown = json.dumps([event["fields"], event["findings"]])
    assert not any(canary in shown for canary in CANARIES)
    assert set(answer["commands"]) == {"curl", "Python", "relay"}


def test_the_helper_recognises_tiktoks_envelope_and_webhooks(server: ConsoleServer) -> None:
    envelope = {"event_source": "web", "event_source_id": PIXEL, "data": [{**EVENT, "event_time": 1}]}
    assert check(server, envelope)[1]["kind"] == "events"
    for sender in ("shopify", "stripe", "woocommerce"):
        name = next(path for path in sorted((ROOT / "events" / sender).glob("*.json")))
        sample = ask(server, f"/api/samples/{sender}/{name.stem}")[1]
        assert check(server, sample["text"])[1]["kind"] == sender


def test_the_helper_names_events_1_0(server: ConsoleServer) -> None:
    old = {"pixel_code": PIXEL, "batch": [{"event": "CompletePayment"}]}
    status, answer = check(server, old)
    assert status == 400
    assert "1.0" in answer["error"]


@pytest.mark.parametrize("payload", ["", "{", "[1,", '{"event": ' + "[" * 5000, "nothing", '"\ud800"'])
def test_a_payload_that_is_not_json_is_a_sentence(server: ConsoleServer, payload: str) -> None:
    status, answer = check(server, payload)
    assert status == 400
    assert answer["error"].endswith(".")


@pytest.mark.parametrize("body", [{}, {"text": 1}, {"text": "{}", "kind": "ftp"}, [], 7])
def test_a_helper_request_of_another_shape_is_a_sentence(server: ConsoleServer, body: object) -> None:
    assert ask(server, "/api/check", body)[0] == 400


def test_the_console_of_a_deployed_stack_sends_nothing() -> None:
    deployed = console(Feed(Lines()), local=False)
    deployed.start()
    try:
        status, answer, _ = ask(deployed, "/api/send", {"text": json.dumps(EVENT)})
    finally:
        deployed.close()
    assert status == 403
    assert "relay send" in answer["error"]


def test_shown_fields_hide_values_but_for_those_no_person_is_in() -> None:
    fields = {
        row["field"]: row["value"] for row in show_fields({**EVENT, "properties": {"note": CANARIES[0]}})
    }
    assert fields["value"] == "12.5"
    assert fields["currency"] == "EUR"
    assert fields["email"].startswith("e-mail address, 16 characters, SHA-256 ")
    assert fields["ip"].startswith("IPv4 address")
    assert not any(canary in str(fields) for canary in CANARIES)


def test_a_field_name_that_holds_a_person_is_not_shown() -> None:
    assert CANARIES[0] not in str(show_fields({CANARIES[0]: {"x": 1}}))


def test_replay_of_many_dead_letters_looks_for_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {str(number): DeadLetter(str(number), "", "", {}, 0.0) for number in range(10_000)}
    chosen: list[DeadLetter] = []
    monkeypatch.setattr(Stack, "queues", lambda _: Queues(cast("Any", None), "", "", ""))
    monkeypatch.setattr(views, "reading", lambda *_: nullcontext(held))
    monkeypatch.setattr(views, "replay", lambda _queues, found, *_: chosen.extend(found))
    shown = views.StackViews(stack(), Feed(Lines()), None)
    began = time.process_time()
    shown.answer(ViewRequest("POST", "dead-letters/replay", {}, {"ids": list(held)}))
    assert len(chosen) == 10_000
    # Some 10 ms; so long the dead letters are hidden from others.
    assert time.process_time() - began < 0.5
