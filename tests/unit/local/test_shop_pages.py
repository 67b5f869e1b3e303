"""The pages of the demo shop: one layout around the content of each."""

import re

import pytest

from local.shop.__main__ import PAGES, TITLES, fill_in, lay_out

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
