"""The pages about webhooks say what the tables say."""

import re
from pathlib import Path

import pytest

from relay.webhooks import attribution, registry, shopify, stripe, woocommerce
from relay.webhooks.provider import REASONS

DOCS = Path(__file__).parents[2] / "docs"
BECOMES = (DOCS / "webhook-mapping.md").read_text()
PAGES = sorted((DOCS / "providers").glob("*.md"))


def rows(section: str) -> dict[str, str]:
    """The rows of a section's tables: each word in backticks of the first column → the second column."""
    found: dict[str, str] = {}
    text = BECOMES.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) > 1:
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells[1])
    return found


@pytest.mark.parametrize(
    ("section", "topics"), [("Shopify", shopify.TOPICS), ("WooCommerce", woocommerce.TOPICS)]
)
def test_each_topic_is_on_the_page_with_what_becomes_of_it(section: str, topics: dict[str, object]) -> None:
    said = rows(section)
    for topic, rule in topics.items():
        assert said[topic].startswith(f"nothing (`{rule}`)" if isinstance(rule, str) else ""), topic


def test_each_event_of_stripes_is_on_the_page_with_what_becomes_of_it() -> None:
    said = rows("Stripe")
    counted = {kind: shape.event for family in stripe.FAMILIES.values() for kind, shape in family.items()}
    for kind, event in counted.items():
        assert said[kind].startswith(event)
    for kind in stripe.IGNORED.keys() - counted.keys():
        assert said[kind] == f"nothing (`{stripe.IGNORED[kind]}`)"


def test_each_reason_is_explained() -> None:
    assert rows("Why something became nothing").keys() >= REASONS.keys()


def test_each_name_that_a_page_may_carry_is_documented() -> None:
    text = (DOCS / "providers" / "README.md").read_text()
    assert all(f"| `{name}` |" in text for name in attribution.PATTERNS)
    assert all(f"`{word}`" in text for word in attribution.REFUSED)


@pytest.mark.parametrize("sender", registry.MODULES)
def test_each_sender_has_a_page(sender: str) -> None:
    page = DOCS / "providers" / f"{'standard-webhooks' if sender == 'standard' else sender}.md"
    assert f"/v1/webhooks/{sender}`" in page.read_text()


@pytest.mark.parametrize("page", [*PAGES, DOCS / "webhook-mapping.md"], ids=lambda page: page.name)
def test_each_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#h][^)#]*)", page.read_text()):
        assert (page.parent / target).exists(), target
