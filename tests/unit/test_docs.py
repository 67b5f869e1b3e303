"""The pages about webhooks say what the tables say; the links of every page lead somewhere."""

import re
from pathlib import Path

import pytest

from relay.webhooks import attribution, registry, shopify, stripe, woocommerce
from relay.webhooks.options import FORWARDABLE
from relay.webhooks.provider import LOST, REASONS
from tests.support.rows import every_row
from tests.support.template import TEMPLATE

DOCS = Path(__file__).parents[2] / "docs"
BECOMES = (DOCS / "webhook-mapping.md").read_text()


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
    documented = rows(section)
    for topic, rule in topics.items():
        assert documented[topic].startswith(f"nothing (`{rule}`)" if isinstance(rule, str) else ""), topic


def test_each_event_of_stripes_is_on_the_page_with_what_becomes_of_it() -> None:
    documented = rows("Stripe")
    counted = {kind for family in stripe.FAMILIES.values() for kind in family}
    for kind in counted:
        assert documented[kind].startswith(("Purchase", "Subscribe"))
    for kind in stripe.IGNORED.keys() - counted:
        assert documented[kind] == f"nothing (`{stripe.IGNORED[kind]}`)"


def test_each_reason_is_explained() -> None:
    assert rows("Why a webhook becomes nothing").keys() >= REASONS.keys()


def test_each_reason_that_rings_an_alarm_says_so() -> None:
    documented = rows("Why a webhook becomes nothing")
    assert {reason for reason, text in documented.items() if "An alarm rings" in text} == LOST


def test_each_parameter_of_webhooks_is_explained_with_its_values() -> None:
    documented = rows("Parameters")
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (names,) = (group["Parameters"] for group in groups if "ebhooks" in group["Label"]["default"])
    assert documented.keys() >= set(names)
    for name in names:
        for value in TEMPLATE["Parameters"][name].get("AllowedValues", []):
            assert f"`{value}`" in documented[name]
    assert all(f"`{reason}`" in documented["AlsoForward"] for reason in FORWARDABLE)


def test_each_name_that_a_page_may_carry_is_documented() -> None:
    text = (DOCS / "providers" / "README.md").read_text()
    assert all(f"| `{name}` |" in text for name in attribution.PATTERNS)
    assert all(f"`{word}`" in text for word in attribution.CONSENT_DENIED)


@pytest.mark.parametrize("name", registry.PROVIDERS)
def test_each_provider_has_a_page_of_its_own_and_is_listed(name: str) -> None:
    title = registry.load_provider(name).title
    assert f"{registry.ROUTE_PREFIX}{name}`" in (DOCS / "providers" / f"{name}.md").read_text()
    assert f"[{title}]({name}.md)" in (DOCS / "providers/README.md").read_text()
    assert f"`{name}`" in (DOCS / "providers/README.md").read_text().partition("## The secret")[0]
    assert rows(title)
    assert f"`{name}/`" in (DOCS.parent / "events/README.md").read_text()


ROOT = DOCS.parent
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "events", "local", "cli") for page in (ROOT / folder).rglob("*.md")),
    }
)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_row("page", PAGES)
def test_each_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"https?:|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@every_row("page", PAGES)
def test_no_command_has_a_comment_behind_it(page: Path) -> None:
    # zsh, the shell of macOS, reads a pasted `# your stack's` as arguments and an open quotation mark.
    commands = r"make|relay|export|eval|pipx|uvx|aws|git|curl|openssl|\S+/bin/\w+"
    found = re.findall(rf"^ {{4,}}(?:{commands})\b.* # .*$", page.read_text(), flags=re.MULTILINE)
    assert found == []
