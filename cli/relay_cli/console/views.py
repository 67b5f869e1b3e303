"""The console's views: what the page shows, as JSON. The server has checked the caller."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from time import time
from typing import Any, Final

from relay.destination import TRACK_PATH
from relay.event import match_quality
from relay.event.standard_names import SOFT_DEPRECATED
from relay.tiktok import client as tiktok
from relay_cli import arrivals, evaluation, stacks, web
from relay_cli.arrivals import Description
from relay_cli.console import advice
from relay_cli.console.feed import Feed, match_quality_rows, show_hop, timings
from relay_cli.console.redaction import show_fields
from relay_cli.console.server import ViewError, ViewRequest
from relay_cli.dead_letters import DeadLetter, reading
from relay_cli.evaluation import Assessment, BodyProblem, Settings
from relay_cli.replaying import Replay, replay
from relay_cli.stacks import Stack
from relay_cli.states import STATES
from relay_cli.tracing import Trace, digest
from relay_senders import samples, signing

KINDS: Final[Mapping[str, str]] = {
    "auto": "what it looks like",
    "events": "an event, ours or TikTok's",
    **{sender: f"a webhook of {sender}" for sender in evaluation.WEBHOOK_SENDERS},
}
"""How a pasted payload is read: value → text of the menu."""

MAX_CHECKED: Final[int] = 50
"""Events of a payload whose results are shown."""

NOT_SENT: Final[frozenset[str]] = frozenset({"rejected", "dropped", "ignored"})
"""States in which nothing goes out to TikTok."""

READ_SECONDS: Final[int] = 30
"""How long dead letters are hidden while they are read."""

REPLAY_SECONDS: Final[int] = 600
"""How long dead letters are hidden while they are sent again."""

REPLAY_RATE: Final[float] = 100.0
"""Events a second, as `relay replay` sends them by default."""

FAULTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "throttle 5": ("Answer the next five requests with 40100", {"kind": "throttle", "times": 5}),
    "error 50000": (
        "Answer the next five requests with TikTok's system error",
        {"kind": "error", "times": 5},
    ),
    "token revoked": ("Reject every token until removed", {"kind": "token_revoked"}),
    "time-out after accept": (
        "Store the next request's events and never answer",
        {"kind": "timeout_after_accept", "times": 1, "seconds": 1},
    ),
    "connection reset": ("Reset the next three connections", {"kind": "reset", "times": 3}),
    "HTTP 502": ("Answer the next three requests with a proxy's page", {"kind": "html_502", "times": 3}),
    "slow": ("Answer three seconds late, until removed", {"kind": "slow", "seconds": 3}),
    "reject Search": (
        "Reject every batch that holds a Search, without naming it",
        {"kind": "poison", "match": {"field": "event", "equals": "Search"}, "named": False},
    ),
}
"""Faults of the simulator by button: name → title and what the simulator is sent."""

View = Callable[[ViewRequest], Mapping[str, object]]


class StackViews:
    """The views of one stack. `examples` is a folder of sample bodies, None where there is none."""

    def __init__(self, stack: Stack, feed: Feed, examples: Path | None = None) -> None:
        self._stack, self._feed = stack, feed
        self._samples = _find_samples(examples)
        self._views: dict[tuple[str, str], View] = {
            ("GET", "stack"): self._describe,
            ("GET", "events"): self._events,
            ("GET", "digest"): _digest,
            ("GET", "quality"): self._quality,
            ("GET", "diagnostics"): self._diagnostics,
            ("GET", "dead-letters"): self._dead_letters,
            ("POST", "dead-letters/replay"): self._replay,
            ("GET", "timings"): self._timings,
            ("POST", "check"): self._check,
            ("POST", "send"): self._send,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
        }

    def answer(self, request: ViewRequest) -> Mapping[str, object]:
        """The view as JSON. Raises ViewError, or CliError where the stack can't be asked."""
        view = self._views.get((request.method, request.path))
        if view is not None:
            return view(request)
        name, _, rest = request.path.partition("/")
        if request.method == "GET" and name == "events" and rest:
            return self._event(rest)
        if request.method == "GET" and name == "samples" and rest in self._samples:
            return self._sample(rest)
        raise ViewError(HTTPStatus.NOT_FOUND, f"There is no view {request.method} {request.path}.")

    def _describe(self, _request: ViewRequest) -> Mapping[str, object]:
        local = self._stack.local
        test_code = self._stack.parameters_now().get("TestEventCode", "")
        return {
            "banner": advice.TEST_CODE_ON if test_code else "",
            "name": self._stack.name,
            "where": self._stack.where,
            "local": local is not None,
            "simulator": local is not None and bool(local.simulator_url),
            "api_url": self._stack.api_url,
            "states": STATES,
            "kinds": KINDS,
            "samples": sorted(self._samples),
        }

    # ── events ─────────────────────────────────────────────────────────────────────────────────────────────

    def _events(self, request: ViewRequest) -> Mapping[str, object]:
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise ViewError(HTTPStatus.BAD_REQUEST, "since is a whole number.")
        sequence, events = self._feed.events_since(int(since))
        return {"sequence": sequence, "events": events, "problem": self._feed.problem}

    def _event(self, key: str) -> Mapping[str, object]:
        row = self._feed.row(key)
        if row is None:
            raise ViewError(HTTPStatus.NOT_FOUND, "This event is not known here (any more).")
        trace, state = row.trace, row.trace.state or "accepted"
        facts = {
            "event id": row.arrival.get("event_id") or (f"(digest {trace.digest})" if trace.digest else ""),
            "order id digest": trace.order_digest,
            "route": trace.route,
            "sender": trace.sender,
            "destination": trace.destination,
            "match quality": "" if trace.match_quality is None else f"{trace.match_quality:g} of 10",
            "trace id": trace.trace_id,
            "TikTok's request id": next(
                (
                    str(hop.details["tiktok_request_id"])
                    for hop in reversed(trace.hops)
                    if hop.details.get("tiktok_request_id")
                ),
                "",
            ),
        }
        outgoing = show_fields(row.arrival["item"]) if "item" in row.arrival else None
        arrived = arrivals.read(trace.came_in)
        compared = arrivals.compare(
            arrived.arrivals, outgoing, trace.findings, trace.match_keys, goes_out=state not in NOT_SENT
        )
        return {
            "key": key,
            "event": trace.event or trace.route,
            "state": state,
            "advice": advice.for_state(state, trace.hops[-1].details if trace.hops else {}),
            "facts": {name: value for name, value in facts.items() if value},
            "hops": [show_hop(hop) for hop in trace.hops],
            "findings": [_explain(code, path, trace, arrived) for code, path in trace.findings],
            "fields": [compared_row.as_json() for compared_row in compared],
            "unknown_fields": arrived.unknown,
            "cut": arrived.cut,
            "item_is_known": outgoing is not None,
        }

    # ── figures ────────────────────────────────────────────────────────────────────────────────────────────

    def _quality(self, _request: ViewRequest) -> Mapping[str, object]:
        rows = match_quality_rows(self._feed.rows(), _gains)
        keys = list(dict.fromkeys(key for row in rows for key in row["coverage"]))
        order = {key: index for index, key in enumerate(match_quality.POINTS["web"])}
        return {"rows": rows, "keys": sorted(keys, key=lambda key: (order.get(key, 99), key))}

    def _diagnostics(self, _request: ViewRequest) -> Mapping[str, object]:
        received, findings = self._feed.findings()
        rows = [
            {
                "code": code,
                "severity": finding.severity,
                "events": finding.count,
                "share": finding.count / received if received else 0.0,
                "first_at": finding.first_at,
                "last_at": finding.last_at,
                "action": advice.explain(code)["message"],
            }
            for code, finding in findings.items()
        ]
        return {
            "rows": sorted(rows, key=lambda row: (row["severity"] != "error", -float(str(row["events"]))))
        }

    def _timings(self, _request: ViewRequest) -> Mapping[str, object]:
        return timings(self._feed.rows())

    # ── dead letters ───────────────────────────────────────────────────────────────────────────────────────

    def _dead_letters(self, _request: ViewRequest) -> Mapping[str, object]:
        queues = self._stack.queues()
        with reading(queues.sqs, queues.dead_letter_queue_url, READ_SECONDS) as dead_letters:
            rows = [_dead_letter_row(dead_letter) for dead_letter in dead_letters.values()]
            return {"rows": rows, "not_read": dead_letters.not_read}

    def _replay(self, request: ViewRequest) -> Mapping[str, object]:
        ids = request.body.get("ids") if isinstance(request.body, dict) else None
        if not isinstance(ids, list) or not ids or not all(isinstance(letter_id, str) for letter_id in ids):
            raise ViewError(HTTPStatus.BAD_REQUEST, "ids is a list of message ids, with at least one.")
        queues = self._stack.queues()
        result, requested = Replay(selected=len(ids)), set(ids)
        with reading(queues.sqs, queues.dead_letter_queue_url, REPLAY_SECONDS) as dead_letters:
            chosen = [
                dead_letter for dead_letter in dead_letters.values() if dead_letter.message_id in requested
            ]
            replay(queues, chosen, REPLAY_RATE, result, dead_letters)
        return {"requested": len(ids), "replayed": result.sent, "not_sent": result.not_sent}

    # ── payload helper ─────────────────────────────────────────────────────────────────────────────────────

    def _sample(self, name: str) -> Mapping[str, object]:
        path = self._samples[name]
        body = json.loads(samples.fresh(path.read_bytes(), time()))
        kind = path.parent.name if path.parent.name in evaluation.WEBHOOK_SENDERS else "events"
        return {"text": json.dumps(body, indent=2, ensure_ascii=False), "kind": kind}

    def _payload(self, request: ViewRequest) -> tuple[bytes, str, str]:
        """The pasted body, its kind and its topic. Raises ViewError where it is not JSON."""
        body = request.body if isinstance(request.body, dict) else {}
        text, kind = body.get("text"), body.get("kind", "auto")
        if not isinstance(text, str) or kind not in KINDS:
            raise ViewError(HTTPStatus.BAD_REQUEST, f"text is the payload, kind one of {', '.join(KINDS)}.")
        raw = text.encode("utf-8", "surrogatepass")
        value = evaluation.parse_body(raw)
        if isinstance(value, BodyProblem):
            raise ViewError(HTTPStatus.BAD_REQUEST, value.message)
        recognised, topic = evaluation.recognise(value)
        return raw, recognised if kind == "auto" else kind, topic if kind in ("auto", recognised) else ""

    def _check(self, request: ViewRequest) -> Mapping[str, object]:
        raw, kind, topic = self._payload(request)
        outcome = evaluation.evaluate(raw, kind, Settings(time()), topic=topic)
        if isinstance(outcome, BodyProblem):
            raise ViewError(HTTPStatus.BAD_REQUEST, outcome.message)
        ignored = [assessment for assessment in outcome if assessment.state == "ignored"]
        events = [assessment for assessment in outcome if assessment.state != "ignored"]
        received = _received_events(raw, kind)
        return {
            "kind": kind,
            "topic": topic,
            "ignored": evaluation.ignored_because(ignored[0].reason) if ignored else "",
            "events": [
                _assessment(assessment, received, is_event=kind == "events")
                for assessment in events[:MAX_CHECKED]
            ],
            "more": max(len(events) - MAX_CHECKED, 0),
            "requests": _requests(events),
            "commands": self._commands(kind, topic, raw) if events or ignored else {},
        }

    def _commands(self, kind: str, topic: str, raw: bytes) -> dict[str, str]:
        body = raw.decode("utf-8", "replace")
        if kind != "events":
            option = f" --topic {shlex.quote(topic)}" if topic else ""
            return {"relay": f"relay send{option} --sender {kind} body.json", "body.json": body}
        url = f"{self._stack.api_url}/v1/events"
        return {
            "curl": f'curl {shlex.quote(url)} -H "Authorization: Bearer $RELAY_SERVER_KEY" '
            f"-H 'Content-Type: application/json' -d {shlex.quote(body)}",
            "Python": "import os\nimport requests\n\n"
            f"response = requests.post(\n    {url!r},\n    data={body!r}.encode(),\n"
            '    headers={"Authorization": f"Bearer {os.environ[\'RELAY_SERVER_KEY\']}", '
            '"Content-Type": "application/json"},\n    timeout=10,\n)\nprint(response.status_code, '
            "response.json())",
            "relay": f"printf %s {shlex.quote(body)} | relay send -",
        }

    def _send(self, request: ViewRequest) -> Mapping[str, object]:
        if self._stack.local is None:
            raise ViewError(
                HTTPStatus.FORBIDDEN, "The console sends to a local stack only. Use `relay send`."
            )
        # Its key and secrets may have been rotated since the console was started.
        local = stacks.local_stack(str(self._stack.local.folder))
        raw, kind, topic = self._payload(request)
        if kind == "events":
            path = "/v1/events"
            headers = {"authorization": f"Bearer {local.server_key}", "content-type": "application/json"}
        else:
            path = f"/v1/webhooks/{kind}"
            headers = signing.headers(kind, raw, local.webhook_secrets.get(kind, ""), topic=topic, now=time())
        response = web.request("POST", local.api_url + path, raw, headers)
        return {"status": response.phrase, "body": response.json()}

    # ── the simulator's faults ─────────────────────────────────────────────────────────────────────────────

    def _simulator(self, method: str, body: object = None) -> Any:
        local = self._stack.local
        if local is None or not local.simulator_url:
            raise ViewError(HTTPStatus.NOT_FOUND, "Only a local stack has a TikTok simulator.")
        raw = None if body is None else json.dumps(body).encode()
        return web.request(method, f"{local.simulator_url}/_sim/faults", raw).json()

    def _faults(self, _request: ViewRequest) -> Mapping[str, object]:
        standard = {"id", "kind", "seen", "struck"}
        faults = [
            {
                **{name: fault.get(name) for name in standard},
                "options": {name: value for name, value in fault.items() if name not in standard},
            }
            for fault in (self._simulator("GET") or {}).get("faults", [])
        ]
        kinds = [{"name": name, "title": title, "fault": fault} for name, (title, fault) in FAULTS.items()]
        return {"kinds": kinds, "faults": faults}

    def _add_fault(self, request: ViewRequest) -> Mapping[str, object]:
        answer = self._simulator("POST", request.body)
        if not isinstance(answer, dict) or "error" in answer:
            raise ViewError(
                HTTPStatus.BAD_REQUEST, str((answer or {}).get("error", "The simulator rejected it."))
            )
        return dict(answer)

    def _clear_faults(self, _request: ViewRequest) -> Mapping[str, object]:
        return dict(self._simulator("DELETE") or {})


class SimulatorArrivals:
    """Events that the local simulator received since the last poll."""

    def __init__(self, simulator_url: str) -> None:
        self._url = simulator_url
        self._offset = 0

    def poll(self) -> list[dict[str, Any]]:
        """The new ones, at most 1,000. Raises CliError where the simulator does not respond."""
        answer = web.request(
            "GET", f"{self._url}/_sim/events?items=true&limit=1000&offset={self._offset}", seconds=5.0
        ).json()
        if not isinstance(answer, dict) or not isinstance(answer.get("events"), list):
            return []
        if int(answer.get("total", 0)) < self._offset:
            self._offset = 0  # it was reset
            return []
        found: list[dict[str, Any]] = answer["events"]
        self._offset += len(found)
        return found


def _find_samples(folder: Path | None) -> dict[str, Path]:
    if folder is None:
        return {}
    kinds = ("server", *evaluation.WEBHOOK_SENDERS)
    return {
        f"{path.parent.name}/{path.stem}": path
        for kind in kinds
        for path in sorted((folder / kind).glob("*.json"))
    }


def _digest(request: ViewRequest) -> Mapping[str, object]:
    return {"digest": digest(request.query.get("id", ""))}


def _gains(source: str, keys: Sequence[str]) -> list[tuple[str, float]]:
    """What each missing match key would add to the score, for one event source."""
    if source not in match_quality.POINTS:
        return []
    now = match_quality.score(source, keys)
    missing = {
        key: [field for field in match_quality.fields_of(key) if field not in keys]
        for key in match_quality.POINTS[source]
    }
    return [
        (match_quality.describe(key), match_quality.score(source, [*keys, *added]) - now)
        for key, added in missing.items()
        if added
    ]


def _received_events(raw: bytes, kind: str) -> list[object]:
    """The events of a pasted body as they came; a webhook is one."""
    value = evaluation.parse_body(raw)
    if kind == "events" and isinstance(value, dict):
        for name in ("data", "events"):
            if isinstance(value.get(name), list):
                return list(value[name])
    if kind == "events" and isinstance(value, list):
        return list(value)
    return [value]


def _assessment(assessment: Assessment, received: Sequence[object], *, is_event: bool) -> dict[str, object]:
    incoming = received[min(assessment.index, len(received) - 1)] if received else {}
    source = assessment.destinations[0].event_source if assessment.destinations else "web"
    gains = _gains(source, assessment.match_keys) if assessment.match_quality is not None else []
    return {
        "index": assessment.index,
        "event": assessment.event,
        "state": assessment.state,
        "match_quality": assessment.match_quality,
        "improvements": [
            {"key": key, "gain": gain}
            for key, gain in sorted(gains, key=lambda each: -each[1])[:3]
            if gain > 0
        ],
        "findings": [
            *({"severity": "error", **finding.as_json()} for finding in assessment.errors),
            *({"severity": "warning", **finding.as_json()} for finding in assessment.warnings),
        ],
        "fields": _compared(assessment, show_fields(incoming), is_event=is_event),
    }


def _compared(
    assessment: Assessment, incoming: list[dict[str, str]], *, is_event: bool
) -> list[dict[str, object]]:
    """What came in beside what goes out. A platform's body has fields of its own: only what goes out."""
    outgoing = show_fields(json.loads(assessment.item)) if assessment.item else []
    found = [(finding.code, finding.field) for finding in (*assessment.errors, *assessment.warnings)]
    arrived = arrivals.from_fields(incoming) if is_event else ()
    rows = arrivals.compare(
        list(arrived), outgoing, found, goes_out=bool(assessment.item), webhook=not is_event
    )
    return [row.as_json() for row in rows]


def _requests(assessments: Sequence[Assessment]) -> list[str]:
    """The exact requests to TikTok, one for each destination: their JSON, indented to be read."""
    items: dict[Any, list[str]] = {}
    for assessment in assessments:
        for destination in assessment.destinations:
            items.setdefault(destination, []).append(assessment.item)
    return [
        f"POST {TRACK_PATH}\nAccess-Token: (from the secret)\n\n"
        + json.dumps(json.loads(tiktok.encode_body(destination, texts)), indent=2, ensure_ascii=False)
        for destination, texts in items.items()
    ]


def _explain(code: str, path: str, trace: Trace, arrived: Description) -> dict[str, str]:
    """A finding of a log line, with what is known of the field and of the event."""
    about = next((arrival for arrival in arrived.arrivals if arrival.field == path), None)
    found, _, expected = (about.kind if about else "").partition(", not ")
    if code.startswith("event_"):
        expected = SOFT_DEPRECATED.get(trace.event) or trace.event
    return advice.explain(code, path, actual=found, expected=expected)


def _dead_letter_row(dead_letter: DeadLetter) -> dict[str, object]:
    item = dead_letter.item or {}
    return {
        "id": dead_letter.message_id,
        "received_at": dead_letter.received_at,
        "event": str(item.get("event", "")),
        "event_id": str(item.get("event_id", "")),
        "reason": dead_letter.reason,
        "code": dead_letter.code,
        "message": dead_letter.attributes.get("tiktok_message") or dead_letter.attributes.get("detail", ""),
        "destination": dead_letter.destination,
    }
