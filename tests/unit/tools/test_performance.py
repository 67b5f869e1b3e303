"""The performance page and the README's lines hold what the published results hold, and nothing else."""

import json
import re
import statistics
import subprocess
from pathlib import Path

import pytest

from benchmarks import measured
from benchmarks.budgets import BUDGETS
from tests.support.rows import every_row
from tools import performance
from tools.performance import GROUPS, PAGE, PLOT, PLOTS, README, TEXTS, filled, read_results

MACHINES = read_results()
FILES = {f"{machine} {name}": found for machine in MACHINES for name, found in MACHINES[machine].items()}
FIGURES = {(file, name): FILES[file]["figures"][name] for file in FILES for name in FILES[file]["figures"]}


@pytest.mark.parametrize("path", [PAGE, README], ids=lambda path: path.name)
def test_the_page_is_what_the_results_make(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert filled(text, MACHINES) == text, "run `make performance`"


def test_every_text_stands_in_one_of_the_pages() -> None:
    both = PAGE.read_text(encoding="utf-8") + README.read_text(encoding="utf-8")
    for name in TEXTS:
        assert both.count(f"<!-- made: {name} -->") == 1, name
    assert f"]({PLOT.name})" in both
    assert PLOT.stat().st_size > 0


DECISIONS = PAGE.parent / "decisions"
BY_HAND = (PAGE, DECISIONS / "cost-of-a-request.md", DECISIONS / "cost-of-intake.md")
FIGURE = re.compile(r"\d[\d.,]*\s?(?:(?:µs|ms|s|MB|KB|times|records|milliseconds|microseconds)\b|×|%)")


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.name)
def test_no_figure_is_written_by_hand(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    by_hand = re.sub(r"<!-- made: [\w-]+ -->.*?<!-- end -->", "", text, flags=re.DOTALL)
    assert not FIGURE.findall(by_hand)
    assert path == PAGE or "](../performance.md" in text


@pytest.mark.parametrize("figure", ["2.1 ms", "1.45 times", "3.6 × its floor", "some 500\nms", "14 %"])
def test_a_figure_is_recognised(figure: str) -> None:
    assert FIGURE.search(figure)


# ── publishing ─────────────────────────────────────────────────────────────────────────────────────────────


def test_results_beside_uncommitted_changes_are_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest, published = tmp_path / "latest", tmp_path / "published"
    latest.mkdir()
    published.mkdir()
    monkeypatch.setattr(performance, "LATEST", latest)
    monkeypatch.setattr(performance, "RESULTS", published)
    machine = {"cpu": "Intel(R) Xeon(R) Processor, family 6"}
    (latest / "bench.json").write_text(json.dumps({"commit": "1e983d1", "machine": machine}))
    (latest / "peers.json").write_text(json.dumps({"commit": "1e983d1-dirty", "machine": machine}))
    with pytest.raises(SystemExit, match=r"peers\.json was measured at 1e983d1-dirty"):
        performance.publish()
    assert not list(published.iterdir())
    (latest / "peers.json").unlink()
    performance.publish()
    assert [path.relative_to(published) for path in published.glob("*/*")] == [
        Path("intel-xeon-family-6/bench.json")
    ]


def test_published_results_name_a_commit_and_the_code() -> None:
    for name, found in FILES.items():
        assert re.fullmatch(r"[0-9a-f]{7,40}", found["commit"]), name
        assert re.fullmatch(r"[0-9a-f]{16}", found["code"]), name


def test_digest_of_the_code_follows_tracked_files_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True, capture_output=True)

    for folder in (*measured.FOLDERS, "docs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("1")
    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a")
    digest, commit = measured.code_digest(tmp_path), measured.commit(tmp_path)
    (tmp_path / "functions/untracked.txt").write_text("1")
    assert (measured.code_digest(tmp_path), measured.commit(tmp_path)) == (digest, commit)
    (tmp_path / "docs/a.txt").write_text("2")
    assert measured.code_digest(tmp_path) == digest
    assert measured.commit(tmp_path) == commit + measured.DIRTY
    (tmp_path / "layers/a.txt").write_text("2")
    assert measured.code_digest(tmp_path) != digest


@every_row(("file", "name"), FIGURES)
def test_a_figure_is_what_its_runs_say(file: str, name: str) -> None:
    figure = FIGURES[file, name]
    assert figure["median"] == statistics.median(figure["runs"])
    assert (figure["lowest"], figure["highest"]) == (min(figure["runs"]), max(figure["runs"]))
    assert name.partition(".")[0] in GROUPS, "the page has no such group"


@pytest.mark.parametrize("machine", MACHINES)
def test_every_budget_was_checked_and_is_reported_as_it_is(machine: str) -> None:
    files = MACHINES[machine].values()
    checked = {budget["figure"]: budget for found in files for budget in found["budgets"]}
    figures = {name: figure for found in files for name, figure in found["figures"].items()}
    assert set(checked) == {budget.figure for budget in BUDGETS}
    for budget in BUDGETS:
        published = checked[budget.figure]
        assert (published["bound"], published["limit"]) == (budget.bound, budget.limit)
        assert published["kept"] == budget.holds(figures[budget.figure]["median"]), budget.figure


@pytest.mark.parametrize("machine", MACHINES)
def test_the_plot_shows_figures_that_exist(machine: str) -> None:
    figures = {name for found in MACHINES[machine].values() for name in found["figures"]}
    assert {name for _, _, names in PLOTS for name in names} <= figures
