"""The documentation: its generated pages are fresh, its examples run, its links lead somewhere."""

import os
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
    page: Path, tmp_path: Path, runstone_server: Callable[..., RunningServer]
):
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    if SERVER_IN_EXAMPLES in code:
        code = code.replace(SERVER_IN_EXAMPLES, runstone_server().url)
    script = tmp_path / "example.py"
    script.write_text(code)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", _named(PAGES))
def test_the_links_of_a_page_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert missing == []


def test_every_setting_and_operation_stands_in_the_reference():
    from runstone import settings
    from runstone.wire.operations import OPERATIONS

    assert len(settings.ALL) > 10
    for setting in settings.ALL:
        assert f"`{setting.name}`" in docs.settings_page()
    for operation in OPERATIONS:
        assert f"`{operation.path}`" in docs.operations_page()
