"""The demo: the stack up, one of everything in `events/` sent, what TikTok received of it shown, all down."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from rich.console import Console
from rich.table import Table

from local import samples
from local.samples import Sample
from local.stack import StackError, StackInfo, end_on_signals, local_stack
from relay_senders import signing

DELIVERY_SECONDS: Final[float] = 60.0
"""Delivery takes a second or two here; beyond a minute something is wrong, and waiting shows nothing."""

POLL_SECONDS: Final[float] = 0.2
WIDE: Final[int] = 150
"""Columns where the output is no terminal, so that a log shows the table whole."""

PLAIN: Final[frozenset[str]] = frozenset(
    {"ttclid", "ttp", "ip", "user_agent", "locale", "city", "state", "country"}
)
SHOWN_DIGITS: Final[int] = 8


@dataclass(slots=True)
class Sent:
    """A sample that was sent, what the relay answered, and what TikTok has of it by now."""

    sample: Sample
    status: int
    answer: dict[str, Any]
    received: dict[str, dict[str, Any]] = field(default_factory=dict)

    def awaited(self) -> list[str]:
        """The `event/event_id` of each event that the relay took on."""
        return [_key(entry) for entry in self.answer.get("accepted", [])]

    def as_it_should(self) -> bool:
        """Whether TikTok has every event of the sample, or the relay left it out for the right reason."""
        if self.sample.ignored is not None:
            return self.answer.get("reason") == self.sample.ignored
        awaited, events = self.awaited(), 1
        if self.sample.sender == "server":
            events = len(list(samples.events(self.sample.body)))
        return len(awaited) == events and set(awaited) <= self.received.keys()

    def outcome(self) -> str:
        """The answer in a word or two."""
        # Of a problem, `status` is the number again.
        word = self.answer.get("code") or self.answer.get("status")
        return f"{self.status} {word}" if word else str(self.status)

    def warnings(self) -> list[str]:
        """The codes of what the relay warned of."""
        return [warning["code"] for entry in self.answer.get("accepted", []) for warning in entry["warnings"]]


def main() -> int:
    """Runs the demo; gives the exit code: 0 when everything that was sent came out as it should."""
    end_on_signals()
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    started = time.monotonic()
    try:
        with local_stack(say=lambda text: console.print(text, highlight=False, markup=False)) as stack:
            sent = _send(stack, console)
            _wait(stack, sent, console)
        console.print(_table(sent))
    except (StackError, requests.RequestException) as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted: nothing is left running")
        return 130
    right = [entry for entry in sent if entry.as_it_should()]
    ignored = sum(entry.sample.ignored is not None for entry in right)
    events = {key for entry in sent for key in entry.received}
    kinds = {key.partition("/")[0] for key in events}
    console.print(
        f"{len(right)} of {len(sent)} samples came out as they should: {len(events)} events of {len(kinds)} "
        f"kinds delivered, {ignored} samples ignored on purpose, "
        f"in {time.monotonic() - started:.0f} s with everything; nothing is left running.",
        style="green" if len(right) == len(sent) else "red",
    )
    return 0 if len(right) == len(sent) else 1


def _send(stack: StackInfo, console: Console) -> list[Sent]:
    sent = []
    with requests.Session() as session:
        session.trust_env = False
        for sample in samples.load(time.time()):
            answer = session.post(
                stack.api_url + sample.route,
                data=sample.body,
                headers=_headers(stack, sample),
                timeout=DELIVERY_SECONDS,
            )
            sent.append(Sent(sample, answer.status_code, answer.json()))
    console.print(
        f"sent {len(sent)} samples to {stack.api_url}; waiting for TikTok to have them", markup=False
    )
    return sent


def _headers(stack: StackInfo, sample: Sample) -> dict[str, str]:
    secret = stack.webhook_secrets.get(sample.sender)
    if secret is None:
        return {"authorization": f"Bearer {stack.server_key}", "content-type": "application/json"}
    return signing.headers(sample.sender, sample.body, secret, topic=sample.topic, now=time.time())


def _wait(stack: StackInfo, sent: list[Sent], console: Console) -> None:
    deadline = time.monotonic() + DELIVERY_SECONDS
    while True:
        received = {_key(entry): entry for entry in _received(stack)}
        for entry in sent:
            entry.received = {key: received[key] for key in entry.awaited() if key in received}
        if all(set(entry.awaited()) <= entry.received.keys() for entry in sent):
            return
        if time.monotonic() > deadline:
            console.print(f"gave up after {DELIVERY_SECONDS:.0f} s", style="red")
            return
        time.sleep(POLL_SECONDS)


def _received(stack: StackInfo) -> list[dict[str, Any]]:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{stack.simulator_url}/_sim/events", params={"limit": 1000}, timeout=DELIVERY_SECONDS
        )
        answer.raise_for_status()
        events: list[dict[str, Any]] = answer.json()["events"]
        return events


def _key(event: dict[str, Any]) -> str:
    return f"{event['event']}/{event['event_id']}"


def _table(sent: list[Sent]) -> Table:
    table = Table(title="What was sent, and what TikTok received", show_lines=True)
    for heading in ("sample", "answer", "TikTok received", "identifiers (digests cut short)", "warnings"):
        table.add_column(heading, overflow="fold")
    for entry in sent:
        received = entry.received.values()
        table.add_row(
            entry.sample.name,
            entry.outcome(),
            "\n".join(_about(event["item"]) for event in received) or _nothing(entry),
            "\n".join(dict.fromkeys(_people(event["item"]) for event in received)),
            ", ".join(entry.warnings()) or "none",
            style=None if entry.as_it_should() else "red",
        )
    return table


def _nothing(sent: Sent) -> str:
    return f"nothing: {sent.answer['detail']}" if "detail" in sent.answer else "nothing"


def _about(item: dict[str, Any]) -> str:
    about = item.get("properties", {})
    money = f"{about['value']} {about['currency']}" if "value" in about else ""
    contents = ", ".join(content["content_id"] for content in about.get("contents", []))
    return " · ".join(
        filter(None, (item["event"], item["event_id"], money, contents, about.get("search_string")))
    )


def _people(item: dict[str, Any]) -> str:
    shown = []
    for name, value in item.get("user", {}).items():
        values = value if isinstance(value, list) else [value]
        shown.append(
            name if name in PLAIN else f"{name} {', '.join(entry[:SHOWN_DIGITS] + '…' for entry in values)}"
        )
    return ", ".join(shown)


if __name__ == "__main__":
    sys.exit(main())
