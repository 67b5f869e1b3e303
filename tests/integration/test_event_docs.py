"""docs/events.md: its tables are what the code makes, its examples what the handler answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from relay.event.model import FLAT_FIELDS
from relay.findings import CHECKS
from tests.integration.conftest import Ingest
from tools import event_docs

pytestmark = pytest.mark.integration

PAGE = event_docs.PATH.read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"<!-- post -->\n```json\n(.*?)```\n\n<!-- answer (\d+) -->\n```json\n(.*?)```", PAGE, re.DOTALL
)


def test_tables_are_what_the_code_makes() -> None:
    assert event_docs.filled(PAGE) == PAGE, "run `make openapi`"


def test_every_table_has_its_place() -> None:
    assert sorted(re.findall(r"<!-- made: ([\w-]+) -->", PAGE)) == sorted(event_docs.TABLES)
    assert PAGE.count("<!-- end -->") == len(event_docs.TABLES)


def test_every_check_is_documented() -> None:
    assert [code for code in CHECKS if f"| `{code}` | {CHECKS[code].severity} |" not in PAGE] == []


def test_every_field_is_documented() -> None:
    assert [name for name in FLAT_FIELDS if f"`{name}`" not in PAGE] == []


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert [link for link in links if not (Path(event_docs.PATH).parent / link).exists()] == []


@pytest.mark.parametrize(("sent", "status", "answered"), EXAMPLES)
def test_example_is_answered_as_it_says(
    ingest_function: Ingest, sent: str, status: str, answered: str
) -> None:
    answer = ingest_function.request(body=json.loads(sent))
    assert answer["statusCode"] == int(status)
    # A title is the standard's name of the status, which Python 3.13 knows by its newer one.
    assert untitled(answer["json"]) == untitled(json.loads(answered))


def untitled(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "title"}


def test_no_example_is_omitted() -> None:
    assert len(EXAMPLES) == PAGE.count("```json") / 2 >= 4
