"""What happens to a tier that this machine lacks something for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LACKING = """
from tests.tiers import tier_missing

def test_that_needs_a_browser():
    tier_missing("ui", "there is no browser", "apt-get install chromium")
"""


def run_pytest(folder: Path, required: str) -> tuple[int, str]:
    (folder / "test_lacking.py").write_text(LACKING)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), str(folder)]
    variables = os.environ | {"RUNSTONE_REQUIRE": required}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_lacking_tier_is_skipped_with_the_command_that_enables_it(tmp_path: Path) -> None:
    status, report = run_pytest(tmp_path, "")
    assert status == 0
    assert "ui: there is no browser. To enable: apt-get install chromium" in report
    closing = report.splitlines()[-1]
    assert closing.startswith("=")
    assert "1 skipped" in closing


def test_a_lacking_tier_fails_where_it_is_required(tmp_path: Path) -> None:
    for required in ("ui", "compat, ui", "all"):
        status, report = run_pytest(tmp_path, required)
        assert status == 1, required
        assert "1 failed" in report
        assert "apt-get install chromium" in report


def test_requiring_other_tiers_leaves_the_skip(tmp_path: Path) -> None:
    status, _ = run_pytest(tmp_path, "unit,compat")
    assert status == 0


def test_a_misspelt_tier_is_refused(tmp_path: Path) -> None:
    status, report = run_pytest(tmp_path, "iu")
    assert status == 4
    assert "RUNSTONE_REQUIRE names iu; the tiers are unit" in report
