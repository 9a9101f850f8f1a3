"""The documentation: its generated pages are fresh, its examples run, its links lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import RunningServer
from tools import docs

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
)
WITH_EXAMPLES = [page for page in PAGES if "```python" in page.read_text()]
SERVER_IN_EXAMPLES = "http://127.0.0.1:5000"


def _named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


def test_the_generated_pages_are_fresh():
    assert docs.stale() == [], "run `python tools/docs.py`"


@pytest.mark.parametrize("page", _named(WITH_EXAMPLES))
def test_the_examples_of_a_page_run(
    page: Path,
    tmp_path: Path,
    runstone_server: Callable[..., RunningServer],
    shim_environment: dict[str, str],
):
    for code in docs.programs(page):
        if SERVER_IN_EXAMPLES in code:
            code = code.replace(SERVER_IN_EXAMPLES, runstone_server().url)
        (tmp_path / "example.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "-W", "error", "example.py"],
            cwd=tmp_path,
            env=shim_environment,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", _named(PAGES))
def test_the_links_of_a_page_lead_to_files_and_headings(page: Path):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    missing = [link for link in links if "://" not in link and not _leads_somewhere(page, link)]
    assert missing == []


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_setting_and_operation_stands_in_the_reference():
    from runstone import settings
    from runstone.wire.operations import OPERATIONS

    assert len(settings.ALL) > 10
    for setting in settings.ALL:
        assert f"`{setting.name}`" in docs.settings_page()
    for operation in OPERATIONS:
        assert f"`{operation.path}`" in docs.operations_page()
