"""The demo shop: one layout around the content of each page, and nothing for pages of other sites."""

import http.client
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from local.shop.__main__ import PAGES, TITLES, Shop, fill_in, lay_out

NAMES = sorted(path.stem for path in PAGES.glob("*.html"))


def test_each_page_has_a_title_and_each_title_a_page() -> None:
    assert sorted(TITLES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole(name: str) -> None:
    content = (PAGES / f"{name}.html").read_text(encoding="utf-8")
    page = lay_out(name, content)
    assert content in page
    assert f"<title>{TITLES[name]} · Demo shop</title>" in page
    assert f'<body data-page="{name}">' in page
    assert set(re.findall(r"{{(\w+)}}", page)) == {"api_url"}


@pytest.mark.parametrize("name", NAMES)
def test_the_script_has_a_function_for_each_page(name: str) -> None:
    assert re.search(rf"^    {name} \(\) {{$", (PAGES / "shop.js").read_text(encoding="utf-8"), re.MULTILINE)


def test_values_are_filled_in() -> None:
    assert fill_in("{{a}} {{b}} {{a}}", {"a": "1"}) == "1 {{b}} 1"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shop, tmp_path / "stack.json", "PIXEL"))
    threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def status_of(port: int, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.loopback
@pytest.mark.parametrize("headers", [{"Host": "attacker.example"}, {"Origin": "https://attacker.example"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/received"), ("POST", "/pay"), ("GET", "/")])
def test_page_of_another_site_gets_nothing(
    port: int, method: str, path: str, headers: dict[str, str]
) -> None:
    assert status_of(port, method, path, headers) == 403


@pytest.mark.loopback
def test_own_page_is_served(port: int) -> None:
    assert status_of(port, "GET", "/", {"Origin": f"http://127.0.0.1:{port}"}) == 200
